"""Tink's `awskms` as it is installed: a remote AEAD, envelope encryption, and keysets under a KMS key."""

import boto3
import pytest
import tink
from tink import aead, secret_key_access
from tink.integration import awskms

from tests.e2e.conftest import policy, statement, user_arn

TEXT = b"a file's text, and more than KMS encrypts by itself. " * 1000


@pytest.fixture(autouse=True)
def registered():
    aead.register()


@pytest.fixture
def remote(acting_as):
    """The AEAD of a KMS key, as a user has it."""

    def get(key, user="admin"):
        acting_as(user)
        uri = f"aws-kms://{key['Arn']}"
        return awskms.new_client(boto3_client=boto3.session.Session().client("kms"), key_uri=uri).get_aead(uri)

    return get


def test_the_remote_aead_binds_its_associated_data(make_key, remote):
    key = make_key()
    sealed = remote(key).encrypt(b"x", b"associated")
    assert b"x" == remote(key).decrypt(sealed, b"associated")
    for damaged, associated in ((sealed, b"another"), (sealed, b""), (sealed[:-1], b"associated")):
        with pytest.raises(tink.TinkError):
            remote(key).decrypt(damaged, associated)
    with pytest.raises(tink.TinkError, match="AccessDeniedException"):
        remote(key, user="nobody").decrypt(sealed, b"associated")
    with pytest.raises(tink.TinkError, match="IncorrectKeyException"):
        remote(make_key()).decrypt(sealed, b"associated")


def test_envelope_encryption_under_a_kms_key(make_key, remote):
    key = make_key()
    template = aead.aead_key_templates.AES256_GCM
    envelope = aead.KmsEnvelopeAead(template, remote(key))
    sealed = envelope.encrypt(TEXT, b"associated")
    assert TEXT == envelope.decrypt(sealed, b"associated")
    with pytest.raises(tink.TinkError):
        envelope.decrypt(sealed, b"another")
    with pytest.raises(tink.TinkError):
        aead.KmsEnvelopeAead(template, remote(key, user="nobody")).decrypt(sealed, b"associated")


def test_a_keyset_is_kept_under_a_kms_key_whose_policy_knows_its_associated_data(make_key, remote):
    # Tink's encryption context: `associatedData`, in hexadecimal.
    condition = {"StringEquals": {"kms:EncryptionContext:associatedData": b"keyset".hex()}}
    key = make_key(
        policy(
            statement("administer", user_arn("admin"), "kms:*"),
            statement("keysets", user_arn("bob"), ["kms:Encrypt", "kms:Decrypt"], Condition=condition),
        )
    )
    handle = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM)
    kept = tink.json_proto_keyset_format.serialize_encrypted(handle, remote(key, user="bob"), b"keyset")
    again = tink.json_proto_keyset_format.parse_encrypted(kept, remote(key, user="bob"), b"keyset")
    sealed = handle.primitive(aead.Aead).encrypt(TEXT, b"")
    assert TEXT == again.primitive(aead.Aead).decrypt(sealed, b"")
    assert [tink.json_proto_keyset_format.serialize(one, secret_key_access.TOKEN) for one in (handle,)]
    with pytest.raises(tink.TinkError, match="AccessDeniedException"):
        tink.json_proto_keyset_format.serialize_encrypted(handle, remote(key, user="bob"), b"other")
