"""What a policy means: a document of statements, each with its elements; frozen, with no trace of how it was spelled.

Source: IAM User Guide, "IAM JSON policy elements reference".
"""

from dataclasses import dataclass, field
from enum import StrEnum

from policy.catalogue.operators import Operator, Qualifier, join_operator
from policy.source import Source, Span


class Version(StrEnum):
    """The language version; without one a document is of the older, where policy variables are literal text."""

    OLD = "2008-10-17"
    CURRENT = "2012-10-17"


class Effect(StrEnum):
    """What a statement does when it applies."""

    ALLOW = "Allow"
    DENY = "Deny"


class PrincipalKind(StrEnum):
    """The member of the Principal element under which a principal is listed."""

    EVERYONE = "*"
    AWS = "AWS"
    SERVICE = "Service"
    FEDERATED = "Federated"
    CANONICAL_USER = "CanonicalUser"


@dataclass(frozen=True, slots=True)
class PrincipalEntry:
    """One principal of a Principal element; `Principal: "*"` is the entry EVERYONE with value `*`."""

    kind: PrincipalKind
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Principals:
    """The Principal or (negated) NotPrincipal element."""

    entries: tuple[PrincipalEntry, ...]
    negated: bool = False
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """The values of an Action, NotAction, Resource or NotResource element, as written."""

    values: tuple[str, ...]
    negated: bool = False
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One entry of the Condition block: an operator, one key, and the values of which one must hold."""

    operator: Operator
    key: str
    values: tuple[str, ...]
    qualifier: Qualifier | None = None
    if_exists: bool = False
    span: Span | None = field(default=None, compare=False)

    @property
    def operator_name(self) -> str:
        """The operator as IAM spells it, with qualifier and IfExists."""
        return join_operator(self.qualifier, self.operator, self.if_exists)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement. An element that the document does not have is None; conditions are ANDed."""

    effect: Effect
    sid: str | None = None
    principals: Principals | None = None
    actions: Patterns | None = None
    resources: Patterns | None = None
    conditions: tuple[Condition, ...] = ()
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDocument:
    """A whole policy. `source` is where its spans point, when it was read from a text."""

    version: Version = Version.CURRENT
    id: str | None = None
    statements: tuple[Statement, ...]
    source: Source | None = field(default=None, compare=False, repr=False)
