"""A peer's public key has its point uncompressed or compressed, never in the hybrid form (RFC 5480, section 2.2)."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from keyservice.crypto.agreement import agree
from keyservice.errors import VALIDATION, ServiceError

OWN = ec.derive_private_key(5, ec.SECP256R1())
PEER = ec.derive_private_key(7, ec.SECP256R1()).public_key()
UNCOMPRESSED = PEER.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
POINT = len(UNCOMPRESSED) - 65


def test_an_uncompressed_and_a_compressed_point_give_the_same_secret() -> None:
    point = PEER.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    # The two lengths in front of the point shrink by the 32 bytes of y.
    header = bytearray(UNCOMPRESSED[:POINT])
    header[1] -= 32
    header[POINT - 2] -= 32
    assert agree(OWN, UNCOMPRESSED) == agree(OWN, bytes(header) + point)


@pytest.mark.parametrize("form", [0x06, 0x07])
def test_a_hybrid_point_is_refused(form: int) -> None:
    hybrid = UNCOMPRESSED[:POINT] + bytes([form]) + UNCOMPRESSED[POINT + 1 :]
    with pytest.raises(ServiceError) as refused:
        agree(OWN, hybrid)
    assert VALIDATION is refused.value.kind
