"""Known-answer tests of what unwraps imported key material, part of the self-tests at start-up.

Source: FIPS 140-3 Implementation Guidance, section 10.3.A. Of OAEP, which draws random numbers, a known ciphertext is
decrypted and a changed one refused.
"""

from collections.abc import Callable

from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.asymmetric import rsa

from keyservice.crypto import oaep
from keyservice.errors import ServiceError

_PRIME_1 = (
    "d32737e7267ffe1341b2d5c0d150a81b586fb3132bed2f8d5262864a9cb9f30af38be448598d413a172efb802c21acf1c11c520c2f26a4"
    "71dcad212eac7ca39d"
)
_PRIME_2 = (
    "cc8853d1d54da630fac004f471f281c7b8982d8224a490edbeb33d3e3d5cc93c4765703d1dd791642f1f116a0dd852be2419b2af72bfe9"
    "a030e860b0288b5d77"
)
_MESSAGE = "6628194e12073db03ba94cda9ef9532397d50dba79b987004afefe34"
_CIPHERTEXT = (
    "354fe67b4a126d5d35fe36c777791a3f7ba13def484e2d3908aff722fad468fb21696de95d0be911c2d3174f8afcc201035f7b6d8e6940"
    "2de5451618c21a535fa9d7bfc5b8dd9fc243f8cf927db31322d6e881eaa91a996170e657a05a266426d98c88003f8477c1227094a0d9fa"
    "1e8c4024309ce1ecccb5210035d47ac72e8a"
)


def rsa_oaep() -> bool:
    """RSA Security, "Test vectors for RSA-OAEP", example 1.1."""
    key, ciphertext = _private_key(), bytes.fromhex(_CIPHERTEXT)
    if oaep.decrypt(key, "RSAES_OAEP_SHA_1", ciphertext).hex() != _MESSAGE:
        return False
    try:
        oaep.decrypt(key, "RSAES_OAEP_SHA_1", _changed(ciphertext))
    except ServiceError:
        return True
    return False


def key_wrap() -> bool:
    """RFC 5649, section 6: 20 octets of key data under a 192-bit key; and a changed one."""
    key = bytes.fromhex("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8")
    wrapped = bytes.fromhex("138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a")
    material = keywrap.aes_key_unwrap_with_padding(key, wrapped)
    if material.hex() != "c37b7e6492584340bed12207808941155068f738":
        return False
    try:
        keywrap.aes_key_unwrap_with_padding(key, _changed(wrapped))
    except keywrap.InvalidUnwrap:
        return True
    return False


def _changed(sealed: bytes) -> bytes:
    return sealed[:-1] + bytes([sealed[-1] ^ 1])


def _private_key() -> rsa.RSAPrivateKey:
    p, q, exponent = int(_PRIME_1, 16), int(_PRIME_2, 16), 65537
    d = rsa.rsa_recover_private_exponent(exponent, p, q)
    dmp1, dmq1, iqmp = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    return rsa.RSAPrivateNumbers(p, q, d, dmp1, dmq1, iqmp, rsa.RSAPublicNumbers(exponent, p * q)).private_key()


TESTS: tuple[tuple[str, Callable[[], bool]], ...] = (
    ("RSA-OAEP", rsa_oaep),
    ("AES key wrap with padding", key_wrap),
)
