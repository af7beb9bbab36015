"""A token behind PKCS#11, on SoftHSM2: keys inside, sessions that break, tokens that vanish, threads."""

import ctypes
import ctypes.util
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from pkcs11 import Attribute, ObjectClass
from pkcs11.exceptions import AttributeSensitive

from keyservice.keystore.pkcs11_gcm import Gcm, GcmParameters
from keyservice.keystore.pkcs11_module import module_at
from keyservice.keystore.pkcs11_token import Pkcs11Token
from keyservice.keystore.token import NoSuchMaterialError, TokenError, UnfitTokenError, WrongCiphertextError
from keyservice.model.custom_key_store import ConnectionErrorCode
from tests.softhsm import PASSWORD, make_softhsm, needs_softhsm

pytestmark = needs_softhsm

ID, OTHER_ID = b"i" * 16, b"j" * 16


@pytest.fixture
def softhsm(tmp_path, monkeypatch):
    return make_softhsm(tmp_path / "softhsm", monkeypatch)


@pytest.fixture
def token(softhsm):
    token = softhsm.token()
    token.connect(PASSWORD)
    token.generate(ID)
    yield token
    token.disconnect()


def code_of(call, *given):
    with pytest.raises(TokenError) as refusal:
        call(*given)
    return refusal.value.code


def test_decrypt_undoes_encrypt_and_nothing_else_decrypts(token):
    iv, body = token.encrypt(ID, b"text", b"bound")
    assert (12, 20) == (len(iv), len(body))
    assert b"text" == token.decrypt(ID, iv, body, b"bound")
    token.generate(OTHER_ID)
    for given in (
        (ID, iv, body[:-1] + bytes([body[-1] ^ 1]), b"bound"),
        (ID, iv, body[:10], b"bound"),
        (ID, bytes(12), body, b"bound"),
        (ID, iv, body, b"other"),
        (OTHER_ID, iv, body, b"bound"),
    ):
        with pytest.raises(WrongCiphertextError):
            token.decrypt(*given)
    assert b"text" == token.decrypt(ID, iv, body, b"bound")


def test_the_same_message_never_gives_the_same_ciphertext(token):
    assert token.encrypt(ID, b"text", b"bound") != token.encrypt(ID, b"text", b"bound")


def test_a_key_is_256_bits_of_aes_that_never_leave(token):
    with token._working() as worker:
        (key,) = worker.session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.ID: ID})
        flags = (Attribute.SENSITIVE, Attribute.NEVER_EXTRACTABLE, Attribute.ALWAYS_SENSITIVE, Attribute.LOCAL)
        assert [True] * 4 == [key[flag] for flag in flags]
        assert (False, 32) == (key[Attribute.EXTRACTABLE], key[Attribute.VALUE_LEN])
        with pytest.raises(AttributeSensitive):
            key[Attribute.VALUE]


def test_a_destroyed_key_is_missing_and_may_be_destroyed_again(token):
    token.encrypt(ID, b"text", b"bound")
    token.destroy(ID)
    with pytest.raises(NoSuchMaterialError):
        token.encrypt(ID, b"text", b"bound")
    token.destroy(ID)


def test_random_bytes_have_the_length_asked_for(token):
    token.ping()
    assert [1, 32, 1024] == [len(token.random(length)) for length in (1, 32, 1024)]


def test_the_pin_is_asked_for_even_while_somebody_is_logged_in(softhsm, token):
    other = softhsm.token()
    assert ConnectionErrorCode.INVALID_CREDENTIALS == code_of(other.connect, "not-the-password")
    other.connect(PASSWORD)
    other.encrypt(ID, b"text", b"bound")
    # The library was started anew for that: earlier sessions are void, and say so instead of crashing.
    assert ConnectionErrorCode.NETWORK_ERRORS == code_of(token.encrypt, ID, b"text", b"bound")
    token.connect(PASSWORD)
    assert (12, 20) == tuple(map(len, token.encrypt(ID, b"text", b"bound")))


def test_a_token_that_is_not_connected_does_nothing(softhsm, token):
    token.disconnect()
    assert ConnectionErrorCode.NETWORK_ERRORS == code_of(token.random, 1)
    assert ConnectionErrorCode.NETWORK_ERRORS == code_of(softhsm.token().generate, ID)


