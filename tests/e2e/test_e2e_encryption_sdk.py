"""The AWS Encryption SDK for Python as it is installed, told of the service by its environment alone."""

from collections import Counter

import pytest
from aws_encryption_sdk import (
    CachingCryptoMaterialsManager,
    CommitmentPolicy,
    DiscoveryAwsKmsMasterKeyProvider,
    EncryptionSDKClient,
    LocalCryptoMaterialsCache,
    StrictAwsKmsMasterKeyProvider,
)
from aws_encryption_sdk.exceptions import (
    DecryptKeyError,
    EncryptKeyError,
    GenerateKeyError,
    MasterKeyProviderError,
    SerializationError,
)
from aws_encryption_sdk.identifiers import Algorithm
from aws_encryption_sdk.key_providers.kms import DiscoveryFilter

from tests.e2e.conftest import policy, statement, user_arn
from tests.live import ACCOUNT, OTHER_ACCOUNT, ROOT

TEXT = b"a file's text, and more than KMS encrypts by itself. " * 1000
WEB = {"app": "web", "tenant": "größer"}
CLIENT = EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
USES_FOR_WEB = policy(
    statement("administer", ROOT, "kms:*"),
    statement(
        "use for web",
        user_arn("bob"),
        ["kms:GenerateDataKey", "kms:Decrypt"],
        Condition={"StringEquals": {"kms:EncryptionContext:app": "web"}},
    ),
)


@pytest.fixture
def provider_of(acting_as):
    """The SDK's view of KMS keys, as a user has it."""

    def provider(*keys, user="admin", **more):
        acting_as(user)
        return StrictAwsKmsMasterKeyProvider(key_ids=[key["Arn"] for key in keys], **more)

    return provider


def encrypt(provider, context=None, **more):
    sealed, _ = CLIENT.encrypt(source=TEXT, key_provider=provider, encryption_context=context or WEB, **more)
    return sealed


def test_each_of_several_keys_decrypts_and_another_key_or_caller_does_not(make_key, provider_of):
    key, second, stranger = make_key(), make_key(), make_key()
    # The data key comes from GenerateDataKey under the first, and goes through Encrypt under the second.
    sealed = encrypt(provider_of(key, second))
    for one in (key, second):
        opened, header = CLIENT.decrypt(source=sealed, key_provider=provider_of(one))
        assert (TEXT, True) == (opened, WEB.items() <= header.encryption_context.items())
    for provider in (provider_of(stranger), provider_of(key, user="nobody")):
        with pytest.raises(DecryptKeyError):
            CLIENT.decrypt(source=sealed, key_provider=provider)


@pytest.mark.parametrize("algorithm", [one for one in Algorithm if one.allowed])
def test_every_algorithm_suite_of_the_sdk_works(make_key, provider_of, algorithm):
    client = EncryptionSDKClient(
        commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT
        if algorithm.is_committing()
        else CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT
    )
    provider = provider_of(make_key())
    sealed, _ = client.encrypt(source=TEXT, key_provider=provider, algorithm=algorithm, encryption_context=WEB)
    assert TEXT == client.decrypt(source=sealed, key_provider=provider)[0]


def test_a_message_whose_context_was_changed_is_refused(make_key, provider_of):
    provider = provider_of(make_key())
    sealed = encrypt(provider)
    assert 1 == sealed.count(b"\0\3app\0\3web")
    with pytest.raises(DecryptKeyError):
        CLIENT.decrypt(source=sealed.replace(b"\0\3app\0\3web", b"\0\3app\0\3wed"), key_provider=provider)
    with pytest.raises(SerializationError):
        CLIENT.decrypt(source=sealed[:-1], key_provider=provider)


def test_the_key_policy_decides_by_the_message_s_context(make_key, provider_of):
    key = make_key(USES_FOR_WEB)
    bob = provider_of(key, user="bob")
    sealed = encrypt(bob)
    assert TEXT == CLIENT.decrypt(source=sealed, key_provider=bob)[0]
    with pytest.raises(GenerateKeyError) as refusal:
        encrypt(bob, {"app": "mail"})
    said = refusal.value.__cause__.response["Error"]
    assert ("AccessDeniedException", True) == (said["Code"], "kms:GenerateDataKey" in said["Message"])
    mail = encrypt(provider_of(key), {"app": "mail"})
    with pytest.raises(DecryptKeyError):
        CLIENT.decrypt(source=mail, key_provider=provider_of(key, user="bob"))


def test_the_second_key_s_policy_decides_over_encrypt(make_key, provider_of):
    with pytest.raises(EncryptKeyError):
        encrypt(provider_of(make_key(USES_FOR_WEB), make_key(USES_FOR_WEB), user="bob"))


def test_a_grant_token_lets_a_message_be_decrypted(served, make_key, provider_of):
    key = make_key(policy(statement("admin alone", user_arn("admin"), "kms:*")))
    sealed = encrypt(provider_of(key))
    grant = served.client().create_grant(
        KeyId=key["KeyId"],
        GranteePrincipal=user_arn("alice"),
        Operations=["Decrypt"],
        Constraints={"EncryptionContextSubset": WEB},
    )
    alice = provider_of(key, user="alice", grant_tokens=[grant["GrantToken"]])
    assert TEXT == CLIENT.decrypt(source=sealed, key_provider=alice)[0]


def test_discovery_decrypts_under_the_accounts_of_its_filter(make_key, provider_of, acting_as):
    sealed = encrypt(provider_of(make_key()))
    acting_as("admin")
    own, other = (
        DiscoveryAwsKmsMasterKeyProvider(discovery_filter=DiscoveryFilter(account_ids=(account,), partition="aws"))
        for account in (ACCOUNT, OTHER_ACCOUNT)
    )
    assert TEXT == CLIENT.decrypt(source=sealed, key_provider=own)[0]
    with pytest.raises(MasterKeyProviderError):
        CLIENT.decrypt(source=sealed, key_provider=other)


def test_cached_data_keys_ask_the_service_once(served, make_key, provider_of):
    key = make_key()
    manager = CachingCryptoMaterialsManager(
        master_key_provider=provider_of(key), cache=LocalCryptoMaterialsCache(10), max_age=60.0
    )
    sealed = [CLIENT.encrypt(source=b"x", materials_manager=manager, encryption_context=WEB)[0] for _ in range(5)]
    assert [b"x"] * 5 == [CLIENT.decrypt(source=one, materials_manager=manager)[0] for one in sealed]
    of_key = [event["eventName"] for event in served.events() if key["Arn"] in str(event.get("resources"))]
    assert {"GenerateDataKey": 1, "Decrypt": 1} == Counter(name for name in of_key if name != "CreateKey")


def test_a_disabled_key_gives_no_data_key_and_opens_none(served, make_key, provider_of):
    key = make_key()
    sealed = encrypt(provider_of(key))
    served.client().disable_key(KeyId=key["KeyId"])
    with pytest.raises(GenerateKeyError) as refusal:
        encrypt(provider_of(key))
    assert "DisabledException" == refusal.value.__cause__.response["Error"]["Code"]
    with pytest.raises(DecryptKeyError):
        CLIENT.decrypt(source=sealed, key_provider=provider_of(key))
