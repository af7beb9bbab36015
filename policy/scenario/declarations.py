"""The kinds of declarations of a scenario, as a table: which have a name, and which clauses each takes and needs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from policy.scenario.line import Declaration, Name, Pairs
from policy.syntax.faults import Faults, did_you_mean, one_of


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of declaration. `clauses` gives the most values of each clause (None: any number)."""

    clauses: Mapping[str, int | None] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    named: bool = True
    pairs: tuple[str, ...] = ()
    """Clauses of pairs: `tags team = web and …`, `where KEY = VALUE and …`."""


KINDS = {
    # Every scp and every rcp is one level of the organisation.
    "account": Kind({"scp": None, "rcp": None}),
    "key": Kind({"policy": 1, "arn": 1}, needed=("policy",), pairs=("tags", "where")),
    "alias": Kind({"key": 1}, needed=("key",)),
    "role": Kind({"path": 1, "policy": None, "boundary": 1, "trust": 1}, pairs=("tags",)),
    "user": Kind({"path": 1, "policy": None, "boundary": 1, "groups": None}, pairs=("tags",)),
    "group": Kind({"policy": None}),
    "instance": Kind({"role": 1}, needed=("role",)),
    # Its policies are session policies.
    "session": Kind({"role": 1, "policy": None}, needed=("role",)),
    "service": Kind(),
    "anonymous": Kind(named=False),
    "endpoint": Kind({"policy": None}, needed=("policy",), named=False),
}


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration that is in order: its kind, its name (the kind's, if it has none) and its clauses' values."""

    kind: str
    name: Name
    clauses: Mapping[str, tuple[Name, ...]]
    pairs: Mapping[str, Pairs] = field(default_factory=dict)

    def values(self, clause: str) -> tuple[Name, ...]:
        """The values of a clause; none if it is not there."""
        return self.clauses.get(clause, ())

    def value(self, clause: str) -> Name | None:
        """The value of a clause that takes one."""
        values = self.values(clause)
        return values[0] if values else None


def check_declaration(declaration: Declaration, faults: Faults) -> Declared | None:
    """The declaration, held against its kind; None if it has faults."""
    kind = KINDS[declaration.kind.text]
    problems = [
        *_name_problems(declaration, kind),
        *_clause_problems(declaration, kind),
        *_pair_problems(declaration, kind),
    ]
    for name, message, hint in problems:
        faults.add("scenario-declaration", name.span, message, hint=hint)
    if problems:
        return None
    clauses = {keyword.text: values for keyword, values in declaration.clauses}
    pairs = {keyword.text: own for keyword, own in declaration.pairs}
    return Declared(declaration.kind.text, declaration.name or declaration.kind, clauses, pairs)


Problem = tuple[Name, str, str | None]


def _name_problems(declaration: Declaration, kind: Kind) -> Iterator[Problem]:
    word = declaration.kind
    if kind.named and declaration.name is None:
        yield word, f"the `{word.text}` has no name", f"write `{word.text} NAME`"
    if not kind.named and declaration.name is not None:
        yield declaration.name, f"`{word.text}` takes no name", None


def _clause_problems(declaration: Declaration, kind: Kind) -> Iterator[Problem]:
    word, seen = declaration.kind, set[str]()
    for keyword, values in declaration.clauses:
        clause = keyword.text
        if clause not in kind.clauses:
            expected = f"expected {one_of(kind.clauses)}" if kind.clauses else "it takes none"
            hint = did_you_mean(clause, kind.clauses)
            yield keyword, f"`{clause}` is no clause of `{word.text}`, {expected}", hint
            continue
        if clause in seen:
            yield keyword, f"`{clause}` stands twice", "put the values behind one another"
        most = kind.clauses[clause]
        if most is not None and len(values) > most:
            yield values[most], f"`{clause}` of `{word.text}` takes one value, found {len(values)}", None
        seen.add(clause)
    for clause in kind.needed:
        if clause not in {keyword.text for keyword, _ in declaration.clauses}:
            yield word, f"the `{word.text}` has no `{clause}`", None


def _pair_problems(declaration: Declaration, kind: Kind) -> Iterator[Problem]:
    word, seen = declaration.kind, set[str]()
    for keyword, pairs in declaration.pairs:
        if keyword.text not in kind.pairs:
            yield keyword, f"`{keyword.text}` is no clause of `{word.text}`", None
        if keyword.text in seen:
            yield keyword, f"`{keyword.text}` stands twice", "put `and` between the pairs"
        seen.add(keyword.text)
        names = [name.text.lower() for name, _ in pairs]
        for place, (name, values) in enumerate(pairs):
            if name.text.lower() in names[:place]:
                yield name, f"`{name.text}` is given twice", None
            if keyword.text == "tags" and len(values) != 1:
                yield name, f"the tag `{name.text}` has {len(values)} values, and takes one", None
