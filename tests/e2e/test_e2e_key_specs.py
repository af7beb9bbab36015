"""Every key spec and usage through boto3, and through the AWS CLI."""

import base64

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key

from keyservice.crypto.specs import KEY_SPECS
from tests.e2e.conftest import code_of
from tests.e2e.test_e2e_aws_cli import aws

KINDS = [(spec, usage) for spec, row in KEY_SPECS.items() for usage in sorted(row.usages)]
MESSAGE = b"a message"


def signs(kms, key, algorithm):
    signed = kms.sign(KeyId=key, Message=MESSAGE, SigningAlgorithm=algorithm)["Signature"]
    sound = {"KeyId": key, "SigningAlgorithm": algorithm, "Signature": signed}
    assert kms.verify(Message=MESSAGE, **sound)["SignatureValid"]
    with pytest.raises(kms.exceptions.KMSInvalidSignatureException):
        kms.verify(Message=b"another", **sound)


def encrypts(kms, key, algorithm):
    blob = kms.encrypt(KeyId=key, Plaintext=MESSAGE, EncryptionAlgorithm=algorithm)["CiphertextBlob"]
    assert MESSAGE == kms.decrypt(KeyId=key, CiphertextBlob=blob, EncryptionAlgorithm=algorithm)["Plaintext"]


def makes_macs(kms, key, algorithm):
    mac = kms.generate_mac(KeyId=key, Message=MESSAGE, MacAlgorithm=algorithm)["Mac"]
    assert kms.verify_mac(KeyId=key, Message=MESSAGE, MacAlgorithm=algorithm, Mac=mac)["MacValid"]
    with pytest.raises(kms.exceptions.KMSInvalidMacException):
        kms.verify_mac(KeyId=key, Message=b"another", MacAlgorithm=algorithm, Mac=mac)


def agrees(kms, key, algorithm):
    public = kms.get_public_key(KeyId=key)["PublicKey"]
    shared = kms.derive_shared_secret(KeyId=key, KeyAgreementAlgorithm=algorithm, PublicKey=public)
    assert load_der_public_key(public).curve.key_size in {8 * len(shared["SharedSecret"]), 521}


def encapsulates(kms, key, algorithm):
    made = kms.encapsulate(KeyId=key, EncapsulationAlgorithm=algorithm)
    blob = made["SharedSecretCiphertextBlob"]
    opened = kms.decapsulate(KeyId=key, EncapsulationAlgorithm=algorithm, SharedSecretCiphertextBlob=blob)
    assert made["SharedSecret"] == opened["SharedSecret"]


WORK = {
    "SIGN_VERIFY": signs,
    "ENCRYPT_DECRYPT": encrypts,
    "GENERATE_VERIFY_MAC": makes_macs,
    "KEY_AGREEMENT": agrees,
    "ENCAPSULATE_DECAPSULATE": encapsulates,
}


@pytest.mark.parametrize(("spec", "usage"), KINDS)
def test_a_key_does_all_of_its_work_and_its_public_key_is_sound(served, spec, usage):
    kms = served.client()
    key = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]
    for algorithm in KEY_SPECS[spec].algorithms[usage]:
        WORK[usage](kms, key["KeyId"], algorithm)
    if KEY_SPECS[spec].is_asymmetric:
        load_der_public_key(kms.get_public_key(KeyId=key["Arn"])["PublicKey"])


def test_the_key_policy_and_the_state_hold_for_every_use(served, make_key):
    admin, nobody = served.client(), served.client("nobody")
    key = make_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    sound = {"KeyId": key["KeyId"], "Message": MESSAGE, "SigningAlgorithm": "ECDSA_SHA_256"}
    assert "AccessDeniedException" == code_of(nobody.sign, **sound)
    assert None is code_of(admin.sign, **sound)
    admin.disable_key(KeyId=key["KeyId"])
    assert "DisabledException" == code_of(admin.sign, **sound)
    assert None is code_of(admin.get_public_key, KeyId=key["KeyId"])


def test_envelope_encryption_with_a_data_key_pair(served, make_key):
    admin, key = served.client(), make_key()
    pair = admin.generate_data_key_pair(KeyId=key["KeyId"], KeyPairSpec="RSA_2048", EncryptionContext={"app": "web"})
    blob = pair["PrivateKeyCiphertextBlob"]
    opened = admin.decrypt(CiphertextBlob=blob, EncryptionContext={"app": "web"})
    assert pair["PrivateKeyPlaintext"] == opened["Plaintext"]
    moved = admin.re_encrypt(
        CiphertextBlob=blob, SourceEncryptionContext={"app": "web"}, DestinationKeyId=make_key()["KeyId"]
    )
    assert pair["PrivateKeyPlaintext"] == admin.decrypt(CiphertextBlob=moved["CiphertextBlob"])["Plaintext"]


def test_the_aws_cli_signs_and_verifies(served, tmp_path):
    def run(*arguments):
        status, told, error = aws(served, "admin", "kms", *arguments)
        assert (0, "") == (status, error)
        return told

    made = run("create-key", "--key-spec", "ECC_NIST_P256", "--key-usage", "SIGN_VERIFY")["KeyMetadata"]
    message, signature, public = (tmp_path / name for name in ("message", "signature", "public.der"))
    message.write_bytes(MESSAGE)
    given = ("--key-id", made["KeyId"], "--signing-algorithm", "ECDSA_SHA_256", "--message", f"fileb://{message}")
    signature.write_bytes(base64.b64decode(run("sign", *given)["Signature"]))
    public.write_bytes(base64.b64decode(run("get-public-key", "--key-id", made["KeyId"])["PublicKey"]))
    assert run("verify", *given, "--signature", f"fileb://{signature}")["SignatureValid"]
    load_der_public_key(public.read_bytes())
    message.write_bytes(b"another")
    status, _, error = aws(served, "admin", "kms", "verify", *given, "--signature", f"fileb://{signature}")
    assert (True, True) == (status != 0, "(KMSInvalidSignatureException)" in error)
