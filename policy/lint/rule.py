"""What a lint rule is: a code and a name, how much it matters, where it applies, a page, and a check.

A check yields faults at places (the third action of the second statement); positions in the text are found only for
them, so that a policy without faults is never read with positions.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from policy.diagnostics import Severity
from policy.model.kinds import PolicyKind

if TYPE_CHECKING:
    from policy.lint.subject import Policy


class Part(StrEnum):
    """The parts of a statement that a fault can point at."""

    SID = "Sid"
    PRINCIPAL = "Principal"
    ACTION = "Action"
    RESOURCE = "Resource"
    CONDITION = "Condition"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fault is: the document, a statement, one of its parts, a value of the part (of a condition: `item`)."""

    statement: int | None = None
    part: Part | None = None
    item: int | None = None
    value: int | None = None


class Edit:
    """A safe change at a fault's place: one that keeps the meaning, or that says what was surely meant."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Remove(Edit):
    """Take the value out of its list."""


@dataclass(frozen=True, slots=True)
class Replace(Edit):
    """Write another value."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What a check found. `severity` is given where it differs from the rule's."""

    place: Place
    message: str
    help: str | None = None
    severity: Severity | None = None
    edit: Edit | None = None


Check = Callable[["Policy"], Iterable[Fault]]


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A policy of a template, and the logical id of the resource that has it."""

    owner: str | None
    policy: "Policy"


CheckTogether = Callable[[tuple[Member, ...]], Iterable[tuple[Member, Fault]]]

ANY_KIND: frozenset[PolicyKind] = frozenset()
KEY = frozenset({PolicyKind.KEY})
IDENTITY = frozenset({PolicyKind.IDENTITY})
TRUST = frozenset({PolicyKind.TRUST})
CONTROL = frozenset({PolicyKind.CONTROL})
RESOURCE = frozenset({PolicyKind.RESOURCE})
RESOURCE_BASED = KEY | RESOURCE
WITH_PRINCIPAL = RESOURCE_BASED | TRUST | frozenset({PolicyKind.ENDPOINT})
# Trust policies name no resource, and S3's and others' policies may leave it to where they are attached.
WITH_RESOURCE = KEY | IDENTITY | CONTROL


# A rule is itself and no other: runs look rules up by identity.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """One rule.

    `name` says the fault and fits after "allow". `kinds` are the kinds of policy that it is for; none means all of
    them, and policies whose kind is not known. `analyzer` names the checks of IAM Access Analyzer that find the same.
    A rule of the reader has no check: its faults are the reader's diagnostics whose codes are `reader_codes`. A rule
    with `check_together` looks at all policies of a template at once.
    """

    code: str
    name: str
    severity: Severity
    text: str = field(repr=False)
    check: Check | None = None
    check_together: CheckTogether | None = None
    kinds: frozenset[PolicyKind] = ANY_KIND
    analyzer: tuple[str, ...] = ()
    reader_codes: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[Callable[[str], "Rule"], tuple[str]]:
        """Findings go between processes; a rule goes as its code."""
        return _rule_of, (self.code,)


def _rule_of(code: str) -> Rule:
    from policy.lint.table import rule_named  # the table imports every rule, and every rule this module

    rule = rule_named(code)
    if rule is None:
        raise LookupError(code)
    return rule
