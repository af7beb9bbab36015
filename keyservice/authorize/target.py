"""What a call is authorised on: an action and the resource it touches."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from keyservice.model.grant import Grant
from keyservice.model.identity import Role
from keyservice.model.key import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One authorisation that a call needs.

    `resource` is an ARN, None for actions on no resource. A KMS key brings its key policy, a role its trust policy;
    `request_alias` is the alias name that the request used for the key (kms:RequestAlias).
    `grant` is the one that the call is to retire: it alone may permit that. `offered` are the condition keys that
    follow from what the call found, apart from the key's own. `encryption_context` is this target's, where a call has
    several. `region` is where it takes effect, if that is another Region than the call's.
    """

    action: str
    resource: str | None = None
    account: str
    key: Key | None = None
    role: Role | None = None
    request_alias: str | None = None
    grant: Grant | None = None
    offered: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    encryption_context: Mapping[str, str] | None = None
    region: str | None = None
