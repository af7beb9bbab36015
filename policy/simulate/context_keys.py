"""The context keys that policies ask about: in their conditions, and as variables in their values.

Source: IAM API Reference, "GetContextKeysForCustomPolicy".
"""

from collections.abc import Iterable, Iterator

from policy.model.document import PolicyDocument, Statement, Version
from policy.model.template import parse_template


def context_keys(documents: Iterable[PolicyDocument]) -> tuple[str, ...]:
    """The keys of all documents, each once, as the first that asks for it spells it."""
    found: dict[str, str] = {}
    for document in documents:
        for statement in document.statements:
            for key in keys_of_statement(statement, document.version):
                found.setdefault(key.lower(), key)
    return tuple(found.values())


def keys_of_statement(statement: Statement, version: Version) -> Iterator[str]:
    """The condition keys of a statement, and the variables in its values."""
    for condition in statement.conditions:
        yield condition.key
        for value in condition.values:
            yield from variables_in(value, version)
    for value in statement.resources.values if statement.resources else ():
        yield from variables_in(value, version)


def variables_in(value: str, version: Version) -> Iterator[str]:
    """The keys of the variables in a value, in lower case, as they are compared."""
    if "${" in value:
        yield from (variable.key for variable in parse_template(value, version).variables)
