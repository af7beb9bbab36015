"""The start-up self-tests."""

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import keywrap

from keyservice.crypto import agreement, oaep, selftest, selftest_import, selftest_pairs, signing
from keyservice.errors import KMS_INVALID_SIGNATURE


def test_the_self_tests_pass():
    selftest.run()


@pytest.mark.parametrize("name", [name for name, _ in selftest.TESTS])
def test_a_self_test_that_fails_is_named(monkeypatch, name):
    tests = tuple((other, (lambda: False) if other == name else test) for other, test in selftest.TESTS)
    monkeypatch.setattr(selftest, "TESTS", tests)
    with pytest.raises(selftest.SelfTestFailure, match=f"^the self-test of {name} failed$"):
        selftest.run()


def test_a_primitive_that_the_library_was_built_without_is_named(monkeypatch):
    def without():
        raise UnsupportedAlgorithm("ML-KEM")

    monkeypatch.setattr(selftest, "TESTS", (("ML-KEM", without),))
    with pytest.raises(selftest.SelfTestFailure, match=r"^the self-test of ML-KEM failed$"):
        selftest.run()


@pytest.mark.parametrize(("name", "test"), [("hmac_sha256", selftest.hmac), ("counter_mode", selftest.kbkdf)])
def test_a_primitive_with_a_wrong_answer_is_noticed(monkeypatch, name, test):
    monkeypatch.setattr(selftest, name, lambda *_: bytes(32))
    assert not test()


@pytest.mark.parametrize("fault", ["encrypts wrongly", "decrypts wrongly", "accepts every tag"])
def test_a_gcm_that_is_wrong_in_any_way_is_noticed(monkeypatch, fault):
    class Broken:
        def __init__(self, key: bytes) -> None:
            self.real = selftest_gcm(key)

        def encrypt(self, *arguments: bytes) -> bytes:
            return b"" if fault == "encrypts wrongly" else self.real.encrypt(*arguments)

        def decrypt(self, iv: bytes, sealed: bytes, additional: bytes) -> bytes:
            if fault == "accepts every tag" and sealed[-1] == 0xC4:
                return b""
            return b"" if fault == "decrypts wrongly" else self.real.decrypt(iv, sealed, additional)

    selftest_gcm = selftest.AESGCM
    monkeypatch.setattr(selftest, "AESGCM", Broken)
    assert not selftest.gcm()


def test_a_hash_with_a_wrong_answer_is_noticed(monkeypatch):
    class Broken:
        def __init__(self, *_: object) -> None:
            self.updated = b""

        def update(self, data: bytes) -> None:
            self.updated += data

        def finalize(self) -> bytes:
            return self.updated

    monkeypatch.setattr(selftest, "Hash", Broken)
    assert not selftest.sha256()


def accept(*_):
    """A verification that takes everything."""


def refuse(*_):
    raise KMS_INVALID_SIGNATURE()


@pytest.mark.parametrize("verify", [accept, refuse])
@pytest.mark.parametrize("name", ["rsa", "ecdsa", "ed25519", "ml_dsa"])
def test_a_verification_that_takes_everything_or_nothing_is_noticed(monkeypatch, name, verify):
    monkeypatch.setattr(signing, "verify", verify)
    assert not getattr(selftest_pairs, name)()


@pytest.mark.parametrize(
    ("module", "function", "test"),
    [
        (signing, "sign", selftest_pairs.ed25519),
        (agreement, "agree", selftest_pairs.ecdh),
        (agreement, "decapsulate", selftest_pairs.ml_kem),
    ],
)
def test_a_wrong_signature_or_secret_is_noticed(monkeypatch, module, function, test):
    monkeypatch.setattr(module, function, lambda *_: bytes(32))
    assert not test()


@pytest.mark.parametrize(
    ("module", "function", "test"),
    [
        (oaep, "decrypt", selftest_import.rsa_oaep),
        (keywrap, "aes_key_unwrap_with_padding", selftest_import.key_wrap),
    ],
)
@pytest.mark.parametrize("fault", ["wrong answer", "takes everything"])
def test_an_unwrapping_that_is_wrong_in_any_way_is_noticed(monkeypatch, module, function, test, fault):
    known = {}
    real = getattr(module, function)

    def broken(*arguments):
        if fault == "wrong answer":
            return bytes(20)
        known.setdefault("answer", real(*arguments) if not known else None)
        return known["answer"]

    monkeypatch.setattr(module, function, broken)
    assert not test()
