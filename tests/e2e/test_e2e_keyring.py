"""KMS keyrings of AWS's material providers library, with the AWS Encryption SDK for Python."""

import pytest
from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import (
    CreateAwsKmsKeyringInput,
    CreateAwsKmsRsaKeyringInput,
    CreateDefaultCryptographicMaterialsManagerInput,
    CreateMultiKeyringInput,
    CreateRequiredEncryptionContextCMMInput,
)
from aws_encryption_sdk import CommitmentPolicy, EncryptionSDKClient
from aws_encryption_sdk.exceptions import AWSEncryptionSDKClientError
from aws_encryption_sdk.identifiers import AlgorithmSuite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

TEXT = b"a file's text, and more than KMS encrypts by itself. " * 1000
WEB = {"app": "web", "tenant": "blue"}
CLIENT = EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
PROVIDERS = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig())


@pytest.fixture
def keyring_of(served):
    """Makes the keyring of a key, as a user has it."""

    def keyring(key, user="admin"):
        given = CreateAwsKmsKeyringInput(kms_key_id=key["Arn"], kms_client=served.client(user))
        return PROVIDERS.create_aws_kms_keyring(input=given)

    return keyring


def test_a_keyring_of_two_keys_encrypts_and_either_decrypts(make_key, keyring_of):
    key, second, stranger = make_key(), make_key(), make_key()
    both = PROVIDERS.create_multi_keyring(
        input=CreateMultiKeyringInput(generator=keyring_of(key), child_keyrings=[keyring_of(second)])
    )
    sealed, _ = CLIENT.encrypt(source=TEXT, keyring=both, encryption_context=WEB)
    for one in (key, second):
        opened, header = CLIENT.decrypt(source=sealed, keyring=keyring_of(one), encryption_context=WEB)
        assert (TEXT, "web") == (opened, header.encryption_context["app"])
    refused = [(keyring_of(stranger), WEB), (keyring_of(key, "nobody"), WEB), (keyring_of(key), {"app": "mail"})]
    for keyring, context in refused:
        with pytest.raises(AWSEncryptionSDKClientError):
            CLIENT.decrypt(source=sealed, keyring=keyring, encryption_context=context)


def test_a_context_that_is_not_in_the_message_must_be_given_again(make_key, keyring_of):
    keyring = keyring_of(make_key())
    default = PROVIDERS.create_default_cryptographic_materials_manager(
        CreateDefaultCryptographicMaterialsManagerInput(keyring=keyring)
    )
    manager = PROVIDERS.create_required_encryption_context_cmm(
        CreateRequiredEncryptionContextCMMInput(underlying_cmm=default, required_encryption_context_keys=["tenant"])
    )
    sealed, _ = CLIENT.encrypt(source=TEXT, materials_manager=manager, encryption_context=WEB)
    assert b"tenant" not in sealed
    assert TEXT == CLIENT.decrypt(source=sealed, materials_manager=manager, encryption_context=WEB)[0]
    with pytest.raises(AWSEncryptionSDKClientError):
        CLIENT.decrypt(source=sealed, keyring=keyring)


def test_an_rsa_key_wraps_offline_and_unwraps_in_the_service(served, make_key):
    key = make_key(KeySpec="RSA_3072", KeyUsage="ENCRYPT_DECRYPT")
    public = load_der_public_key(served.client().get_public_key(KeyId=key["KeyId"])["PublicKey"])
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for algorithm in ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"):
        keyring = PROVIDERS.create_aws_kms_rsa_keyring(
            CreateAwsKmsRsaKeyringInput(
                kms_key_id=key["Arn"], kms_client=served.client(), public_key=pem, encryption_algorithm=algorithm
            )
        )
        sealed, _ = CLIENT.encrypt(
            source=TEXT,
            keyring=keyring,
            encryption_context=WEB,
            algorithm=AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY,
        )
        assert TEXT == CLIENT.decrypt(source=sealed, keyring=keyring)[0]
