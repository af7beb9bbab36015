"""Session tokens: temporary credentials that carry their own record, sealed, so that no store keeps them. Pure.

Source: IAM User Guide, "Temporary security credentials in IAM"; STS API Reference, "Credentials", "AssumeRole".
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from keyservice.auth.caller import Caller, CallerKind, Session
from keyservice.crypto.kbkdf import Purpose
from keyservice.crypto.tokens import IV_LENGTH, SALT_LENGTH, InvalidToken, open_token, seal_token
from keyservice.errors import UNRECOGNIZED_CLIENT
from keyservice.ids import TEMPORARY_ACCESS_KEY_PREFIX, secret_access_key, unique_id
from keyservice.model.identity import Role

RandomBytes = Callable[[int], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionGrant:
    """What a session token says: the key pair that it goes with, whose session it is, and the session.

    `owner_name` and `owner_id` are those of the role assumed, or of the user (the account, for its root user) who
    called GetSessionToken, as `kind` says. A recreated role or user of the same name is another: the old sessions end.
    """

    access_key_id: str
    secret: str = field(repr=False)
    account: str
    owner_name: str
    owner_id: str
    session_name: str
    session: Session
    kind: CallerKind = CallerKind.ROLE_SESSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Temporary credentials as STS and the instance metadata service give them out; `expiration` in epoch seconds."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)
    expiration: float


def assume_role_credentials(
    domain_key: bytes, role: Role, session_name: str, session: Session, *, random: RandomBytes
) -> Credentials:
    """Temporary credentials for a session of a role; whether the caller may have them was decided before."""
    grant = SessionGrant(
        access_key_id=unique_id(TEMPORARY_ACCESS_KEY_PREFIX, random(10)),
        secret=secret_access_key(random(30)),
        account=role.account,
        owner_name=role.name,
        owner_id=role.role_id,
        session_name=session_name,
        session=session,
    )
    return _credentials(domain_key, grant, random)


def own_credentials(domain_key: bytes, caller: Caller, session: Session, *, random: RandomBytes) -> Credentials:
    """Temporary credentials of a user's, or of the root user's, own (STS API Reference, "GetSessionToken")."""
    grant = SessionGrant(
        access_key_id=unique_id(TEMPORARY_ACCESS_KEY_PREFIX, random(10)),
        secret=secret_access_key(random(30)),
        account=caller.account,
        owner_name=caller.name or "",
        owner_id=caller.unique_id,
        session_name="",
        session=session,
        kind=caller.kind,
    )
    return _credentials(domain_key, grant, random)


def _credentials(domain_key: bytes, grant: SessionGrant, random: RandomBytes) -> Credentials:
    return Credentials(
        access_key_id=grant.access_key_id,
        secret_access_key=grant.secret,
        session_token=issue(domain_key, grant, random=random),
        expiration=grant.session.expires,
    )


def issue(domain_key: bytes, grant: SessionGrant, *, random: RandomBytes) -> str:
    """The session token's text. `random` gives as many fresh random bytes as it is asked for."""
    plaintext = json.dumps(_fields(grant), separators=(",", ":")).encode("ascii")
    return seal_token(domain_key, Purpose.SESSION, plaintext, salt=random(SALT_LENGTH), iv=random(IV_LENGTH))


def open_grant(domain_key: bytes, token: str) -> SessionGrant:
    """What a session token says. Its expiry and the role's existence are the caller's to check.

    Raises:
        ServiceError: UnrecognizedClientException if the text is no token of this service's.
    """
    try:
        plaintext = open_token(domain_key, Purpose.SESSION, token)
    except InvalidToken:
        raise UNRECOGNIZED_CLIENT() from None
    return _grant(json.loads(plaintext))


# The names inside a token are short because it travels in a header with every request.
def _fields(grant: SessionGrant) -> Mapping[str, object]:
    session = grant.session
    fields: dict[str, object] = {
        "k": grant.access_key_id,
        "s": grant.secret,
        "a": grant.account,
        "r": grant.owner_name,
        "u": grant.owner_id,
        "n": grant.session_name,
        "i": session.issued,
        "e": session.expires,
    }
    optional: dict[str, object] = {
        "p": session.session_policies,
        "t": dict(session.tags),
        "v": session.transitive_tag_keys,
        "o": session.source_identity,
        "m": session.mfa_authenticated,
        "c": session.instance_id,
        "h": session.chained,
        "w": "" if grant.kind is CallerKind.ROLE_SESSION else grant.kind.value,
    }
    return fields | {name: value for name, value in optional.items() if value}


def _grant(fields: Mapping[str, Any]) -> SessionGrant:
    session = Session(
        issued=fields["i"],
        expires=fields["e"],
        session_policies=tuple(fields.get("p", ())),
        tags=fields.get("t", {}),
        transitive_tag_keys=tuple(fields.get("v", ())),
        source_identity=fields.get("o"),
        mfa_authenticated=fields.get("m", False),
        instance_id=fields.get("c"),
        chained=fields.get("h", False),
    )
    return SessionGrant(
        access_key_id=fields["k"],
        secret=fields["s"],
        account=fields["a"],
        owner_name=fields["r"],
        owner_id=fields["u"],
        session_name=fields["n"],
        session=session,
        kind=CallerKind(fields.get("w", CallerKind.ROLE_SESSION)),
    )
