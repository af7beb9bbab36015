"""A signed request becomes a Caller: the access key is found, the signature verified, the identity looked up.

Source: IAM User Guide, "IAM identifiers", "Manage access keys for IAM users", "Use temporary credentials with AWS
resources"; STS API Reference, "GetCallerIdentity".
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial

from keyservice.auth.authorization import Authorization, parse_authorization
from keyservice.auth.call_source import source_of
from keyservice.auth.caller import Caller, CallerKind, Via
from keyservice.auth.callers import caller_holding, caller_of
from keyservice.auth.forward_access import LIFETIME, ForwardAccess, open_forward_access
from keyservice.auth.session_token import SessionGrant, open_grant
from keyservice.auth.signed_request import SignedRequest
from keyservice.auth.sigv4 import verify
from keyservice.crypto.tokens import InvalidToken
from keyservice.crypto.wrapping import UnwrapError
from keyservice.errors import EXPIRED_TOKEN, INVALID_SIGNATURE, KMS_INTERNAL, UNRECOGNIZED_CLIENT, ServiceError
from keyservice.identity.directory import open_secret
from keyservice.model.identity import AccessKey, Account, Role, User
from keyservice.model.linked_service import LinkedService
from keyservice.store.port import Store
from keyservice.values import call_value

_REMEMBERED = 4096  # opened session tokens, and unsealed secrets
_FORWARDED_TO = "kms"  # what forward access sessions call; another linked service takes them by `forward`
_NO_SECRET = "0" * 40  # verifies what access keys that do not exist have signed


@call_value
class Authenticated:
    """Who signed a request, and for which region."""

    caller: Caller
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """Whom the access key stands for, if the signature is the secret's; temporary credentials expire."""

    secret: str = field(repr=False)
    caller: Caller
    expires: float | None = None
    forwarded: ForwardAccess | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """A long-term access key's claim, and the records that it was made from: it holds for these very ones."""

    access_key: AccessKey
    owner: User | Account | LinkedService
    claim: _Claim


