"""Policies and requests that are made to be slow. `python -m tests.policy.evaluate.hostile CASE` decides one."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from policy import Arn, PolicySet, Request, RequestContext, compile_policies, decide, parse, parse_principal

ROLE = "arn:aws:iam::111122223333:role/"
CALLER = parse_principal("arn:aws:sts::111122223333:assumed-role/App/i-1")
PREFIX = "arn:aws:s3:::"

STARS = "*a" * 5_000 + "*b"
LONG = "a" * 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A document and a request, and the outcome."""

    statements: list[dict[str, Any]]
    resource: str = f"{PREFIX}bucket/file"
    action: str = "s3:GetObject"
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    outcome: str
    with_reference: bool = True
    """Whether the reference, which promises nothing about time, is quick enough to be asked too."""


def statement(effect: str = "Allow", **elements: Any) -> dict[str, Any]:
    """A statement on every action and resource, but for the elements given."""
    return {"Effect": effect, "Action": "*", "Resource": "*", **elements}


def _like(value: str | list[str]) -> dict[str, Any]:
    return {"StringLike": {"aws:x": value}}


CASES: dict[str, Callable[[], Case]] = {
    "ten thousand statements that all match": lambda: Case(statements=[statement()] * 10_000, outcome="allow"),
    "ten thousand statements with another condition each": lambda: Case(
        statements=[statement(Condition=_like(f"*{number}*")) for number in range(10_000)],
        context={"aws:x": "1234567890" * 10},
        outcome="allow",
    ),
    "a megabyte of patterns in one statement": lambda: Case(
        statements=[
            statement(
                Action=[f"s3:*{number}" for number in range(20_000)],
                Resource=[f"{PREFIX}*{number}*b" for number in range(35_000)],
            )
        ],
        outcome="implicit deny",
    ),
    "a megabyte of principals in one statement": lambda: Case(
        statements=[statement(Principal={"AWS": [f"{ROLE}R{number:010}" for number in range(25_000)]})],
        outcome="implicit deny",
    ),
    "many principals that are spared in many statements": lambda: Case(
        statements=[statement("Deny", NotPrincipal={"AWS": [f"{ROLE}R{number}" for number in range(100)]})] * 300,
        outcome="explicit deny",
    ),
    "stars and letters in turn, in a resource": lambda: Case(
        statements=[statement(Resource=PREFIX + STARS)],
        resource=PREFIX + LONG,
        outcome="implicit deny",
        with_reference=False,
    ),
    "stars and letters in turn, in an action": lambda: Case(
        statements=[statement(Action=STARS)], action=LONG, outcome="implicit deny", with_reference=False
    ),
    "stars and letters in turn, in fifty values of a condition": lambda: Case(
        statements=[statement(Condition=_like([STARS] * 50))],
        context={"aws:x": LONG},
        outcome="implicit deny",
        with_reference=False,
    ),
    "ten thousand question marks behind a star": lambda: Case(
        statements=[statement(Resource=f"{PREFIX}*{'?' * 10_000}b")],
        resource=PREFIX + LONG,
        outcome="implicit deny",
        with_reference=False,
    ),
    "letters and question marks in turn between stars": lambda: Case(
        statements=[statement(Resource=f"{PREFIX}*{'a?' * 5_000}b*")],
        resource=PREFIX + LONG,
        outcome="implicit deny",
        with_reference=False,
    ),
    "a small evil pattern in ten thousand statements": lambda: Case(
        statements=[statement(Resource=f"{PREFIX}*a*a*a*a*a*a*a*b")] * 10_000,
        resource=PREFIX + LONG[:2_000],
        outcome="implicit deny",
        with_reference=False,
    ),
    "two thousand variables in one value": lambda: Case(
        statements=[statement(Condition=_like("*${aws:y}" * 2_000))],
        context={"aws:x": LONG, "aws:y": LONG[:100]},
        outcome="implicit deny",
        with_reference=False,
    ),
    "many values of a key against many patterns": lambda: Case(
        statements=[
            statement(Condition={"ForAllValues:StringNotLike": {"aws:x": [f"{number}*b" for number in range(1_000)]}})
        ],
        context={"aws:x": tuple(LONG[:100] for _ in range(1_000))},
        outcome="allow",
        with_reference=False,
    ),
}


def main() -> int:
    """Decide the named case, from its JSON to the outcome."""
    case = CASES[sys.argv[1]]()
    document = parse(json.dumps({"Version": "2012-10-17", "Statement": case.statements}))
    is_resource_policy = any("Principal" in each or "NotPrincipal" in each for each in case.statements)
    policies = PolicySet(resource=document) if is_resource_policy else PolicySet(identity=(document,))
    request = Request(
        principal=CALLER,
        action=case.action,
        resource=Arn.parse(case.resource),
        resource_account="111122223333",
        context=RequestContext(dict(case.context)),
    )
    decision = compile_policies(policies).decide(request)
    if case.with_reference and decision != decide(request, policies):
        return 1
    return 0 if case.outcome == decision.outcome else 1


if __name__ == "__main__":
    sys.exit(main())
