"""The unique ids of the principals that a policy or a grant names: whom it means, whoever has the name later.

Source: IAM User Guide, "IAM identifiers" (Unique identifiers), "AWS JSON policy elements: Principal".
"""

import json
from collections.abc import Iterable, Iterator, Mapping

from keyservice.model.identity import Role, User
from keyservice.store.port import Store


def bound_ids(find: Store, arns: Iterable[str], among: Iterable[User | Role] = ()) -> dict[str, str]:
    """The unique ids of the users and roles (of the role, for a session's ARN) among some ARNs; of others none.

    `among` are identities that count before the store's.
    """
    given = {identity.arn: identity for identity in among}
    found = {}
    for arn in arns:
        identity = given.get(arn) or _identity(find, arn, given)
        if identity is not None:
            found[arn] = identity.user_id if isinstance(identity, User) else identity.role_id
    return found


def _identity(store: Store, arn: str, given: Mapping[str, User | Role]) -> User | Role | None:
    parts = arn.split(":", 5)
    if len(parts) != 6:
        return None
    kind, _, name = parts[5].partition("/")
    if kind == "assumed-role":
        role_name = name.split("/", 1)[0]
        wanted = (role for role in given.values() if isinstance(role, Role))
        same = (role for role in wanted if (role.account, role.name) == (parts[4], role_name))
        return next(same, None) or store.role(parts[4], role_name)
    last = name.rsplit("/", 1)[-1]
    found = store.user(parts[4], last) if kind == "user" else store.role(parts[4], last) if kind == "role" else None
    return found if found is not None and found.arn == arn else None


def principals_of(trust_policy: str) -> Iterator[str]:
    """The AWS principals in the canonical JSON text of a trust policy."""
    statements = json.loads(trust_policy).get("Statement", []) if trust_policy else []
    for statement in statements if isinstance(statements, list) else [statements]:
        for element in ("Principal", "NotPrincipal"):
            named = statement.get(element) if isinstance(statement, dict) else None
            values = named.get("AWS", []) if isinstance(named, dict) else []
            yield from (value for value in (values if isinstance(values, list) else [values]) if isinstance(value, str))
