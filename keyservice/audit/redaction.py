"""What of a request and its answer may stand on the trail: the members under CloudTrail's names, without any secret.

KMS leaves plaintext, ciphertext, messages, signatures and tokens out of its events altogether; it never shows a
placeholder (KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail": "Decrypt", "Sign", "GenerateMac",
"ImportKeyMaterial", "CreateCustomKeyStore").
"""

from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache

NEVER_RECORDED = frozenset(
    {
        "plaintext",
        "privateKeyPlaintext",
        "privateKeyCiphertextBlob",
        "ciphertextBlob",
        "ciphertextForRecipient",
        "recipient",
        "message",
        "signature",
        "mac",
        "sharedSecret",
        "encapsulatedKey",
        "encryptedKeyMaterial",
        "importToken",
        "grantToken",
        "grantTokens",
        "keyStorePassword",
        "xksProxyAuthenticationCredential",
        "secretAccessKey",
        # Unlike AWS: STS events carry the session token; whoever reads the trail could replay a part of a credential.
        "sessionToken",
        "sAMLAssertion",
        "webIdentityToken",
        "tokenCode",
    }
)
"""Members that no operation's record shows, whatever its own row says (lower-camel names)."""

_COLLECTIONS = (Mapping, list, tuple)

OWN_KEYS = frozenset(
    {
        "encryptionContext",
        "sourceEncryptionContext",
        "destinationEncryptionContext",
        "encryptionContextSubset",
        "encryptionContextEquals",
        "tags",
        "principalTags",
    }
)
"""Members that are maps with keys of the caller's choice: copied as they are."""


def request_parameters(members: object, redacted: Collection[str] = ()) -> dict[str, object]:
    """The members of a structure as the trail shows them: `KeyId` and `key_id` both become `keyId`.

    `members` is a mapping from names to values, or a dataclass. Absent members, bytes, what `redacted` names (in any of
    the spellings) and what is never recorded are left out, at every depth.
    """
    hidden = _hidden(redacted if isinstance(redacted, frozenset) else frozenset(redacted))
    return _structure(members, hidden)


@lru_cache(maxsize=1024)
def member_name(name: str) -> str:
    """CloudTrail's spelling of a member: `keyId` for `KeyId` and `key_id`; `AWSAccountId` stays ("CreateKey")."""
    if "_" in name:
        first, *rest = name.split("_")
        return first + "".join(part[:1].upper() + part[1:] for part in rest)
    if len(name) > 2 and name[:3].isupper() and name != "SAMLAssertion":
        return name
    return name[:1].lower() + name[1:]


@lru_cache(maxsize=1024)
def _hidden(redacted: frozenset[str]) -> frozenset[str]:
    return NEVER_RECORDED.union(member_name(name) for name in redacted)


def _structure(members: object, hidden: frozenset[str]) -> dict[str, object]:
    shown: dict[str, object] = {}
    for spelled, value in _pairs(members):
        name = member_name(spelled)
        if name in hidden:
            continue
        if type(value) is str:  # most are: the questions below are slow ones
            shown[name] = value
        elif isinstance(value, bytes) or _is_absent(name, value):
            continue
        elif name in OWN_KEYS and isinstance(value, Mapping):
            shown[name] = {str(key): str(text) for key, text in value.items()}
        else:
            shown[name] = _value(value, hidden)
    return shown


def _is_absent(name: str, value: object) -> bool:
    """An empty collection is what clients send for nothing; a call that is no dry run does not say so ("Encrypt")."""
    return value is None or (name == "dryRun" and value is False) or (isinstance(value, _COLLECTIONS) and not value)


def _value(value: object, hidden: frozenset[str]) -> object:
    if isinstance(value, Mapping) or (is_dataclass(value) and not isinstance(value, type)):
        return _structure(value, hidden)
    if isinstance(value, (list, tuple)):
        return [_value(each, hidden) for each in value if not isinstance(each, bytes)]
    return value


@lru_cache(maxsize=1024)
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _pairs(members: object) -> list[tuple[str, object]]:
    if isinstance(members, Mapping):
        return [(str(name), value) for name, value in members.items()]
    if is_dataclass(members) and not isinstance(members, type):
        return [(name, getattr(members, name)) for name in _field_names(type(members))]
    raise TypeError(f"expected a mapping or a dataclass, found {type(members).__name__}")
