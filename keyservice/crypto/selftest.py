"""Known-answer tests, run at start-up through the service's own functions: it refuses to serve if one fails.

Source: FIPS 140-3 Implementation Guidance, section 10.3.A, "Cryptographic Algorithm Self-Test Requirements".
"""

from collections.abc import Callable

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, Hash

from keyservice.crypto import selftest_import, selftest_pairs
from keyservice.crypto.kbkdf import counter_mode
from keyservice.crypto.mac import hmac_sha256


class SelfTestFailure(Exception):  # noqa: N818 - the name says what happened: a self-test failed
    """A primitive does not give its known answer: nothing that it computes can be trusted."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the self-test of {name} failed")


def sha256() -> bool:
    """FIPS 180-4 example "abc" (NIST, "SHA256 examples")."""
    digest = Hash(SHA256())
    digest.update(b"abc")
    return digest.finalize().hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def hmac() -> bool:
    """RFC 4231, test case 2."""
    mac = hmac_sha256(b"Jefe", b"what do ya want for nothing?")
    return mac.hex() == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


def kbkdf() -> bool:
    """NIST CAVP, SP 800-108 KDF vectors: counter mode, HMAC_SHA256, BEFORE_FIXED, RLEN=32_BITS, COUNT=0."""
    key = bytes.fromhex("dd1d91b7d90b2bd3138533ce92b272fbf8a369316aefe242e659cc0ae238afe0")
    fixed_input = bytes.fromhex(
        "01322b96b30acd197979444e468e1c5c6859bf1b1cf951b7e725303e237e46b864a145fab25e517b08f8683d0315bb2911d80a0e8aba17f3"
        "b413faac"
    )
    return counter_mode(key, fixed_input, 16).hex() == "10621342bfb0fd40046c0e29f2cfdbf0"


def gcm() -> bool:
    """NIST CAVP, GCM vectors, gcmEncryptExtIV256: 96-bit IV, 128-bit text, 160-bit AAD, Count = 0; and a wrong tag."""
    cipher = AESGCM(bytes.fromhex("83688deb4af8007f9b713b47cfa6c73e35ea7a3aa4ecdb414dded03bf7a0fd3a"))
    iv = bytes.fromhex("0b459724904e010a46901cf3")
    plaintext = bytes.fromhex("33d893a2114ce06fc15d55e454cf90c3")
    additional = bytes.fromhex("794a14ccd178c8ebfd1379dc704c5e208f9d8424")
    sealed = bytes.fromhex("cc66bee423e3fcd4c0865715e9586696" + "0fb291bd3dba94a1dfd8b286cfb97ac5")
    if cipher.encrypt(iv, plaintext, additional) != sealed or cipher.decrypt(iv, sealed, additional) != plaintext:
        return False
    try:
        cipher.decrypt(iv, sealed[:-1] + bytes([sealed[-1] ^ 1]), additional)
    except InvalidTag:
        return True
    return False


TESTS: tuple[tuple[str, Callable[[], bool]], ...] = (
    ("SHA-256", sha256),
    ("HMAC-SHA-256", hmac),
    ("the SP 800-108 KDF", kbkdf),
    ("AES-256-GCM", gcm),
    *selftest_pairs.TESTS,
    *selftest_import.TESTS,
)


def run() -> None:
    """Run them all.

    Raises:
        SelfTestFailure: on the first that fails.
    """
    for name, test in TESTS:
        try:
            is_right = test()
        except UnsupportedAlgorithm:
            is_right = False
        if not is_right:
            raise SelfTestFailure(name)
