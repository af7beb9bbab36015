"""Blobs that are encrypted twice: neither half opens alone, nothing can be changed, and every length is looked at."""

import os

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keyservice.crypto.ciphertext import MAX_BLOB, Header, parse_header
from keyservice.crypto.ciphertext_double import InnerCiphertextError, Outer, open_double, seal_double
from keyservice.errors import INVALID_CIPHERTEXT, ServiceError

OURS, HEADER_KEY = bytes(range(32)), bytes(32)
EXTERNAL = AESGCM(bytes([7]) * 32)
NAMES = ("1234abcd-12ab-34cd-56ef-1234567890ab", "0987dcba-09fe-87dc-65ba-ab0987654321")
CONTEXT = {"app": "web"}


def encrypt_outside(iv_length=12, metadata=b"v1", seen=None):
    def encrypt(inner, bound):
        if seen is not None:
            seen.append((inner, bound))
        iv = os.urandom(iv_length)
        sealed = EXTERNAL.encrypt(iv, inner, bound + metadata)
        return sealed[:-16], Outer(iv=iv, tag=sealed[-16:], metadata=metadata)

    return encrypt


def decrypt_outside(body, bound, outer):
    return EXTERNAL.decrypt(outer.iv, body + outer.tag, bound + outer.metadata)


def sealed(plaintext=b"text", *, encrypt=None, nonce=bytes(16), iv=bytes(12), context=CONTEXT):
    outside = encrypt or encrypt_outside()
    given = {"names": NAMES, "nonce": nonce, "iv": iv, "plaintext": plaintext, "context": context}
    return seal_double(OURS, HEADER_KEY, **given, encrypt=outside)


def opened(blob, key=OURS, context=CONTEXT, decrypt=decrypt_outside):
    return open_double(key, parse_header(HEADER_KEY, blob), context, decrypt)


@pytest.mark.parametrize("metadata", [b"", b"v1", b"x" * 20, b"\0"])
@pytest.mark.parametrize("iv_length", [12, 16])
@pytest.mark.parametrize("plaintext", [b"", b"text", bytes(4096)])
def test_decrypt_undoes_encrypt_whatever_the_external_key_manager_says_beside(plaintext, iv_length, metadata):
    blob = sealed(plaintext, encrypt=encrypt_outside(iv_length, metadata))
    assert plaintext == opened(blob)
    assert (True, 3) == (len(blob) <= MAX_BLOB, blob[0])


def test_the_external_key_manager_sees_neither_plaintext_nor_encryption_context():
    seen = []
    sealed(b"a plaintext to look for", encrypt=encrypt_outside(seen=seen))
    ((inner, bound),) = seen
    assert (False, 32, 16 + 23) == (b"plaintext" in inner, len(bound), len(inner))
    assert b"web" not in bound


def test_our_half_alone_does_not_open_it():
    blob = sealed()
    with pytest.raises(InnerCiphertextError):
        opened(blob, decrypt=lambda body, bound, outer: body)


def test_the_external_half_alone_does_not_open_it():
    with pytest.raises(InnerCiphertextError):
        opened(sealed(), key=bytes(32))


@pytest.mark.parametrize("lie", [b"", b"short", bytes(15), bytes(20), bytes(4096)])
def test_whatever_else_is_decrypted_outside_is_no_plaintext(lie):
    with pytest.raises(InnerCiphertextError):
        opened(sealed(), decrypt=lambda body, bound, outer: lie)


def test_an_external_key_manager_that_ignores_what_it_is_given_does_not_loosen_the_encryption_context():
    blob, kept = sealed(), []
    opened(blob, decrypt=lambda body, bound, outer: kept.append(decrypt_outside(body, bound, outer)) or kept[0])
    with pytest.raises(InnerCiphertextError):
        opened(blob, context={"app": "other"}, decrypt=lambda body, bound, outer: kept[0])


def test_no_byte_of_the_header_can_be_changed_and_a_changed_body_is_another_inner_ciphertext():
    blob = sealed()
    body_at = len(blob) - len(b"text") - 16
    for position in range(len(blob)):
        changed = blob[:position] + bytes([blob[position] ^ 1]) + blob[position + 1 :]
        if position < body_at:
            with pytest.raises(ServiceError) as refusal:
                parse_header(HEADER_KEY, changed)
            assert INVALID_CIPHERTEXT is refusal.value.kind
        else:
            with pytest.raises(InnerCiphertextError):
                # An external key manager that looks at no tag.
                opened(changed, decrypt=lambda body, bound, outer: stream(outer, body))


def stream(outer, body):
    """The external key's stream on a text: AES-GCM without its tag."""
    keystream = EXTERNAL.encrypt(outer.iv, bytes(len(body)), b"")[: len(body)]
    return bytes(one ^ other for one, other in zip(body, keystream, strict=True))


def test_the_stream_of_the_test_is_the_external_key_s():
    assert b"text" == opened(sealed(), decrypt=lambda body, bound, outer: stream(outer, body))


@pytest.mark.parametrize("end", [0, 1, 2, 40, 100, -21, -1])
def test_a_cut_blob_is_refused(end):
    with pytest.raises((ServiceError, InnerCiphertextError)):
        opened(sealed()[:end], decrypt=lambda body, bound, outer: stream(outer, body))


def test_a_header_of_another_version_is_refused_before_anybody_is_asked():
    header = Header(version=1, key_id=NAMES[0], backing_key_id=NAMES[1], nonce=b"", iv=b"", encoded=b"", body=b"")
    with pytest.raises(ServiceError) as refusal:
        open_double(OURS, header, CONTEXT, decrypt_outside)
    assert INVALID_CIPHERTEXT is refusal.value.kind


@pytest.mark.parametrize(
    "outer",
    [
        Outer(iv=bytes(13), tag=bytes(16)),
        Outer(iv=bytes(12), tag=bytes(15)),
        Outer(iv=bytes(12), tag=bytes(16), metadata=bytes(21)),
    ],
)
def test_lengths_that_the_format_does_not_have_are_no_blob(outer):
    with pytest.raises(ValueError, match="the outer IV"):
        sealed(encrypt=lambda inner, bound: (inner, outer))


def test_neither_is_another_length_of_anything_else():
    outer = Outer(iv=bytes(12), tag=bytes(16))
    for given in ({"nonce": bytes(15)}, {"iv": bytes(13)}, {"encrypt": lambda inner, bound: (inner + b"x", outer)}):
        with pytest.raises(ValueError, match=r"bytes|length"):
            sealed(**given)
    with pytest.raises(ValueError, match="at most 6144"):
        sealed(bytes(6000))