class Authenticator:
    """Says who sent a request, and to which of the regions that are served.

    Opened tokens and unsealed secrets are remembered under the very values that they came from, so what is remembered
    is never out of date; what may change (an access key's status, an identity) is asked of the store every time.
    """

    def __init__(self, store: Store, domain_key: bytes, regions: Collection[str]) -> None:
        self._store = store
        self._regions = frozenset(regions)
        self._open_grant = lru_cache(_REMEMBERED)(partial(open_grant, domain_key))
        self._open_access = lru_cache(_REMEMBERED)(partial(open_forward_access, domain_key))
        self._open_secret = lru_cache(_REMEMBERED)(partial(open_secret, domain_key))
        self._claims: dict[str, _Known] = {}

    def authenticate(self, request: SignedRequest, now: float, service: str) -> Authenticated:
        """Who signed `request` for `service` at about `now` (epoch seconds), and for which region.

        Raises:
            ServiceError: a row of the catalogue's first group, in AWS's words.
        """
        authorization = parse_authorization(request)
        claim = self._verified(request, authorization, now, service)
        caller = claim.caller
        if claim.forwarded is not None and service != _FORWARDED_TO:
            raise UNRECOGNIZED_CLIENT()
        if caller.kind is CallerKind.SERVICE:
            caller = replace(caller, source=source_of(request))
        return Authenticated(caller=caller, region=authorization.region)

    def forward(
        self, request: SignedRequest, now: float, service: LinkedService, payload_hash: str
    ) -> tuple[Authenticated, ForwardAccess]:
        """Who signed a request to a linked service, and what makes a forward access session of it: the service has it.

        Raises:
            ServiceError: what `authenticate` raises.
        """
        authorization = parse_authorization(request)
        claim = self._verified(request, authorization, now, service.endpoint, payload_hash)
        if claim.caller.kind is CallerKind.SERVICE:
            raise UNRECOGNIZED_CLIENT()  # a service that calls for itself is nobody to be passed on
        access = claim.forwarded or ForwardAccess(
            access_key_id=authorization.access_key_id,
            token=authorization.token,
            unique_id=claim.caller.unique_id,
            expires=now + LIFETIME,
        )
        expires = min(now + LIFETIME, access.expires, now + LIFETIME if claim.expires is None else claim.expires)
        access = replace(access, called_via=(*access.called_via, service.name), expires=expires)
        return Authenticated(caller=claim.caller, region=authorization.region), access

    def _verified(
        self,
        request: SignedRequest,
        authorization: Authorization,
        now: float,
        service: str,
        payload_hash: str | None = None,
    ) -> _Claim:
        """The claim of whoever signed the request, once the signature has held and the credentials are current."""
        claim = self._claim(authorization.access_key_id, authorization.token, authorization.region)
        # An unknown access key is put to the same work as a known one, so that time does not tell them apart.
        secret = _NO_SECRET if claim is None else claim.secret
        try:
            verify(
                request,
                authorization,
                secret,
                now=now,
                regions=self._regions,
                service=service,
                payload_hash=payload_hash,
            )
        except ServiceError as error:
            if claim is None and error.kind is INVALID_SIGNATURE:
                raise UNRECOGNIZED_CLIENT() from None
            raise
        if claim is None:
            raise UNRECOGNIZED_CLIENT()
        if claim.expires is not None and claim.expires <= now:
            raise EXPIRED_TOKEN()
        return claim

    def _claim(self, access_key_id: str, token: str | None, region: str) -> _Claim | None:
        """Whom the credentials stand for; the token is a session's, or beside a service's access key one passed on."""
        if token is None:
            return self._long_term(access_key_id)
        access_key = self._store.access_key(access_key_id)
        if access_key is not None and access_key.service is not None:
            return self._passed_on(access_key, token, region)
        return self._temporary(access_key_id, token)

    def _passed_on(self, access_key: AccessKey, token: str, region: str) -> _Claim | None:
        """The caller for whom a service calls, as the directory has it now; it is the service that signs."""
        own = self._long_term(access_key.access_key_id)
        if own is None or access_key.service is None:
            return None
        try:
            access = self._open_access(token, access_key.service, region)
        except InvalidToken:
            return None
        found = self._claim(access.access_key_id, access.token, region)
        service = self._store.identity(LinkedService, access_key.service)
        if found is None or service is None or found.caller.unique_id != access.unique_id:
            return None
        via = Via(called_via=access.called_via, via_service=service.via_service(region))
        expires = access.expires if found.expires is None else min(access.expires, found.expires)
        return _Claim(secret=own.secret, caller=replace(found.caller, via=via), expires=expires, forwarded=access)

    def _long_term(self, access_key_id: str) -> _Claim | None:
        access_key = self._store.access_key(access_key_id)
        if access_key is None or not access_key.active:
            return None
        owner = self._holder(access_key)
        if owner is None:
            return None
        known = self._claims.get(access_key_id)
        if known is not None and known.access_key is access_key and known.owner is owner:
            return known.claim
        claim = _Claim(secret=self._secret(access_key), caller=caller_holding(access_key, owner))
        if len(self._claims) >= _REMEMBERED:
            self._claims.clear()
        self._claims[access_key_id] = _Known(access_key, owner, claim)
        return claim

    def _holder(self, access_key: AccessKey) -> User | Account | LinkedService | None:
        """The record of whose access key it is."""
        if access_key.service is not None:
            return self._store.identity(LinkedService, access_key.service)
        if access_key.user_name is None:
            return self._store.account(access_key.account)
        return self._store.user(access_key.account, access_key.user_name)

    def _temporary(self, access_key_id: str, token: str) -> _Claim | None:
        try:
            grant = self._open_grant(token)
        except ServiceError:
            return None
        if grant.access_key_id != access_key_id:
            return None
        # A recreated role or user of the same name has another unique id: sessions of the old one end with it.
        owner = self._owner(grant)
        caller = None if owner is None else caller_of(owner, grant)
        if owner is None or caller is None or caller.unique_id.partition(":")[0] != grant.owner_id:
            return None
        since = None if isinstance(owner, Account) else owner.sessions_valid_from
        is_revoked = since is not None and grant.session.issued < since
        expires = grant.session.issued if is_revoked else grant.session.expires
        return _Claim(secret=grant.secret, caller=caller, expires=expires)

    def _owner(self, grant: SessionGrant) -> Role | User | Account | None:
        """The record of whose session it is."""
        match grant.kind:
            case CallerKind.ROLE_SESSION:
                return self._store.role(grant.account, grant.owner_name)
            case CallerKind.USER:
                return self._store.user(grant.account, grant.owner_name)
            case _:
                return self._store.account(grant.account)

    def _secret(self, access_key: AccessKey) -> str:
        try:
            return self._open_secret(access_key)
        except UnwrapError as error:
            fault = KMS_INTERNAL()
            fault.secondary = f"the secret of access key {access_key.access_key_id} does not open"
            raise fault from error
