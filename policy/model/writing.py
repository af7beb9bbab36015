"""A model back to the syntax tree, and so to both spellings."""

from policy.model.document import Condition, Patterns, PolicyDocument, PrincipalEntry, Principals, Statement
from policy.syntax.print_json import print_json
from policy.syntax.print_text import print_text, spell_condition
from policy.syntax.tree import Element, Entry, Header, PolicyNode, StatementNode, Value


def to_json(policy: PolicyDocument | PolicyNode, *, indent: int | None = 2) -> str:
    """A policy as IAM JSON, ending in a newline; on one line if `indent` is None."""
    return print_json(_tree_of(policy), indent=indent)


def to_text(policy: PolicyDocument | PolicyNode) -> str:
    """A policy in the text form, ending in a newline."""
    return print_text(_tree_of(policy))


def condition_text(condition: Condition) -> str:
    """A condition as a `when` line of the text form has it: `kms:EncryptionContext:app == "web"`."""
    return spell_condition(_condition(condition)).strip()


def document_to_tree(document: PolicyDocument) -> PolicyNode:
    """The syntax tree that means a document."""
    return PolicyNode(
        version=Header(value=str(document.version)),
        id=None if document.id is None else Header(value=document.id),
        statements=tuple(map(_statement, document.statements)),
    )


def _tree_of(policy: PolicyDocument | PolicyNode) -> PolicyNode:
    return document_to_tree(policy) if isinstance(policy, PolicyDocument) else policy


def _statement(statement: Statement) -> StatementNode:
    return StatementNode(
        effect=str(statement.effect),
        sid=statement.sid,
        principal=_principals(statement.principals),
        action=_patterns(statement.actions),
        resource=_patterns(statement.resources),
        conditions=tuple(map(_condition, statement.conditions)),
    )


def _principals(principals: Principals | None) -> Element | None:
    if principals is None:
        return None
    return Element(values=tuple(map(_principal, principals.entries)), negated=principals.negated)


def _principal(entry: PrincipalEntry) -> Value:
    return Value(text=entry.value, member=str(entry.kind))


def _patterns(patterns: Patterns | None) -> Element | None:
    if patterns is None:
        return None
    return Element(values=tuple(Value(text=text) for text in patterns.values), negated=patterns.negated)


def _condition(condition: Condition) -> Entry:
    return Entry(
        operator=condition.operator,
        key=condition.key,
        values=tuple(Value(text=text) for text in condition.values),
        qualifier=condition.qualifier,
        if_exists=condition.if_exists,
    )
