"""The syntax tree as IAM JSON: names of lists spelled out, one value bare and several in a list, comments gone."""

import json
from typing import Any

from policy.catalogue.operators import join_operator
from policy.syntax.names import Names, expand, names_of, principals
from policy.syntax.strings import reveal
from policy.syntax.tree import Element, Entry, PolicyNode, StatementNode


def print_json(tree: PolicyNode, *, indent: int | None = 2) -> str:
    """The policy as an IAM JSON document, ending in a newline; on one line if `indent` is None."""
    return reveal(json.dumps(to_value(tree), indent=indent, ensure_ascii=False)) + "\n"


def to_value(tree: PolicyNode) -> dict[str, Any]:
    """The policy as the JSON value that `json.dumps` takes."""
    names = names_of(tree.lets)
    value: dict[str, Any] = {"Version": tree.version.value}
    if tree.id is not None:
        value["Id"] = tree.id.value
    value["Statement"] = [_statement(statement, names) for statement in tree.statements]
    return value


def _statement(node: StatementNode, names: Names) -> dict[str, Any]:
    value: dict[str, Any] = {} if node.sid is None else {"Sid": node.sid}
    value["Effect"] = node.effect
    if node.principal is not None:
        value[_element_name("Principal", node.principal)] = _principals(node.principal, names)
    for name, element in (("Action", node.action), ("Resource", node.resource)):
        if element is not None:
            texts = [each.text for each in expand(element.values, names)]
            value[_element_name(name, element)] = _one_or_list(texts)
    if node.conditions:
        value["Condition"] = _conditions(node.conditions, names)
    return value


def _element_name(name: str, element: Element) -> str:
    return f"Not{name}" if element.negated else name


def _principals(element: Element, names: Names) -> str | dict[str, Any]:
    members: dict[str, list[str]] = {}
    for value in principals(element.values, names):
        if value.member == "*":
            return "*"
        members.setdefault(str(value.member), []).append(value.text)
    return {member: _one_or_list(texts) for member, texts in members.items()}


def _conditions(entries: tuple[Entry, ...], names: Names) -> dict[str, Any]:
    block: dict[str, dict[str, Any]] = {}
    for entry in entries:
        operator = join_operator(entry.qualifier, entry.operator, entry.if_exists)
        texts = [value.text for value in expand(entry.values, names)]
        block.setdefault(operator, {})[entry.key] = _one_or_list(texts)
    return block


def _one_or_list(texts: list[str]) -> str | list[str]:
    return texts[0] if len(texts) == 1 else texts
