"""Who can do what, as text and as JSON."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from policy.analyze.access import Access, Path
from policy.cli.files import print_text
from policy.simulate.world_names import short_name

# A list of actions that is longer says less than its number.
_MOST_ACTIONS = 4


def write_accesses(title: str, accesses: Sequence[Access], output: str, flagged: Iterable[str] = ()) -> None:
    """Print accesses; `flagged` are the ARNs of those that stand out."""
    if output == "json":
        print_text(json.dumps([access_json(each) for each in accesses], indent=2) + "\n")
        return
    print_text("".join(f"{line}\n" for line in access_lines(title, accesses, frozenset(flagged))))


def access_lines(title: str, accesses: Sequence[Access], flagged: frozenset[str]) -> Iterator[str]:
    """The accesses as lines, the ways of one principal together."""
    names = {access.name for access in accesses}
    yield f"{title}: {len(names)} {'principal' if len(names) == 1 else 'principals'}"
    for name, own in groupby(accesses, lambda access: access.name):
        ways = list(own)
        yield f"  {_shown(ways[0])}{'  (administers and uses)' if name in flagged else ''}"
        for note in ways[0].notes:
            yield f"    note: {note}"
        for way in ways:
            yield from _way(way, names_actions=len({action for each in accesses for action in each.actions}) > 1)


def access_json(access: Access) -> dict[str, Any]:
    """One access as a JSON object."""
    return {
        "principal": access.name,
        "actions": list(access.actions),
        "certain": access.is_certain,
        "paths": [{"kind": str(path.kind), "by": list(path.by), "when": list(path.when)} for path in access.paths],
        "when": list(access.when),
        "unless": list(access.unless),
        "notes": list(access.notes),
    }


def _shown(access: Access) -> str:
    """Users and roles in short, other principals by their whole name: of those it says something."""
    short = short_name(access.name)
    return short if short.startswith(("user/", "role/")) and not access.notes else access.name


def _way(access: Access, *, names_actions: bool) -> Iterator[str]:
    if names_actions:
        shown = ", ".join(access.actions[:_MOST_ACTIONS])
        rest = len(access.actions) - _MOST_ACTIONS
        yield f"    {shown}{f' and {rest} more' if rest > 0 else ''}"
    margin = "      " if names_actions else "    "
    for path in access.paths:
        yield f"{margin}{_path(path)}"
        yield from (f"{margin}  when {condition}" for condition in path.when)
    yield from (f"{margin}and when {condition}" for condition in access.when)
    yield from (f"{margin}unless {condition}" for condition in access.unless)


def _path(path: Path) -> str:
    by = " and ".join(path.by)
    return f"{path.kind}: {by}" if by and not by.startswith(str(path.kind)) else by or str(path.kind)
