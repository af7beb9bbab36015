"""What kind of policy a document is, where nobody says so: told by its principals and actions, or not at all."""

from policy.lint.kms import KMS
from policy.model.document import Effect, PolicyDocument, PrincipalKind, Statement
from policy.model.kinds import PolicyKind

# What `--kind` takes. A service control policy and a resource control policy are of one kind.
KIND_NAMES = {
    "key": PolicyKind.KEY,
    "identity": PolicyKind.IDENTITY,
    "resource": PolicyKind.RESOURCE,
    "trust": PolicyKind.TRUST,
    "scp": PolicyKind.CONTROL,
    "rcp": PolicyKind.CONTROL,
    "endpoint": PolicyKind.ENDPOINT,
}

_ASSUMING = ("sts:assumerole", "sts:tagsession", "sts:setsourceidentity", "sts:setcontext")


def detect_kind(document: PolicyDocument) -> PolicyKind | None:
    """The kind of a policy; None where several fit equally well."""
    statements = document.statements
    if not any(statement.principals for statement in statements):
        return None if _is_like_scp(statements) else PolicyKind.IDENTITY
    actions = {value.lower() for statement in statements if statement.actions for value in statement.actions.values}
    if actions and all(action.startswith(_ASSUMING) for action in actions):
        return PolicyKind.TRUST
    if _is_like_rcp(statements):
        return None
    if actions and all(action.startswith(f"{KMS}:") for action in actions):
        return PolicyKind.KEY
    return PolicyKind.RESOURCE


def _is_like_scp(statements: tuple[Statement, ...]) -> bool:
    """Only denials beside `allow * on *`: a service control policy, or an administrator's policy."""
    allows = [statement for statement in statements if statement.effect is Effect.ALLOW]
    return len(allows) < len(statements) and all(_allows_all(statement) for statement in allows)


def _allows_all(statement: Statement) -> bool:
    actions, resources = statement.actions, statement.resources
    return bool(actions and resources and actions.values == ("*",) and resources.values == ("*",))


def _is_like_rcp(statements: tuple[Statement, ...]) -> bool:
    """Only denials to everyone: a resource control policy, or part of a resource's own."""
    return all(
        statement.effect is Effect.DENY
        and statement.principals is not None
        and [entry.kind for entry in statement.principals.entries] == [PrincipalKind.EVERYONE]
        for statement in statements
    )
