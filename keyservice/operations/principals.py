"""Whether the principals that a key policy or a grant names exist.

Source: KMS Developer Guide, "Key policies in AWS KMS": a principal that is named must be one that AWS can find.
"""

from keyservice.store.port import Store
from policy.model.principal import FederatedUser, Role, RoleSession, RootUser, User, parse_principal


def is_principal(store: Store, text: str) -> bool:
    """Whether the text is a principal: one that exists, where its account is kept here; of others nothing is known."""
    try:
        principal = parse_principal(text)
    except ValueError:
        return False
    if not isinstance(principal, RootUser | User | Role | RoleSession | FederatedUser):
        return False
    account = store.account(principal.account)
    if account is None:
        return True
    if account.partition != principal.partition:
        return False
    match principal:
        case User():
            user = store.user(account.id, principal.path_and_name.rsplit("/", 1)[-1])
            return user is not None and user.arn == principal.arn
        case Role():
            role = store.role(account.id, principal.role_name)
            return role is not None and role.arn == principal.arn
        case RoleSession():
            return store.role(account.id, principal.role_name) is not None
        case _:
            return True
