"""The authenticated caller of a request: what authorization, audit and metering know of who calls.

Source: IAM User Guide, "AWS global condition context keys" (Properties of the principal, Properties of a role session).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class CallerKind(StrEnum):
    """CloudTrail's `userIdentity.type`."""

    ROOT = "Root"
    USER = "IAMUser"
    ROLE_SESSION = "AssumedRole"
    FEDERATED_USER = "FederatedUser"
    SERVICE = "AWSService"
    WEB_IDENTITY = "WebIdentityUser"
    """A subject of an OIDC provider, as AssumeRoleWithWebIdentity has it; `arn` is the provider's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What temporary credentials carry. Times are epoch seconds; policies are JSON texts."""

    issued: float
    expires: float
    session_policies: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str | None = None
    mfa_authenticated: bool = False
    instance_id: str | None = None
    chained: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Via:
    """The services that a call came through, the last of which made it; `via_service` is kms:ViaService."""

    called_via: tuple[str, ...]
    via_service: str

    @property
    def service(self) -> str:
        """The service principal of the one that made the call."""
        return self.called_via[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSource:
    """For which resource, or at least for which account, a service calls for itself: its own word, signed with it."""

    arn: str | None = None
    account: str | None = None


NO_SOURCE = CallSource()


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls. `name` is the user's or the role's name (without path); `unique_id` is the user's, or `AROA…:session`.

    `arn` is the caller's own ARN (a session's for a role session); `issuer_arn` the role's or federating user's ARN.
    `via` is there where a service calls on behalf of the caller. A service that calls for itself has its service
    principal as `name` and `arn`, the account of its own, and perhaps a `source`.
    """

    kind: CallerKind
    arn: str
    account: str
    unique_id: str
    access_key_id: str
    partition: str = "aws"
    name: str | None = None
    issuer_arn: str | None = None
    session_name: str | None = None
    session: Session | None = None
    via: Via | None = None
    source: CallSource = NO_SOURCE

    @property
    def name_in_caches(self) -> str:
        """One text for one way of calling: with an access key alone, or through these services, or for that source."""
        if self.via is None and self.source is NO_SOURCE:
            return self.access_key_id
        called_via = self.via.called_via if self.via else ()
        return "/".join((self.access_key_id, *called_via, self.source.account or "", self.source.arn or ""))
