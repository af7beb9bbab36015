"""What the lines of a scenario file can be: titles, declarations, grants and expectations, with their spans."""

from dataclasses import dataclass

from policy.source import Span


@dataclass(frozen=True, slots=True)
class Name:
    """A word or string of a line."""

    text: str
    span: Span


Pairs = tuple[tuple[Name, tuple[Name, ...]], ...]
"""Keys, each with its values."""


@dataclass(frozen=True, slots=True)
class Title:
    """`scenario "…"`: what follows is a scenario of its own."""

    name: Name
    span: Span


@dataclass(frozen=True, slots=True)
class Declaration:
    """`role NAME policy "file"`: a kind of thing, its name, and clauses with their values.

    The clauses `tags` and `where` have pairs instead.
    """

    kind: Name
    name: Name | None
    clauses: tuple[tuple[Name, tuple[Name, ...]], ...]
    span: Span
    pairs: tuple[tuple[Name, Pairs], ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """A principal as a line names it: `role NAME`, `anonymous`, or a bare name or ARN (then `kind` is None)."""

    kind: str | None
    name: Name


@dataclass(frozen=True, slots=True)
class GrantLine:
    """`grant KEY to PRINCIPAL operations …`; the pairs are the encryption context that the grant asks for."""

    key: Name
    grantee: Subject
    operations: tuple[Name, ...]
    retiring: Subject | None
    where: Pairs
    span: Span


@dataclass(frozen=True, slots=True)
class Expectation:
    """`expect OUTCOME PRINCIPAL ACTION TARGET at … from … where … because …`; the outcome `deny` is either deny."""

    outcome: str
    subject: Subject
    action: Name
    target: Name
    where: Pairs
    span: Span
    at: Name | None = None
    source_ip: Name | None = None
    because: tuple[Name, ...] = ()


Line = Title | Declaration | GrantLine | Expectation
