"""The identities file as plain values: YAML or JSON, read so that nothing is guessed and nothing is silently lost.

Source: YAML 1.1, "Tag Repository"; PyYAML documentation, "Loaders"; RFC 8259, section 4 (names within an object).
"""

import json
import re
from collections.abc import Hashable, Sequence
from typing import Any

import yaml

MAX_LENGTH = 4 * 1024 * 1024  # characters; more is no file that a person keeps


class IdentitiesError(Exception):
    """What is wrong with an identities file: all of it, a line each."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class _Loader(yaml.SafeLoader):
    """YAML in which only true, false and null are not text, no member is given twice, and nothing is aliased.

    YAML 1.1 would make a date of `Version: 2012-10-17`, an octal number of an account id, and `false` of the tag `no`.
    """

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """A node; an alias is refused, since a few lines of them unfold to gigabytes."""
        if self.check_event(yaml.AliasEvent):
            mark: Any = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # types-PyYAML leaves it out
            raise yaml.MarkedYAMLError(problem="found an alias, which is not read here", problem_mark=mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """A mapping, each of whose members is given once."""
        given: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="expected text before the colon", problem_mark=key.start_mark)
            if key.value in given:
                raise yaml.MarkedYAMLError(problem=f"found `{key.value}` twice", problem_mark=key.start_mark)
            given.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {}  # the base class's own would otherwise be copied
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)\Z", re.IGNORECASE), list("tTfF"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:null", re.compile(r"(?:~|null|)\Z", re.IGNORECASE), ["~", "n", "N", ""]
)


def read_document(text: str, *, is_json: bool = False) -> object:
    """The values in the text of an identities file.

    Raises:
        IdentitiesError: it is no YAML (or JSON), gives a member twice, or is too long or too deep.
    """
    if len(text) > MAX_LENGTH:
        raise IdentitiesError([f"the file has {len(text)} characters; at most {MAX_LENGTH} are read"])
    try:
        return _json(text) if is_json else _yaml(text)
    except RecursionError:
        raise IdentitiesError(["the file is nested too deeply"]) from None


def _json(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_members)
    except json.JSONDecodeError as error:
        raise IdentitiesError([f"line {error.lineno}, column {error.colno}: {error.msg}"]) from None
    except ValueError:  # Python converts no number of more than 4,300 digits
        raise IdentitiesError(["the file holds a number that is too long"]) from None


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members: dict[str, object] = {}
    for name, value in pairs:
        if name in members:
            raise IdentitiesError([f"found `{name}` twice in one object"])
        members[name] = value
    return members


def _yaml(text: str) -> object:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader that is stricter still
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise IdentitiesError([f"{place}{error.problem or error.context}"]) from None
    except yaml.YAMLError as error:
        raise IdentitiesError([" ".join(str(error).split())]) from None
