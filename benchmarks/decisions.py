"""How long a decision takes, beside the peers: `python -m benchmarks.decisions [--quick] [--json]`."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from benchmarks import engines
from benchmarks.corpus import CONTEXT, FEWEST, make_work
from benchmarks.measure import peak_bytes, seconds_once, seconds_per_call
from benchmarks.peers import Cedar, Peer, check, find_peers, version_of

SIZES = (FEWEST, 100, 1_000, 10_000)
QUICK_SIZES = (FEWEST, 1_000)
BATCH = 100


@dataclass(frozen=True, slots=True)
class Row:
    """The time of one decision of an engine, in microseconds, by the number of statements."""

    engine: str
    microseconds: dict[int, float]


@dataclass(frozen=True, slots=True)
class Target:
    """A figure to reach, and what was measured; None if there was nothing to measure it by."""

    what: str
    limit: float
    measured: float | None

    @property
    def is_reached(self) -> bool | None:
        """Whether it was reached."""
        return None if self.measured is None else self.measured <= self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that one run measured."""

    peers: dict[str, str]
    missing: list[str]
    rows: list[Row]
    reading_seconds: dict[str, float]
    reading_statements: int
    peak_kib_per_1000: dict[int, float]
    targets: list[Target]


def run(sizes: Sequence[int], *, budget: float) -> Report:
    """Measure all engines on all sizes; the budget is seconds for each figure."""
    peers, missing = find_peers()
    ours = dict(_our_figures(sizes, budget))
    rows = [Row(name, {size: ours[size][name] for size in sizes}) for name in ours[sizes[0]]]
    rows += [row for peer in peers for row in _peer_rows(peer, sizes, budget)]
    reading = _reading_seconds(peers, sizes[-1])
    return Report(
        peers={peer.name: f"{version_of(peer)}, {peer.remark}" for peer in peers},
        missing=missing,
        rows=rows,
        reading_seconds=reading,
        reading_statements=sizes[-1],
        peak_kib_per_1000={size: _peak_kib(size) * 1_000 / size for size in sizes[1:]},
        targets=_targets(rows, reading, sizes),
    )


def _our_figures(sizes: Sequence[int], budget: float) -> Iterator[tuple[int, dict[str, float]]]:
    for size in sizes:
        engine = engines.compile_work(make_work(size))
        kinds: dict[str, tuple[Callable[[], object], int]] = {
            "wardkey": (engines.single(engine), 1),
            f"wardkey, batch of {BATCH}": (engines.batch(engine, BATCH), BATCH),
            "wardkey, caller never seen before": (engines.newcomer(engine), 1),
        }
        if engines.batch(engine, 2)() != [True, False] or not engines.newcomer(engine)():
            raise RuntimeError("the engine does not decide the work as it should")
        yield size, {name: seconds_per_call(call, budget=budget) / many * 1e6 for name, (call, many) in kinds.items()}


def _peer_rows(peer: Peer, sizes: Sequence[int], budget: float) -> Iterator[Row]:
    single: dict[int, float] = {}
    batch: dict[int, float] = {}
    for size in sizes:
        prepared = peer.read(make_work(size))
        check(peer, prepared)
        single[size] = seconds_per_call(peer.decider(prepared, CONTEXT), budget=budget) * 1e6
        if isinstance(peer, Cedar):
            batch[size] = seconds_per_call(peer.batch(prepared, BATCH), budget=budget, repeats=3) / BATCH * 1e6
    yield Row(peer.name, single)
    if batch:
        yield Row(f"{peer.name}, batch of {BATCH}", batch)


def _reading_seconds(peers: Sequence[Peer], size: int) -> dict[str, float]:
    """Parsing and compiling: ours from IAM JSON, Cedar's from its own text, which is written beforehand."""
    work = make_work(size)
    policies = engines.Texts.of(work)
    seconds = {"wardkey": seconds_once(partial(engines.compile_texts, policies), repeats=5)}
    for peer in peers:
        if isinstance(peer, Cedar):
            source = peer.source(work)
            seconds[peer.name] = seconds_once(partial(peer.module.PolicySet.from_str, source), repeats=3)
    return seconds


