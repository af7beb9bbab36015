"""Bringing key material as AWS's guide shows it: with boto3, with the AWS CLI and OpenSSL's commands."""

import base64
import datetime as dt
import hmac
import os
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.e2e.conftest import code_of
from tests.e2e.test_e2e_aws_cli import aws
from tests.keyservice.operations.importing import wrap

FOREVER = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}


def bring(kms, key, material, *, algorithm="RSAES_OAEP_SHA_256", spec="RSA_3072", **members):
    given = kms.get_parameters_for_import(KeyId=key, WrappingAlgorithm=algorithm, WrappingKeySpec=spec)
    return kms.import_key_material(
        KeyId=key,
        ImportToken=given["ImportToken"],
        EncryptedKeyMaterial=wrap(given["PublicKey"], algorithm, material),
        **(members or FOREVER),
    )


def pkcs8(private):
    return private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture
def kms(served):
    return served.client()


def test_a_symmetric_key_lives_with_its_customers_material(kms):
    key = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    first, second = os.urandom(32), os.urandom(32)
    soon = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(days=30)
    expiring = {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": soon}
    answer = bring(kms, key, first, **expiring, KeyMaterialDescription="vault/1")
    shown = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert ("Enabled", soon, answer["KeyMaterialId"]) == (
        shown["KeyState"],
        shown["ValidTo"],
        shown["CurrentKeyMaterialId"],
    )
    blob = kms.encrypt(KeyId=key, Plaintext=b"text")["CiphertextBlob"]
    kms.delete_imported_key_material(KeyId=key)
    with pytest.raises(kms.exceptions.KMSInvalidStateException):
        kms.decrypt(CiphertextBlob=blob)
    with pytest.raises(kms.exceptions.IncorrectKeyMaterialException):
        bring(kms, key, second)
    bring(kms, key, first)
    assert b"text" == kms.decrypt(CiphertextBlob=blob)["Plaintext"]
    new = bring(kms, key, second, **FOREVER, ImportType="NEW_KEY_MATERIAL")["KeyMaterialId"]
    kms.rotate_key_on_demand(KeyId=key)
    assert new == kms.describe_key(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"]
    assert b"text" == kms.decrypt(CiphertextBlob=blob)["Plaintext"]


def test_the_errors_are_those_of_the_sdk_s_model(kms):
    key = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    given = kms.get_parameters_for_import(KeyId=key, WrappingAlgorithm="RSAES_OAEP_SHA_1", WrappingKeySpec="RSA_2048")
    sound = {"KeyId": key, "ImportToken": given["ImportToken"], **FOREVER}
    with pytest.raises(kms.exceptions.InvalidCiphertextException):
        kms.import_key_material(**sound, EncryptedKeyMaterial=bytes(256))
    with pytest.raises(kms.exceptions.InvalidImportTokenException):
        kms.import_key_material(**{**sound, "ImportToken": b"token"}, EncryptedKeyMaterial=bytes(256))
    deprecated = {"KeyId": key, "WrappingAlgorithm": "RSAES_PKCS1_V1_5", "WrappingKeySpec": "RSA_2048"}
    assert "UnsupportedOperationException" == code_of(kms.get_parameters_for_import, **deprecated)
    assert "ValidationException" == code_of(
        kms.import_key_material, KeyId=key, ImportToken=given["ImportToken"], EncryptedKeyMaterial=bytes(256)
    )


def test_an_rsa_key_signs_as_its_customer_does(kms):
    private = rsa.generate_private_key(65537, 2048)
    key = kms.create_key(Origin="EXTERNAL", KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    bring(kms, key, pkcs8(private), algorithm="RSA_AES_KEY_WRAP_SHA_1", spec="RSA_4096")
    signed = kms.sign(KeyId=key, Message=b"text", SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256")["Signature"]
    assert signed == private.sign(b"text", PKCS1v15(), SHA256())


def test_an_elliptic_curve_key_verifies_what_its_customer_signed(kms):
    private = ec.generate_private_key(ec.SECP384R1())
    made = kms.create_key(Origin="EXTERNAL", KeySpec="ECC_NIST_P384", KeyUsage="SIGN_VERIFY")
    key = made["KeyMetadata"]["KeyId"]
    bring(kms, key, pkcs8(private))
    signature = private.sign(b"text", ec.ECDSA(SHA384()))
    answer = kms.verify(KeyId=key, Message=b"text", Signature=signature, SigningAlgorithm="ECDSA_SHA_384")
    assert answer["SignatureValid"]


def test_an_hmac_key_makes_its_customers_macs(kms):
    made = kms.create_key(Origin="EXTERNAL", KeySpec="HMAC_512", KeyUsage="GENERATE_VERIFY_MAC")
    key, material = made["KeyMetadata"]["KeyId"], os.urandom(64)
    bring(kms, key, material)
    mac = kms.generate_mac(KeyId=key, Message=b"text", MacAlgorithm="HMAC_SHA_512")["Mac"]
    assert hmac.digest(material, b"text", "sha512") == mac


OPENSSL = shutil.which("openssl")
OAEP = ("-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256", "-pkeyopt", "rsa_mgf1_md:sha256")


def openssl(place, *arguments):
    subprocess.run([OPENSSL, *arguments], cwd=place, check=True, capture_output=True)


def wrap_with_openssl(place, algorithm):
    """KMS Developer Guide, "Encrypt the key material": the commands of its examples."""
    under = ("-inkey", "public.bin", "-keyform", "DER", "-pubin", *OAEP)
    if algorithm.startswith("RSAES"):
        openssl(place, "pkeyutl", "-encrypt", "-in", "plain.bin", "-out", "wrapped.bin", *under)
        return
    openssl(place, "rand", "-out", "aes.bin", "32")
    aes_key = (place / "aes.bin").read_bytes().hex()
    wrapping = ("-id-aes256-wrap-pad", "-K", aes_key, "-iv", "A65959A6")
    openssl(place, "enc", *wrapping, "-in", "plain.bin", "-out", "material.bin")
    openssl(place, "pkeyutl", "-encrypt", "-in", "aes.bin", "-out", "aes-wrapped.bin", *under)
    (place / "wrapped.bin").write_bytes(
        (place / "aes-wrapped.bin").read_bytes() + (place / "material.bin").read_bytes()
    )


def wrap_with_the_library(place, algorithm):
    wrapped = wrap((place / "public.bin").read_bytes(), algorithm, (place / "plain.bin").read_bytes())
    (place / "wrapped.bin").write_bytes(wrapped)


@pytest.mark.parametrize("algorithm", ["RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_256"])
def test_the_guides_commands_import_a_key(served, tmp_path, algorithm):
    """The AWS CLI downloads and imports; OpenSSL wraps, where there is one."""

    def run(command, *arguments):
        status, answer, told = aws(served, "admin", "kms", command, *arguments)
        assert (0, "") == (status, told)
        return answer

    key = run("create-key", "--origin", "EXTERNAL")["KeyMetadata"]["KeyId"]
    how = ("--wrapping-algorithm", algorithm, "--wrapping-key-spec", "RSA_3072")
    given = run("get-parameters-for-import", "--key-id", key, *how)
    (tmp_path / "public.bin").write_bytes(base64.b64decode(given["PublicKey"]))
    (tmp_path / "token.bin").write_bytes(base64.b64decode(given["ImportToken"]))
    (tmp_path / "plain.bin").write_bytes(os.urandom(32))
    (wrap_with_openssl if OPENSSL else wrap_with_the_library)(tmp_path, algorithm)
    token = ("--import-token", f"fileb://{tmp_path}/token.bin")
    material = ("--encrypted-key-material", f"fileb://{tmp_path}/wrapped.bin")
    soon = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).isoformat()
    expiry = ("--expiration-model", "KEY_MATERIAL_EXPIRES", "--valid-to", soon)
    imported = run("import-key-material", "--key-id", key, *token, *material, *expiry)
    shown = run("describe-key", "--key-id", key)["KeyMetadata"]
    assert ("Enabled", imported["KeyMaterialId"]) == (shown["KeyState"], shown["CurrentKeyMaterialId"])
