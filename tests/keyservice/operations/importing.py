"""What a customer does to bring key material: wrap it with the library, import it."""

import base64
import os

from cryptography.hazmat.primitives.asymmetric.padding import MGF1
from cryptography.hazmat.primitives.asymmetric.padding import OAEP as PADDING
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tests.live import REGION

MATERIAL = bytes(range(32))
OAEP = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}


def encoded(data):
    return base64.b64encode(data).decode("ascii")


def wrap(public_key, algorithm, material):
    """The material under a public key (DER), by one of AWS's wrapping algorithms."""
    of = SHA1() if algorithm.endswith("SHA_1") else SHA256()
    public, padding = load_der_public_key(public_key), PADDING(MGF1(of), of, None)
    if algorithm.startswith("RSAES"):
        return public.encrypt(material, padding)
    aes_key = os.urandom(32)
    return public.encrypt(aes_key, padding) + aes_key_wrap_with_padding(aes_key, material)


def wrapped_for(service, key, material, *, region=REGION, **how):
    """A fresh import token of a key, and the material wrapped under its public key: members of ImportKeyMaterial."""
    how = {**OAEP, **how}
    given = service.call("GetParametersForImport", {"KeyId": key, **how}, region=region).json
    blob = wrap(base64.b64decode(given["PublicKey"]), how["WrappingAlgorithm"], material)
    return {"ImportToken": given["ImportToken"], "EncryptedKeyMaterial": encoded(blob)}


def import_into(service, key, material, *, valid_to=None, how=OAEP, region=REGION, **members):
    """Import material; the answer."""
    expiry = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"} if valid_to is None else {"ValidTo": valid_to}
    wrapped = wrapped_for(service, key, material, region=region, **how)
    return service.call("ImportKeyMaterial", {"KeyId": key, **wrapped, **expiry, **members}, region=region)
