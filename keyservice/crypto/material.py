"""The id of key material that KMS publishes as KeyMaterialId."""

from keyservice.crypto.encoding import encode_text, length_prefixed
from keyservice.crypto.mac import hmac_sha256


def material_id(key: bytes, key_id: str, material: bytes) -> str:
    """64 hexadecimal digits, the same for the same material of the same key; `key` is the subkey for `material-id`.

    A MAC and never a bare hash, because the id is published and material that a customer imports may be guessable;
    bound to the key id, so that equal material in two keys cannot be recognised.
    Source: KMS API Reference, "Decrypt", KeyMaterialId (64 characters of a-f0-9).
    """
    return hmac_sha256(key, encode_text(key_id) + length_prefixed(material)).hex()
