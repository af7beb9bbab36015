"""How `policy who-can` grows: `python -m benchmarks.who_can [--quick] [--json]`.

Every role has a policy of its own on a few keys, every key policy names a few roles and leaves the rest to IAM. If the
cost of a question followed the product of principals and statements, ten times as many of both would cost a hundred
times as much; it should cost about ten times, as the answers are ten times as many.
"""

import argparse
import gc
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from time import process_time

from policy.analyze.access import Access
from policy.analyze.who_can import Analysis
from policy.model.arn import Arn
from policy.model.document import PolicyDocument
from policy.model.principal import Role
from policy.model.reading import parse
from policy.simulate.world import Account, Identity, Key, World

ACCOUNT = "111122223333"
SIZES = ((1_000, 10), (1_000, 100), (10_000, 10), (10_000, 100))
QUICK_SIZES = ((100, 5), (100, 50), (1_000, 5), (1_000, 50))
ACTION = "kms:Decrypt"

# So many of all roles, and no more, may do everything.
ADMINISTRATORS = 5
NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The figures for one size: seconds of the processor, and how many accesses the answers hold.

    `first` is a first question about one key, for which the world is indexed; `one_key` a further one.
    """

    principals: int
    keys: int
    statements: int
    first: float
    one_key: float
    all_keys: float
    found: int


def run(sizes: Sequence[tuple[int, int]], *, repeats: int = 3) -> list[Row]:
    """Measure all sizes."""
    return [_measure(principals, keys, repeats) for principals, keys in sizes]


def make_world(principals: int, keys: int) -> World:
    """A world of so many roles and keys."""
    arns = [Arn("aws", "kms", "eu-central-1", ACCOUNT, f"key/{number:04d}") for number in range(keys)]
    everything = _policy([{"Effect": "Allow", "Action": "*", "Resource": "*"}])
    return World(
        accounts=(Account(id=ACCOUNT),),
        identities=tuple(_identity(number, arns, everything) for number in range(principals)),
        keys=tuple(Key(arn=arn, policy=_key_policy(number, principals)) for number, arn in enumerate(arns)),
    )


def render(rows: Sequence[Row]) -> str:
    """The figures and their ratios as text."""
    heading = (
        f"{'principals':>10} {'keys':>5} {'statements':>10} {'first':>9} {'one key':>9} {'all keys':>9} {'found':>7}"
    )
    lines = [heading, *map(_line, rows), "", *_ratios(rows)]
    return "\n".join(lines)


def _measure(principals: int, keys: int, repeats: int) -> Row:
    world = make_world(principals, keys)
    analysis = Analysis(world)
    found = _ask_all(analysis)
    return Row(
        principals=principals,
        keys=keys,
        statements=sum(len(each.statements) for each in _documents(world)),
        first=_cpu_seconds(lambda: _ask_one(Analysis(world)), repeats=repeats),
        one_key=_cpu_seconds(lambda: _ask_one(analysis), repeats=repeats),
        all_keys=_cpu_seconds(lambda: _ask_all(analysis), repeats=repeats),
        found=found,
    )


def _cpu_seconds(call: Callable[[], object], *, repeats: int) -> float:
    """The processor time of a call, the best of several: what else the machine does must not tilt the ratios."""
    best = float("inf")
    for _ in range(repeats):
        gc.collect()
        started = process_time()
        call()
        best = min(best, process_time() - started)
    return best


def _ask_one(analysis: Analysis) -> list[Access]:
    """One question: who can decrypt with the last key."""
    return list(analysis.who_can([ACTION], analysis.world.keys[-1]))


def _ask_all(analysis: Analysis) -> int:
    return sum(1 for key in analysis.world.keys for _ in analysis.who_can([ACTION], key))


def _documents(world: World) -> Iterator[PolicyDocument]:
    yield from (document for identity in world.identities for document in identity.policies)
    yield from (key.policy for key in world.keys)


def _identity(number: int, keys: list[Arn], everything: PolicyDocument) -> Identity:
    """A role that decrypts with one key, if the application is its own, and encrypts with another."""
    statements: list[dict[str, object]] = [
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:DescribeKey"],
            "Resource": str(keys[number % len(keys)]),
            "Condition": {"StringEquals": {"kms:EncryptionContext:app": f"app{number}"}},
        },
        {"Effect": "Allow", "Action": "kms:Encrypt", "Resource": str(keys[(number + 1) % len(keys)])},
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
    ]
    own = _policy(statements)
    policies = (own, everything) if number < ADMINISTRATORS else (own,)
    return Identity(principal=_role(number), policies=policies)


def _key_policy(number: int, principals: int) -> PolicyDocument:
    named = [_role((number * NAMED + place) % principals).arn for place in range(NAMED)]
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    return _policy(
        [
            {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"AWS": named}, "Action": "kms:Decrypt", "Resource": "*"},
            {"Effect": "Deny", "Principal": "*", "Action": "kms:ScheduleKeyDeletion", "Resource": "*"},
        ]
    )


def _role(number: int) -> Role:
    return Role(account=ACCOUNT, path_and_name=f"app/Role{number}")


def _policy(statements: list[dict[str, object]]) -> PolicyDocument:
    return parse(json.dumps({"Version": "2012-10-17", "Statement": statements}))


def _line(row: Row) -> str:
    times = " ".join(f"{seconds * 1_000:7.1f}ms" for seconds in (row.first, row.one_key, row.all_keys))
    return f"{row.principals:>10,} {row.keys:>5} {row.statements:>10,} {times} {row.found:>7,}"


def _ratios(rows: Sequence[Row]) -> Iterator[str]:
    """What the last size costs against the first: ten times the principals and ten times the keys."""
    first, last = rows[0], rows[-1]
    product = last.principals * last.keys / (first.principals * first.keys)
    sizes = f"{last.principals:,} principals and {last.keys} keys against {first.principals:,} and {first.keys}"
    yield f"{sizes}, whose product is {product:.0f} times as large:"
    for name in ("statements", "first", "one_key", "all_keys", "found"):
        yield f"  {name.replace('_', ' '):>10} {getattr(last, name) / getattr(first, name):6.1f} times"


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller sizes")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = run(QUICK_SIZES if arguments.quick else SIZES, repeats=1 if arguments.quick else 3)
    print(json.dumps([asdict(row) for row in rows]) if arguments.json else render(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
