"""Laws of the cryptography: what is sealed opens only as it was sealed, and no bit of it can be changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyservice.crypto.ciphertext import open_message, parse_header, seal_message
from keyservice.crypto.encoding import encode_context, length_prefixed
from keyservice.crypto.kbkdf import Purpose, derive
from keyservice.crypto.tokens import InvalidToken, open_token, seal_token
from keyservice.crypto.wrapping import RecordIdentity, UnwrapError, unwrap, wrap
from keyservice.errors import INVALID_CIPHERTEXT, ServiceError

HEADER_KEY = bytes(32)
PARENT = bytes([1]) * 32
RECORD = RecordIdentity(type="backing-key", root_id="root", key_id="key")

keys = st.binary(min_size=32, max_size=32)
ids = st.text(st.characters(codec="ascii"), min_size=1, max_size=128)
texts = st.text(st.characters(), max_size=6)  # lone surrogates too
contexts = st.dictionaries(texts, texts, max_size=4)
nonces = st.binary(min_size=16, max_size=16)
ivs = st.binary(min_size=12, max_size=12)
plaintexts = st.binary(max_size=100)


def assert_refused(backing_key: bytes, blob: bytes, context: dict[str, str]) -> None:
    with pytest.raises(ServiceError) as refusal:
        open_message(backing_key, parse_header(HEADER_KEY, blob), context)
    assert (INVALID_CIPHERTEXT, "", None) == (refusal.value.kind, refusal.value.message, refusal.value.secondary)


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@given(keys, ids, ids, nonces, ivs, st.binary(max_size=4096), contexts)
def test_decrypt_undoes_encrypt(key, key_id, backing_key_id, nonce, iv, plaintext, context):
    blob = seal_message(
        key,
        HEADER_KEY,
        key_id=key_id,
        backing_key_id=backing_key_id,
        nonce=nonce,
        iv=iv,
        plaintext=plaintext,
        context=context,
    )
    header = parse_header(HEADER_KEY, blob)
    assert (key_id, backing_key_id) == (header.key_id, header.backing_key_id)
    assert plaintext == open_message(key, header, context)
    assert len(blob) <= 6144


BLOB_NAMES = st.tuples(keys, st.sampled_from(["a", "ab", "b"]), st.sampled_from(["b", "bc", "c"]), contexts)


@given(BLOB_NAMES, BLOB_NAMES)
def test_decrypt_undoes_encrypt_only_under_the_same_names_keys_and_context(sealed, opened):
    def blob(key: bytes, key_id: str, backing_key_id: str, context: dict[str, str]) -> bytes:
        return seal_message(
            key,
            HEADER_KEY,
            key_id=key_id,
            backing_key_id=backing_key_id,
            nonce=bytes(16),
            iv=bytes(12),
            plaintext=b"text",
            context=context,
        )

    theirs, ours = blob(*sealed), blob(*opened)
    assert (sealed == opened) == (theirs == ours)
    if sealed != opened:
        # The body of one message behind the header of the other.
        assert_refused(opened[0], ours[:-20] + theirs[-20:], opened[3])


@given(BLOB_NAMES, contexts)
def test_no_other_encryption_context_opens_a_blob(names, other):
    key, key_id, backing_key_id, context = names
    blob = seal_message(
        key,
        HEADER_KEY,
        key_id=key_id,
        backing_key_id=backing_key_id,
        nonce=bytes(16),
        iv=bytes(12),
        plaintext=b"text",
        context=context,
    )
    if other != context:
        assert_refused(key, blob, other)


BLOB = seal_message(
    PARENT,
    HEADER_KEY,
    key_id="1234abcd-12ab-34cd-56ef-1234567890ab",
    backing_key_id="0987dcba-09fe-87dc-65ba-ab0987654321",
    nonce=b"n" * 16,
    iv=b"i" * 12,
    plaintext=b"text",
    context={"app": "web"},
)
WRAPPED = wrap(PARENT, RECORD, salt=b"s" * 16, iv=b"i" * 12, material=b"m" * 32)
TOKEN = seal_token(PARENT, Purpose.SESSION, b"session", salt=b"s" * 16, iv=b"i" * 12)


@pytest.mark.parametrize("byte", range(len(BLOB)))
def test_no_bit_of_a_blob_can_be_flipped(byte):
    for bit in range(8):
        assert_refused(PARENT, flipped(BLOB, byte * 8 + bit), {"app": "web"})


@pytest.mark.parametrize("byte", range(len(WRAPPED)))
def test_no_bit_of_a_wrapped_record_can_be_flipped(byte):
    for bit in range(8):
        with pytest.raises(UnwrapError):
            unwrap(PARENT, RECORD, flipped(WRAPPED, byte * 8 + bit))


@pytest.mark.parametrize("byte", range(len(TOKEN)))
def test_no_bit_of_a_token_can_be_flipped(byte):
    for bit in range(8):
        text = flipped(TOKEN.encode(), byte * 8 + bit).decode("latin-1")
        with pytest.raises(InvalidToken):
            open_token(PARENT, Purpose.SESSION, text)


def test_whatever_is_cut_short_is_refused():
    for end in range(len(BLOB)):
        assert_refused(PARENT, BLOB[:end], {"app": "web"})
    for end in range(len(WRAPPED)):
        with pytest.raises(UnwrapError):
            unwrap(PARENT, RECORD, WRAPPED[:end])
    for end in range(len(TOKEN)):
        with pytest.raises(InvalidToken):
            open_token(PARENT, Purpose.SESSION, TOKEN[:end])


@given(st.binary(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_whatever_is_made_longer_is_refused(more, more_text):
    assert_refused(PARENT, BLOB + more, {"app": "web"})
    assert_refused(PARENT, more + BLOB, {"app": "web"})
    with pytest.raises(UnwrapError):
        unwrap(PARENT, RECORD, WRAPPED + more)
    for text in (TOKEN + more_text, more_text + TOKEN):
        with pytest.raises(InvalidToken):
            open_token(PARENT, Purpose.SESSION, text)


@given(st.binary(max_size=200))
def test_bytes_out_of_nowhere_are_refused_as_a_changed_blob_is(noise):
    assert_refused(PARENT, noise, {})
    assert_refused(PARENT, b"\x01" + noise, {})
    assert_refused(PARENT, BLOB[:81] + noise, {"app": "web"})


@given(st.text(max_size=200))
def test_text_out_of_nowhere_is_no_token(noise):
    with pytest.raises(InvalidToken):
        open_token(PARENT, Purpose.SESSION, noise)


@given(contexts, contexts)
def test_the_encoding_of_the_encryption_context_is_injective(one, other):
    assert (one == other) == (encode_context(one) == encode_context(other))


@given(st.text("abc", max_size=4), st.integers(0, 4), st.integers(0, 4))
def test_moving_a_character_from_value_to_key_makes_another_context(text, here, there):
    one, other = ({text[:at]: text[at:]} for at in (here, there))
    assert (one == other) == (encode_context(one) == encode_context(other))


@given(st.lists(st.binary(max_size=5), max_size=4), st.lists(st.binary(max_size=5), max_size=4))
def test_length_prefixed_fields_do_not_run_into_each_other(one, other):
    written = [b"".join(map(length_prefixed, fields)) for fields in (one, other)]
    assert (one == other) == (written[0] == written[1])


@given(keys, st.sampled_from(Purpose), st.sampled_from(Purpose), st.binary(max_size=8), st.binary(max_size=8))
def test_derived_keys_differ_in_purpose_and_context(key, purpose, other_purpose, context, other_context):
    same = (purpose, context) == (other_purpose, other_context)
    assert same == (derive(key, purpose, context) == derive(key, other_purpose, other_context))


@given(keys, nonces, ivs, plaintexts)
def test_unwrap_undoes_wrap_and_open_undoes_seal(key, salt, iv, secret):
    assert secret == unwrap(key, RECORD, wrap(key, RECORD, salt=salt, iv=iv, material=secret))
    for purpose in (Purpose.SESSION, Purpose.MARKER):
        assert secret == open_token(key, purpose, seal_token(key, purpose, secret, salt=salt, iv=iv))
