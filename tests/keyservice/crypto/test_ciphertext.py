"""The ciphertext blob: its exact format, its limits, and one failure a test."""

import hmac
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keyservice.crypto.ciphertext import Header, open_message, parse_header, seal_message
from keyservice.errors import INVALID_CIPHERTEXT, ServiceError

KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
BACKING_KEY_ID = "0987dcba-09fe-87dc-65ba-ab0987654321"
HEADER_KEY = bytes(range(32))
BACKING_KEY = bytes(range(32, 64))
CONTEXT = {"tenant": "blue", "app": "web"}


def seal(plaintext: bytes = b"hello", **changed: object) -> bytes:
    fixed: dict[str, object] = {
        "key_id": KEY_ID,
        "backing_key_id": BACKING_KEY_ID,
        "nonce": bytes([7]) * 16,
        "iv": bytes([9]) * 12,
        "plaintext": plaintext,
        "context": CONTEXT,
    }
    return seal_message(BACKING_KEY, HEADER_KEY, **(fixed | changed))  # type: ignore[arg-type] # a test's mixture


def lp(x: bytes) -> bytes:
    return len(x).to_bytes(4, "big") + x


def assert_refused(blob: bytes, header_key: bytes = HEADER_KEY) -> None:
    with pytest.raises(ServiceError) as refusal:
        open_message(BACKING_KEY, parse_header(header_key, blob), CONTEXT)
    assert (INVALID_CIPHERTEXT, "", None) == (refusal.value.kind, refusal.value.message, refusal.value.secondary)


def test_the_blob_is_the_construction_written_out_by_hand():
    names = lp(KEY_ID.encode()) + lp(BACKING_KEY_ID.encode())
    nonce, iv = bytes([7]) * 16, bytes([9]) * 12
    opening = b"\x01" + names + nonce + iv
    header = opening + hmac.digest(HEADER_KEY, opening, "sha256")[:16]
    fixed_input = b"wardkey/v1/message\0" + names + nonce + (256).to_bytes(4, "big")
    message_key = hmac.digest(BACKING_KEY, (1).to_bytes(4, "big") + fixed_input, "sha256")
    context = (2).to_bytes(4, "big") + lp(b"app") + lp(b"web") + lp(b"tenant") + lp(b"blue")
    expected = header + AESGCM(message_key).encrypt(iv, b"hello", lp(header) + lp(context))
    assert expected == seal()


def test_the_format_of_version_1_never_changes():
    assert "87ae7c6d28b671ea3114041be5dc1afbfa05c3a867698fa4d3f33992fd106830" == sha256(seal()).hexdigest()


def test_a_blob_opens_to_its_plaintext():
    header = parse_header(HEADER_KEY, seal())
    assert (KEY_ID, BACKING_KEY_ID) == (header.key_id, header.backing_key_id)
    assert b"hello" == open_message(BACKING_KEY, header, CONTEXT)


def test_the_order_of_the_encryption_context_does_not_matter():
    header = parse_header(HEADER_KEY, seal())
    assert b"hello" == open_message(BACKING_KEY, header, dict(reversed(CONTEXT.items())))


@pytest.mark.parametrize(
    "context",
    [{}, {"app": "web"}, {"app": "Web", "tenant": "blue"}, CONTEXT | {"more": ""}, {"tenant": "web", "app": "blue"}],
)
def test_another_encryption_context_does_not_open(context):
    header = parse_header(HEADER_KEY, seal())
    with pytest.raises(ServiceError) as refusal:
        open_message(BACKING_KEY, header, context)
    assert INVALID_CIPHERTEXT is refusal.value.kind


def test_equal_material_in_another_key_does_not_open():
    theirs = parse_header(HEADER_KEY, seal())
    moved = {name: getattr(theirs, name) for name in Header.__dataclass_fields__} | {"key_id": "another-key"}
    with pytest.raises(ServiceError):
        open_message(BACKING_KEY, Header(**moved), CONTEXT)


def test_4096_bytes_of_plaintext_fit_aws_s_blob():
    assert 6144 >= len(seal(bytes(4096)))


def test_a_plaintext_too_long_for_a_blob_is_never_sealed():
    assert 6144 == len(seal(bytes(6144 - len(seal(b"")))))
    with pytest.raises(ValueError, match="at most 6144"):
        seal(bytes(6145 - len(seal(b""))))


@pytest.mark.parametrize(
    "changed",
    [{"nonce": bytes(15)}, {"iv": bytes(13)}, {"key_id": ""}, {"backing_key_id": "x" * 129}, {"key_id": "schlüssel"}],
)
def test_a_blob_that_could_not_be_read_again_is_never_sealed(changed):
    with pytest.raises(ValueError):
        seal(**changed)


def test_a_header_made_under_another_header_key_is_refused():
    assert_refused(seal(), header_key=bytes(32))


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"\x01",
        b"\x01\0\0",
        b"\x01" + bytes(8),
        b"\x01" + b"\xff" * 100,
        bytes(6145),
        b"\x01" + lp(b"a") + lp(b"b") + bytes(16 + 12 + 16 + 16),
    ],
    ids=["empty", "version alone", "half a length", "empty ids", "huge id", "too long", "no MAC"],
)
def test_what_is_no_blob_is_refused(blob):
    assert_refused(blob)


def test_an_unknown_version_is_refused_even_under_a_true_mac():
    blob = seal()
    header_length = 1 + 2 * (4 + 36) + 16 + 12
    opening = b"\x02" + blob[1:header_length]
    assert_refused(opening + hmac.digest(HEADER_KEY, opening, "sha256")[:16] + blob[header_length + 16 :])


def test_a_header_shows_no_part_of_the_message():
    shown = repr(parse_header(HEADER_KEY, seal()))
    assert f"Header(key_id='{KEY_ID}', backing_key_id='{BACKING_KEY_ID}')" == shown