def _peak_kib(size: int) -> float:
    """The most memory that parsing, compiling and a first decision hold, beyond the text itself."""
    policies = engines.Texts.of(make_work(size))

    def first_decision() -> bool:
        return engines.single(engines.compile_texts(policies))()

    return peak_bytes(first_decision)[1] / 1024


def _targets(rows: Sequence[Row], reading: dict[str, float], sizes: Sequence[int]) -> list[Target]:
    times = {row.engine: row.microseconds for row in rows}
    ours, cedar = times["wardkey"], times.get("cedarpy")
    few, many = sizes[0], sizes[-1]

    def beside(size: int) -> float | None:
        return ours[size] / cedar[size] if cedar else None

    cedar_reading = reading.get("cedarpy")
    targets = [Target(f"decision at {few} statements / cedarpy's", 1 / 10, beside(few))]
    if many == SIZES[-1]:
        targets += [
            Target(f"decision at {many} statements / cedarpy's", 1 / 1000, beside(many)),
            Target(f"decision at {many} statements / at {few}", 1.5, ours[many] / ours[few]),
        ]
    ratio = reading["wardkey"] / cedar_reading if cedar_reading else None
    return [*targets, Target(f"parsing and compiling {many} statements / cedarpy's parsing", 1.0, ratio)]


def render(report: Report) -> str:
    """The report for a person."""
    sizes = list(report.rows[0].microseconds)
    lines = ["EC2 role, kms:Decrypt: microseconds a decision, by the number of statements", ""]
    lines.append(f"{'':36}" + "".join(f"{size:>12,}" for size in sizes))
    ours = report.rows[0].microseconds
    lines += [_render_times(row.engine, [row.microseconds[size] for size in sizes], 2) for row in report.rows]
    lines += ["", "times as long as wardkey"]
    lines += [
        _render_times(row.engine, [row.microseconds[size] / ours[size] for size in sizes], 1) for row in report.rows[1:]
    ]
    lines += ["", f"from text to ready, {report.reading_statements:,} statements"]
    lines += [f"{name:36}{seconds * 1000:>12,.0f} ms" for name, seconds in report.reading_seconds.items()]
    lines += ["", "peak memory of parsing, compiling and deciding, per 1,000 statements"]
    lines += [f"{f'at {size:,}':36}{kib:>12,.0f} KiB" for size, kib in report.peak_kib_per_1000.items()]
    lines += ["", "figures to reach"]
    lines += [_render_target(target) for target in report.targets]
    lines += ["", *(f"{name} {remark}" for name, remark in report.peers.items())]
    if report.missing:
        lines.append(f"not installed (dependency group `peers`): {', '.join(report.missing)}")
    return "\n".join(lines)


def _render_times(name: str, times: Sequence[float], digits: int) -> str:
    return f"{name:36}" + "".join(f"{time:>12,.{digits}f}" for time in times)


def _render_target(target: Target) -> str:
    if target.measured is None:
        return f"  not measured  {target.what}: at most {target.limit:g}"
    verdict = "reached" if target.is_reached else "MISSED"
    return f"  {verdict:12}  {target.what}: {target.measured:.5f}, at most {target.limit:g}"


def as_json(report: Report) -> dict[str, Any]:
    """The report for a program."""
    value = asdict(report)
    value["targets"] = [{**asdict(target), "is_reached": target.is_reached} for target in report.targets]
    return value


def main() -> int:
    """Run and print; exit status 1 if a figure was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"only {QUICK_SIZES} statements, and less time for each")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    report = run(QUICK_SIZES, budget=0.2) if options.quick else run(SIZES, budget=1.0)
    print(json.dumps(as_json(report), indent=2) if options.json else render(report))
    return 1 if any(target.is_reached is False for target in report.targets) else 0


if __name__ == "__main__":
    sys.exit(main())
