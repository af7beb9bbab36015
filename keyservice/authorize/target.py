"""What a call is authorised on: an action and the resource it touches."""

from dataclasses import dataclass

from keyservice.model.identity import Role
from keyservice.model.key import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One authorisation that a call needs.

    `resource` is an ARN, None for actions on no resource. A KMS key brings its key policy, a role its trust policy;
    `request_alias` is the alias name that the request used for the key (kms:RequestAlias).
    """

    action: str
    resource: str | None = None
    account: str
    key: Key | None = None
    role: Role | None = None
    request_alias: str | None = None
