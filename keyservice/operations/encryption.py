"""Encryption and decryption under a KMS key, symmetric or RSA: what Encrypt, Decrypt and ReEncrypt share."""

from collections.abc import Mapping
from dataclasses import field

from keyservice.authorize.target import Target
from keyservice.crypto.oaep import longest_plaintext
from keyservice.crypto.specs import KEY_SPECS, SYMMETRIC_DEFAULT
from keyservice.errors import CIPHERTEXT_ACCESS_DENIED, INCORRECT_KEY, INVALID_KEY_USAGE, KMS_INTERNAL, VALIDATION
from keyservice.model.key import BackingKey, Key
from keyservice.operations.aws_owned_keys import visible_key
from keyservice.operations.locate import LocatedKey, locate_key, target_of
from keyservice.operations.metadata import shown_material_id
from keyservice.operations.operation import Run
from keyservice.operations.xks_calls import call_metadata
from keyservice.values import call_value

SYMMETRIC = SYMMETRIC_DEFAULT.name  # the name of the key spec and of its one encryption algorithm


@call_value
class Ciphertext:
    """A ciphertext as a request gives it. Without a blob it is a dry run that asks about permissions alone."""

    blob: bytes | None = field(repr=False)
    key_id: str | None
    algorithm: str
    context: Mapping[str, str]


def given_ciphertext(
    blob: bytes | None, key_id: str | None, algorithm: str, context: Mapping[str, str], *, is_ignored: bool
) -> Ciphertext:
    """The ciphertext of a request. `is_ignored` is what DryRunModifiers say of it ("Decrypt", DryRunModifiers).

    Raises:
        ServiceError: ValidationException if there is none.
    """
    if blob is None and not is_ignored:
        detail = "Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null"
        raise VALIDATION(detail=f"1 validation error detected: {detail}")
    return Ciphertext(blob=None if is_ignored else blob, key_id=key_id, algorithm=algorithm, context=context)


def locate_source(run: Run, action: str, given: Ciphertext) -> Target:
    """The key that decrypts: of a symmetric ciphertext the one it names, else the one that the request names.

    Source: KMS API Reference, "Decrypt", KeyId: another key than the one that encrypted is IncorrectKeyException.
    """
    if given.algorithm != SYMMETRIC or given.blob is None:
        if given.key_id is None:
            raise VALIDATION(detail="KeyId must not be null")
        return _target(action, locate_key(run, given.key_id, by_alias=True))
    header = run.ports.keystore.header(given.blob)
    key = visible_key(run, run.region, header.key_id)
    # A bare key id may be that of another account's key here: the ciphertext says whose ("ReEncrypt", cross-account).
    if given.key_id is not None and (key is None or given.key_id != key.key_id):
        located = locate_key(run, given.key_id, by_alias=True)
        if located.key.key_id != header.key_id:
            raise INCORRECT_KEY()
        return _target(action, located)
    if key is None:
        raise CIPHERTEXT_ACCESS_DENIED()
    return target_of(action, key)


def check_algorithm(key: Key, algorithm: str) -> None:
    """Refuse an algorithm that is not one of the key's (KMS API Reference, InvalidKeyUsageException).

    Raises:
        ServiceError: InvalidKeyUsageException.
    """
    if not KEY_SPECS[key.spec].supports(key.usage, algorithm):
        raise INVALID_KEY_USAGE(detail=f"Algorithm {algorithm} is incompatible with key spec {key.spec}.")


def check_encryption(key: Key, algorithm: str, context: Mapping[str, str]) -> None:
    """Refuse what the key cannot encrypt or decrypt under.

    Raises:
        ServiceError: InvalidKeyUsageException, or ValidationException for an encryption context with a key pair, whose
            ciphertexts have no place for one ("Encrypt", EncryptionContext).
    """
    check_algorithm(key, algorithm)
    if context and algorithm != SYMMETRIC:
        detail = "EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs."
        raise VALIDATION(detail=detail)


def check_length(key: Key, algorithm: str, plaintext: bytes) -> None:
    """Refuse a plaintext that is too long for the padding ("Encrypt", Plaintext).

    Raises:
        ServiceError: ValidationException.
    """
    if algorithm == SYMMETRIC:
        return  # the member's own limit is the limit
    most = longest_plaintext(algorithm, KEY_SPECS[key.spec].size)
    if len(plaintext) > most:
        detail = f"Algorithm {algorithm} and key spec {key.spec} cannot encrypt data larger than {most} bytes."
        raise VALIDATION(detail=detail)


def encrypt_under(
    run: Run, key: Key, algorithm: str, plaintext: bytes, context: Mapping[str, str]
) -> tuple[bytes, str | None]:
    """The ciphertext, and the id of the key material, which symmetric keys alone have."""
    backing = current_backing_key(run, key)
    if algorithm == SYMMETRIC:
        blob = run.ports.keystore.encrypt(key, backing, plaintext, context, call_metadata(run, key))
        return blob, shown_material_id(key, backing.material_id)
    return run.ports.keystore.encrypt_rsa(key, backing, algorithm, plaintext), None


def decrypt_under(run: Run, key: Key, given: Ciphertext) -> tuple[bytes, str | None]:
    """The plaintext, and the id of the key material that had encrypted it, which symmetric keys alone have."""
    keystore = run.ports.keystore
    if given.blob is None:
        raise KMS_INTERNAL()  # only a dry run has none, and it does not come this far
    if given.algorithm != SYMMETRIC:
        return keystore.decrypt_rsa(key, current_backing_key(run, key), given.algorithm, given.blob), None
    header = keystore.header(given.blob)
    backing = run.ports.store.backing_key(key.region, key.key_id, header.backing_key_id)
    if backing is None:
        raise CIPHERTEXT_ACCESS_DENIED()
    plaintext = keystore.decrypt(backing, header, given.context, call_metadata(run, key))
    return plaintext, shown_material_id(key, backing.material_id)


def current_backing_key(run: Run, key: Key) -> BackingKey:
    """The backing key that a key works with now: new ciphertexts, and everything but ciphertexts."""
    backing = run.ports.store.backing_key(key.region, key.key_id, key.current_backing_key or "")
    if backing is None:
        raise KMS_INTERNAL()
    return backing


def _target(action: str, located: LocatedKey) -> Target:
    return target_of(action, located.key, request_alias=located.request_alias)
