"""The four operations of the published XKS proxy API, and what of a proxy's answers is believed.

Every member of an answer is looked at before it is used: a proxy may be wrong, slow, or somebody else.
Source: AWS KMS External Key Store Proxy API Specification, "API operations", "Appendix C" for the integrity value.
"""

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson
from cryptography.hazmat.primitives.hashes import SHA256, Hash

from keyservice.crypto.ciphertext import TAG_LENGTH
from keyservice.crypto.ciphertext_double import LONGEST_METADATA, OUTER_IV_LENGTHS, Outer
from keyservice.keystore.request_metadata import RequestMetadata
from keyservice.keystore.xks_faults import BY_NAME, XksError, XksFault

Members = Mapping[str, object]
Post = Callable[[str, bytes], tuple[int, bytes]]
"""A path below the proxy's own, and a body, to the status and the body of the answer."""

MOST_MANAGERS = 10
MOST_USAGES = 10
_HEALTH = ("ACTIVE", "DEGRADED", "UNAVAILABLE")


@dataclass(frozen=True, slots=True)
class XksApi:
    """A proxy's API. Every call raises XksError."""

    post: Post

    def check_health(self, metadata: RequestMetadata) -> None:
        """GetHealthStatus: return if an external key manager is there that can serve."""
        told = RequestMetadata(operation=metadata.operation, request_id=metadata.request_id)
        answer = self._call("/health", told, {})
        size, managers = answer.get("xksProxyFleetSize"), answer.get("ekmFleetDetails")
        names = (answer.get(name) for name in ("xksProxyVendor", "xksProxyModel", "ekmVendor"))
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise _malformed("xksProxyFleetSize")
        if not all(isinstance(name, str) for name in names):
            raise _malformed("vendor or model")
        if not isinstance(managers, list) or not 0 < len(managers) <= MOST_MANAGERS:
            raise _malformed("ekmFleetDetails")
        states = [_health_of(manager) for manager in managers]
        if all(state == "UNAVAILABLE" for state in states):
            raise XksError(XksFault.ALL_UNAVAILABLE, "all external key managers are unavailable")

    def check_key(self, xks_key_id: str, metadata: RequestMetadata) -> None:
        """GetKeyMetadata: return if the external key is there, an enabled AES-256 key that encrypts and decrypts."""
        answer = self._call(f"/keys/{xks_key_id}/metadata", metadata, {})
        spec, usage, status = (answer.get(name) for name in ("keySpec", "keyUsage", "keyStatus"))
        if not isinstance(spec, str) or status not in ("ENABLED", "DISABLED"):
            raise _malformed("keySpec or keyStatus")
        if not isinstance(usage, list) or len(usage) > MOST_USAGES or not all(isinstance(each, str) for each in usage):
            raise _malformed("keyUsage")
        if spec != "AES_256":
            raise XksError(XksFault.NOT_AES_256, "the external key is no AES_256")
        if not {"ENCRYPT", "DECRYPT"} <= set(usage):
            raise XksError(XksFault.INVALID_KEY_USAGE, "the external key does not both encrypt and decrypt")
        if status != "ENABLED":
            raise XksError(XksFault.INVALID_STATE, "the external key is disabled")

    def encrypt(
        self, xks_key_id: str, plaintext: bytes, bound: bytes, metadata: RequestMetadata
    ) -> tuple[bytes, Outer]:
        """Encrypt, and compare the integrity value: a ciphertext that was damaged on its way is never handed out."""
        given = {
            "additionalAuthenticatedData": _text(bound),
            "plaintext": _text(plaintext),
            "encryptionAlgorithm": "AES_GCM",
            "ciphertextDataIntegrityValueAlgorithm": "SHA_256",
        }
        answer = self._call(f"/keys/{xks_key_id}/encrypt", metadata, given)
        ciphertext = _blob(answer, "ciphertext", (len(plaintext),))
        has_metadata = answer.get("ciphertextMetadata") is not None
        outer = Outer(
            iv=_blob(answer, "initializationVector", OUTER_IV_LENGTHS),
            tag=_blob(answer, "authenticationTag", (TAG_LENGTH,)),
            metadata=_blob(answer, "ciphertextMetadata", range(LONGEST_METADATA + 1)) if has_metadata else b"",
        )
        digest = Hash(SHA256())
        digest.update(bound + outer.metadata + outer.iv + ciphertext + outer.tag)
        if not hmac.compare_digest(digest.finalize(), _blob(answer, "ciphertextDataIntegrityValue", (32,))):
            raise _malformed("ciphertextDataIntegrityValue")
        return ciphertext, outer

    def decrypt(
        self, xks_key_id: str, ciphertext: bytes, bound: bytes, outer: Outer, metadata: RequestMetadata
    ) -> bytes:
        """Decrypt."""
        given = {
            "additionalAuthenticatedData": _text(bound),
            "ciphertext": _text(ciphertext),
            "encryptionAlgorithm": "AES_GCM",
            "initializationVector": _text(outer.iv),
            "authenticationTag": _text(outer.tag),
            **({"ciphertextMetadata": _text(outer.metadata)} if outer.metadata else {}),
        }
        answer = self._call(f"/keys/{xks_key_id}/decrypt", metadata, given)
        return _blob(answer, "plaintext", (len(ciphertext),))

    def _call(self, path: str, metadata: RequestMetadata, given: Members) -> Members:
        status, body = self.post(path, orjson.dumps({"requestMetadata": metadata.encoded(), **given}))
        try:
            answer = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise _malformed(f"a body of HTTP status {status}") from None
        if not isinstance(answer, dict):
            raise _malformed("a body that is no object")
        if status == 200:
            return answer
        name = answer.get("errorName")
        fault = BY_NAME.get(name) if isinstance(name, str) else None
        if fault is None:
            raise _malformed(f"errorName of HTTP status {status}")
        # What the proxy says beside (errorMessage) is its own: it goes neither to the caller nor onto the trail.
        raise XksError(fault, f"the proxy answered {name}")


def _health_of(manager: object) -> str:
    if not isinstance(manager, dict) or not all(isinstance(manager.get(name), str) for name in ("id", "model")):
        raise _malformed("ekmFleetDetails")
    state = manager.get("healthStatus")
    if not isinstance(state, str) or state not in _HEALTH:
        raise _malformed("healthStatus")
    return state


def _blob(answer: Members, name: str, lengths: tuple[int, ...] | range) -> bytes:
    """A base64 member of one of these lengths."""
    text = answer.get(name)
    if not isinstance(text, str):
        raise _malformed(name)
    try:
        blob = b64decode(text, validate=True)
    except (binascii.Error, ValueError):  # ValueError of what is not ASCII
        raise _malformed(name) from None
    if len(blob) not in lengths:
        raise _malformed(name)
    return blob


def _text(blob: bytes) -> str:
    return b64encode(blob).decode("ascii")


def _malformed(what: str) -> XksError:
    return XksError(XksFault.MALFORMED, f"the proxy's answer is malformed: {what}")
