"""Policy texts as documents the engine reads, each parsed once: policies change seldom and are asked about always."""

import re
from functools import lru_cache

from policy.model.document import PolicyDocument, PrincipalKind
from policy.model.principal import Role, RoleSession, User, parse_principal
from policy.model.reading import PolicyKind, read_policy
from policy.source import Source

# A principal that was deleted stays in the policy as its unique id (IAM User Guide, "Principal": it matches nobody).
_UNIQUE_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}")

# A parsed key policy of a few statements takes about 10 kB: at most some 80 MB.
_CACHED = 8192


class UnreadablePolicyError(Exception):
    """A stored policy text that cannot be read. Policies are checked before they are stored: this is our fault."""


@lru_cache(maxsize=_CACHED)
def document_of(text: str, name: str) -> PolicyDocument:
    """The document of a stored policy text.

    Raises:
        UnreadablePolicyError: the text is no policy.
    """
    reading = read_policy(Source(name, text))
    if reading.document is None:
        raise UnreadablePolicyError(name)
    return reading.document


def check_policy(text: str, name: str, kind: PolicyKind) -> tuple[str, ...]:
    """What is wrong with a JSON policy that someone wants to store: one-line messages with their places."""
    if not text.lstrip().startswith("{"):
        return (f"{name}:1:1: the policy is not a JSON object",)  # the API takes no other spelling
    reading = read_policy(Source(name, text), kind=kind)
    if reading.document is not None:
        return ()
    return tuple(f"{fault.place}: {fault.message}" for fault in reading.diagnostics)


def principals_named(text: str) -> tuple[tuple[str, str, str], ...]:
    """The users and roles that a policy names: (account, `user` or `role`, name without path).

    A session names its role. A value that is no principal at all is told with an empty account: it can never exist.
    """
    entries = (
        entry
        for statement in document_of(text, "key policy").statements
        for entry in (statement.principals.entries if statement.principals else ())
        if entry.kind is PrincipalKind.AWS and entry.value != "*" and not _UNIQUE_ID.fullmatch(entry.value)
    )
    named = (_named(entry.value) for entry in entries)
    return tuple(name for name in named if name is not None)


def _named(value: str) -> tuple[str, str, str] | None:
    try:
        principal = parse_principal(value)
    except ValueError:
        return "", "user", value
    match principal:
        case User():
            return principal.account, "user", principal.path_and_name.rsplit("/", 1)[-1]
        case Role() | RoleSession():
            return principal.account, "role", principal.role_name
        case _:
            return None


def check_identity_policy(text: str, name: str, is_trust: bool) -> tuple[str, ...]:
    """What is wrong with a policy of an identities file; `is_trust` for a role's trust policy."""
    return check_policy(text, name, PolicyKind.TRUST if is_trust else PolicyKind.IDENTITY)
