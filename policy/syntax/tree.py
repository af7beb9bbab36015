"""The syntax tree of a policy: both spellings are read into it and both printers print from it.

Nodes keep what the model forgets: spans (left out of equality), comments, names of lists, whether a value was quoted.
"""

from dataclasses import dataclass, field

from policy.catalogue.operators import Operator, Qualifier
from policy.source import Span

NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comments:
    """The `#` comments of a line, sign and all: those above it ("" is a blank line), and its own."""

    leading: tuple[str, ...] = ()
    trailing: str | None = None


NO_COMMENTS = Comments()


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A value of an element or condition; `member` is the Principal member it stands under, `*` for bare everyone."""

    text: str
    member: str | None = None
    comments: Comments = NO_COMMENTS
    quoted: bool = field(default=False, compare=False)
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """`@name`: the values of a list named by `let`, or of a built-in action class."""

    name: str
    comments: Comments = NO_COMMENTS
    span: Span = field(default=NOWHERE, compare=False)


Values = tuple[Value | Reference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The `policy` or `version` line: the Id or Version element."""

    value: str
    comments: Comments = NO_COMMENTS
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Let:
    """`let name = …`: a named list."""

    name: str
    values: Values
    comments: Comments = NO_COMMENTS
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """A principal, action or resource element, or (negated) its Not form."""

    values: Values
    negated: bool = False
    comments: Comments = NO_COMMENTS
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the Condition block: an operator, a key, its values."""

    operator: Operator
    key: str
    values: Values
    qualifier: Qualifier | None = None
    if_exists: bool = False
    comments: Comments = NO_COMMENTS
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementNode:
    """A statement; an element it does not have is None. `closing` holds the comments before its closing brace."""

    effect: str
    sid: str | None = None
    principal: Element | None = None
    action: Element | None = None
    resource: Element | None = None
    conditions: tuple[Entry, ...] = ()
    comments: Comments = NO_COMMENTS
    closing: tuple[str, ...] = ()
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyNode:
    """A policy. `version` is always there, said or not; `closing` holds the comments at the end."""

    version: Header
    id: Header | None = None
    lets: tuple[Let, ...] = ()
    statements: tuple[StatementNode, ...] = ()
    closing: tuple[str, ...] = ()
