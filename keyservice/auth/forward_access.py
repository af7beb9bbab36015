"""Forward access sessions: how a linked service passes its caller on. Tokens are sealed, and kept by nobody. Pure.

The protocol, of which IAM's page says what it is for and not how it works ("Forward access sessions"):

1. A caller signs a request to the service (Signature Version 4, the service's own name in the credential scope) and
   sends it there, as any SDK does.
2. The service sends that request's head and its body's hash to CreateForwardAccessSession (`operations`), signed with
   the service's own access key. The caller's signature is verified as if the request had come here: so a service can
   pass on those alone who have called it, and within the minutes that a signature lasts.
3. It gets a forward access session: a token sealed under the domain key, in which the caller stands (as an access key
   id, and the session token that came with it), and the services that were called in turn.
4. The service signs its requests to AWS KMS with its own access key, and sends the token as X-Amz-Security-Token. The
   call is the caller's, with the caller's policies, tags and session as they are then, through the service.

Trust. The token opens for the service and the Region alone for which it was made, and only beside a signature by that
service: to whoever else gets hold of it, it is of no use. A caller cannot make one, having no access key of a service;
a service cannot make one for who has not called it. Both ends are looked up with every call: deleting or deactivating
the caller's access key or the service's, deleting the caller, or revoking the role's sessions ends it at once; else it
ends by itself after LIFETIME. It is good for AWS KMS, and for calling another linked service, which passes the same
caller on in its turn (aws:CalledVia has both).
Source: IAM User Guide, "Forward access sessions", "AWS global condition context keys" (aws:CalledVia).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from keyservice.crypto.encoding import encode_text
from keyservice.crypto.kbkdf import Purpose
from keyservice.crypto.tokens import IV_LENGTH, MAX_TEXT, SALT_LENGTH, open_token, seal_token

LIFETIME = 300.0  # seconds: as long as the signature of the request that it comes of
LONGEST_CHAIN = 8  # services that call each other for one caller


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardAccess:
    """What a token says: whose call it is, through which services, and until when (epoch seconds).

    The caller is named by an access key id and, if temporary, its session token; `unique_id` is who that was.
    """

    access_key_id: str
    token: str | None = field(default=None, repr=False)
    unique_id: str
    called_via: tuple[str, ...] = ()
    expires: float


def seal_forward_access(
    domain_key: bytes, access: ForwardAccess, region: str, *, random: Callable[[int], bytes]
) -> str | None:
    """The token, for the last of the services and a Region; None if the caller's session token is too long for it."""
    fields = {"k": access.access_key_id, "u": access.unique_id, "v": access.called_via, "e": access.expires}
    plaintext = json.dumps(fields | ({"t": access.token} if access.token else {}), separators=(",", ":")).encode()
    if len(plaintext) > MAX_TEXT * 3 // 4 - 64:  # as base64, with salt, IV and tag
        return None
    salt, iv = random(SALT_LENGTH), random(IV_LENGTH)
    bound_to = _binding(access.called_via[-1], region)
    return seal_token(domain_key, Purpose.FAS, plaintext, salt=salt, iv=iv, bound_to=bound_to)


def open_forward_access(domain_key: bytes, token: str, service: str, region: str) -> ForwardAccess:
    """What a token says that was made for a service and a Region. Its expiry is the caller's to check.

    Raises:
        InvalidToken: it is none, or was made for another service or Region.
    """
    fields = json.loads(open_token(domain_key, Purpose.FAS, token, bound_to=_binding(service, region)))
    return ForwardAccess(
        access_key_id=fields["k"],
        token=fields.get("t"),
        unique_id=fields["u"],
        called_via=tuple(fields["v"]),
        expires=fields["e"],
    )


def _binding(service: str, region: str) -> bytes:
    return encode_text(service) + encode_text(region)
