"""What `@name` stands for: the built-in action classes and the lists that `let` names."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from policy.catalogue.classes import ACTION_CLASSES
from policy.syntax.tree import Let, Reference, Value, Values

Names = Mapping[str, tuple[Value, ...]]

BUILT_IN: Names = {
    name: tuple(Value(text=action, quoted=False) for action in actions) for name, actions in ACTION_CLASSES.items()
}


def expand(values: Values, names: Names) -> Iterator[Value]:
    """The values with every reference replaced by what it names; an unknown name stands for nothing."""
    for value in values:
        if isinstance(value, Reference):
            yield from names.get(value.name, ())
        else:
            yield value


def names_of(lets: Iterable[Let]) -> Names:
    """Every name with its values. A list may use names defined above it, so there is no cycle."""
    names = dict(BUILT_IN)
    for let in lets:
        names[let.name] = tuple(expand(let.values, names))
    return names


def principals(values: Values, names: Names) -> tuple[Value, ...]:
    """The principals that a list stands for, each under its member, those of a member behind one another."""
    found = [(_member(value), value) for value in expand(values, names)]
    if len(found) > 1:
        # `*` beside others can only stand in the list of AWS principals: JSON's bare "*" takes no company. Both mean
        # the same. [IAM User Guide, "JSON policy elements: Principal", "All principals"]
        found = [("AWS" if member == "*" else member, value) for member, value in found]
    members = dict.fromkeys(member for member, _ in found)
    return tuple(replace(value, member=name) for name in members for member, value in found if member == name)


def _member(value: Value) -> str:
    return value.member or ("*" if value.text == "*" else "AWS")