def test_a_deleted_token_is_not_found_and_a_new_one_of_its_name_has_no_keys(softhsm, token):
    iv, body = token.encrypt(ID, b"text", b"bound")
    softhsm.delete()
    for call in (
        lambda: token.encrypt(ID, b"text", b"bound"),
        lambda: token.decrypt(ID, iv, body, b"bound"),
        lambda: token.encrypt(OTHER_ID, b"text", b"bound"),
        token.ping,
        lambda: token.connect(PASSWORD),
        token.check,
    ):
        assert ConnectionErrorCode.CLUSTER_NOT_FOUND == code_of(call)
    softhsm.create()
    token.connect(PASSWORD)
    with pytest.raises(NoSuchMaterialError):
        token.decrypt(ID, iv, body, b"bound")


def test_a_token_that_comes_back_decrypts_again(softhsm, token):
    iv, body = token.encrypt(ID, b"text", b"bound")
    softhsm.hide()
    assert ConnectionErrorCode.CLUSTER_NOT_FOUND == code_of(token.connect, PASSWORD)
    softhsm.show()
    token.connect(PASSWORD)
    assert b"text" == token.decrypt(ID, iv, body, b"bound")


def test_an_hsm_that_leaves_the_choice_of_the_iv_to_us_is_not_used_as_one_that_chooses(softhsm, token):
    careless = softhsm.token(iv="hsm")
    careless.connect(PASSWORD)
    with pytest.raises(UnfitTokenError, match="has chosen no IV"):
        careless.encrypt(ID, b"text", b"bound")


def test_the_iv_that_an_hsm_writes_into_the_parameters_is_read_back():
    parameters = Gcm(bytes(12), b"bound")
    given = GcmParameters.from_buffer_copy(parameters.encoded)
    assert (bytes(12), 12, 96, 5, 128) == (
        parameters.iv,
        given.iv_length,
        given.iv_bits,
        given.additional_data_length,
        given.tag_bits,
    )
    assert b"bound" == ctypes.string_at(given.additional_data, 5)
    ctypes.memmove(given.iv, b"chosen by it", 12)
    assert b"chosen by it" == parameters.iv


def test_a_module_that_is_none_is_no_cluster(tmp_path, softhsm):
    hsm = softhsm.settings().model_copy(update={"module": tmp_path / "none.so"})
    assert ConnectionErrorCode.CLUSTER_NOT_FOUND == code_of(
        Pkcs11Token(hsm, module_at(hsm.module, 1), os.urandom).check
    )


def test_many_threads_use_one_token_while_another_connects_and_none_crashes(softhsm, token):
    other = softhsm.token()

    def round_trip(number):
        text = str(number).encode()
        try:
            iv, body = token.encrypt(ID, text, b"bound")
            return text == token.decrypt(ID, iv, body, b"bound")
        except TokenError:
            token.connect(PASSWORD)  # the other one's login has ended ours
            return True

    with ThreadPoolExecutor(8) as pool:
        outcomes = pool.map(round_trip, range(2000))
        for _ in range(5):
            other.connect(PASSWORD)
        assert all(outcomes)


P11_KIT = "libp11-kit.so.0"


@pytest.mark.skipif(
    ctypes.util.find_library("p11-kit") is None, reason="p11-kit is not installed: apt-get install libp11-kit0"
)
def test_several_sessions_at_once_through_a_module_that_guards_itself(softhsm):
    """In a process of its own: p11-kit is a library over all the machine's libraries, SoftHSM among them."""
    program = f"""
import ctypes.util, os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from keyservice.keystore.pkcs11_module import Pkcs11Module
from keyservice.keystore.pkcs11_token import Pkcs11Token
from keyservice.settings import Hsm
module = Path({P11_KIT!r})
hsm = Hsm(cluster="cluster-aaaaaaaaaaa", module=module, token={softhsm.label!r}, sessions=4)
token = Pkcs11Token(hsm, Pkcs11Module(module, hsm.sessions), os.urandom)
token.connect({PASSWORD!r})
token.generate(b"k" * 16)
def round_trip(number):
    text = str(number).encode()
    return text == token.decrypt(b"k" * 16, *token.encrypt(b"k" * 16, text, b"bound"), b"bound")
with ThreadPoolExecutor(8) as pool:
    assert all(pool.map(round_trip, range(2000)))
print(len(token._idle) <= 4)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (0, "True\n") == (done.returncode, done.stdout), done.stderr
