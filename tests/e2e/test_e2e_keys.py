"""Keys through boto3: how they are named, what their states let through, what Encrypt and Decrypt hold to."""

from dataclasses import replace

import pytest

from keyservice.model.key import KeyState
from tests.e2e.conftest import code_of, refusal_of
from tests.live import ACCOUNT, REGION


def test_a_key_goes_by_id_arn_alias_name_and_alias_arn(served, make_key):
    admin = served.client()
    key = make_key()
    admin.create_alias(AliasName="alias/names", TargetKeyId=key["Arn"])
    alias_arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/names"
    for name in (key["KeyId"], key["Arn"], "alias/names", alias_arn):
        blob = admin.encrypt(KeyId=name, Plaintext=b"x")
        assert key["Arn"] == blob["KeyId"]
        assert b"x" == admin.decrypt(CiphertextBlob=blob["CiphertextBlob"], KeyId=name)["Plaintext"]
        assert key["Arn"] == admin.describe_key(KeyId=name)["KeyMetadata"]["Arn"]
        assert key["Arn"] == admin.generate_data_key(KeyId=name, KeySpec="AES_128")["KeyId"]
    listed = admin.list_aliases(KeyId=key["KeyId"])["Aliases"]
    assert [("alias/names", alias_arn, key["KeyId"])] == [
        (alias["AliasName"], alias["AliasArn"], alias["TargetKeyId"]) for alias in listed
    ]
    for name in ("alias/names", alias_arn):
        assert "InvalidArnException" == code_of(admin.disable_key, KeyId=name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nope", "Invalid keyId 'nope'"),
        (
            "00000000-0000-4000-8000-000000000000",
            f"Key 'arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-4000-8000-000000000000' does not exist",
        ),
        ("alias/none", f"Alias arn:aws:kms:{REGION}:{ACCOUNT}:alias/none is not found."),
        (f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/00000000-0000-4000-8000-000000000000", "Invalid arn eu-west-1"),
        (f"arn:aws:s3:{REGION}:{ACCOUNT}:key/x", f"Invalid arn arn:aws:s3:{REGION}:{ACCOUNT}:key/x"),
        ("arn:aws:kms", "Invalid arn arn:aws:kms"),
    ],
)
def test_a_key_that_is_not_there_is_not_found(served, name, message):
    admin = served.client()
    assert ("NotFoundException", message) == refusal_of(admin.describe_key, KeyId=name)
    assert ("NotFoundException", message) == refusal_of(admin.encrypt, KeyId=name, Plaintext=b"x")


def test_aliases_are_checked_and_given_once(served, make_key):
    admin = served.client()
    key = make_key()["KeyId"]
    admin.create_alias(AliasName="alias/once", TargetKeyId=key)
    assert "AlreadyExistsException" == code_of(admin.create_alias, AliasName="alias/once", TargetKeyId=key)
    assert "InvalidAliasNameException" == code_of(admin.create_alias, AliasName="alias/aws/ebs", TargetKeyId=key)
    assert "InvalidAliasNameException" == code_of(admin.create_alias, AliasName="alias/", TargetKeyId=key)
    assert "ValidationException" == code_of(admin.create_alias, AliasName="once", TargetKeyId=key)
    assert "ValidationException" == code_of(admin.create_alias, AliasName="alias/a b", TargetKeyId=key)


def test_encrypt_takes_4096_bytes_and_no_more(served, make_key):
    admin = served.client()
    key = make_key()["KeyId"]
    whole = bytes(range(256)) * 16
    blob = admin.encrypt(KeyId=key, Plaintext=whole)["CiphertextBlob"]
    assert whole == admin.decrypt(CiphertextBlob=blob)["Plaintext"]
    assert (
        "ValidationException",
        (
            "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length "
            "less than or equal to 4096"
        ),
    ) == refusal_of(admin.encrypt, KeyId=key, Plaintext=whole + b"x")


def test_the_encryption_context_is_authenticated(served, make_key):
    admin = served.client()
    key = make_key()["KeyId"]
    context = {"app": "web", "path": "/a"}
    blob = admin.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext=context)["CiphertextBlob"]
    assert b"x" == admin.decrypt(CiphertextBlob=blob, EncryptionContext=dict(reversed(context.items())))["Plaintext"]
    for other in ({}, {"app": "web"}, {"App": "web", "path": "/a"}, {**context, "more": "1"}, {"apppath": "web/a"}):
        assert ("InvalidCiphertextException", "") == refusal_of(
            admin.decrypt, CiphertextBlob=blob, EncryptionContext=other
        )


def test_a_ciphertext_of_which_any_byte_is_changed_is_refused_alike(served, make_key):
    admin = served.client()
    blob = admin.encrypt(KeyId=make_key()["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    for place in range(0, len(blob), 7):
        changed = blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :]
        assert ("InvalidCiphertextException", "") == refusal_of(admin.decrypt, CiphertextBlob=changed)
    for changed in (blob[:-1], blob + b"x", b"x"):
        assert ("InvalidCiphertextException", "") == refusal_of(admin.decrypt, CiphertextBlob=changed)


def test_decrypt_under_another_key_than_the_ciphertexts_is_refused(served, make_key):
    admin = served.client()
    blob = admin.encrypt(KeyId=make_key()["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    assert "IncorrectKeyException" == code_of(admin.decrypt, CiphertextBlob=blob, KeyId=make_key()["KeyId"])


def test_data_keys_have_the_length_asked_for_and_decrypt_to_themselves(served, make_key):
    admin = served.client()
    key = make_key()["KeyId"]
    for how, length in (({"KeySpec": "AES_256"}, 32), ({"KeySpec": "AES_128"}, 16), ({"NumberOfBytes": 1024}, 1024)):
        made = admin.generate_data_key(KeyId=key, **how)
        assert length == len(made["Plaintext"])
        assert made["Plaintext"] == admin.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"]
    assert "ValidationException" == code_of(admin.generate_data_key, KeyId=key)
    both = {"KeySpec": "AES_256", "NumberOfBytes": 32}
    assert "ValidationException" == code_of(admin.generate_data_key, KeyId=key, **both)


def test_a_dry_run_tells_and_does_nothing(served, make_key):
    key = make_key()["KeyId"]
    told = "The request would have succeeded, but the DryRun option is set."
    sound = {"KeyId": key, "Plaintext": b"x", "DryRun": True}
    assert ("DryRunOperationException", told) == refusal_of(served.client().encrypt, **sound)
    assert "AccessDeniedException" == code_of(served.client("nobody").encrypt, **sound)


def test_a_plaintext_for_an_enclave_is_never_answered_in_the_clear(served, make_key):
    admin = served.client()
    made = admin.generate_data_key(KeyId=make_key()["KeyId"], KeySpec="AES_256")
    recipient = {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": b"x"}
    assert "UnsupportedOperationException" == code_of(
        admin.decrypt, CiphertextBlob=made["CiphertextBlob"], Recipient=recipient
    )


def test_rotation_is_switched_on_and_off_and_told(served, make_key):
    admin = served.client()
    key = make_key()
    assert not admin.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]
    admin.enable_key_rotation(KeyId=key["KeyId"], RotationPeriodInDays=180)
    status = admin.get_key_rotation_status(KeyId=key["KeyId"])
    assert (True, 180, key["Arn"]) == (status["KeyRotationEnabled"], status["RotationPeriodInDays"], status["KeyId"])
    assert 180 == round((status["NextRotationDate"] - key["CreationDate"]).total_seconds() / 86_400)
    admin.disable_key_rotation(KeyId=key["KeyId"])
    assert not admin.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]


def test_lists_go_on_where_the_marker_says(served, make_key):
    admin = served.client()
    made = {make_key()["KeyId"] for _ in range(5)}
    found, marker = [], {}
    while True:
        page = admin.list_keys(Limit=2, **marker)
        found += [key["KeyId"] for key in page["Keys"]]
        if not page["Truncated"]:
            break
        marker = {"Marker": page["NextMarker"]}
    assert made <= set(found)
    assert sorted(set(found)) == found
    assert "InvalidMarkerException" == code_of(admin.list_keys, Marker="nonsense")
    assert "InvalidMarkerException" == code_of(admin.list_aliases, **(marker or {"Marker": "x"}))


D, S, U = "DisabledException", "KMSInvalidStateException", "UnsupportedOperationException"
# KMS Developer Guide, "Key states of AWS KMS keys": Enabled, Disabled, PendingDeletion, Unavailable, Creating, Updating
# (PendingImport comes with imported material, whose rotation is unsupported by origin).
STATES = [
    *(KeyState.ENABLED, KeyState.DISABLED, KeyState.PENDING_DELETION, KeyState.PENDING_IMPORT, KeyState.UNAVAILABLE),
    *(KeyState.CREATING, KeyState.UPDATING),
]
TABLE = {
    "encrypt": (None, D, S, S, S, S, None),
    "decrypt": (None, D, S, S, S, S, None),
    "generate_data_key": (None, D, S, S, S, S, None),
    "create_alias": (None, None, S, None, None, None, None),
    "enable_key": (None, None, S, S, None, S, S),
    "disable_key": (None, None, S, S, None, S, S),
    "enable_key_rotation": (None, D, S, None, None, S, None),
    "disable_key_rotation": (None, D, S, None, None, S, None),
    "get_key_rotation_status": (None, None, None, None, None, None, None),
    "schedule_key_deletion": (None, None, S, None, None, None, S),
    "cancel_key_deletion": (S, S, None, S, S, S, S),
    "describe_key": (None,) * 7,
    "get_key_policy": (None,) * 7,
    "put_key_policy": (None,) * 7,
    "list_aliases": (None,) * 7,
}


@pytest.mark.parametrize("operation", TABLE)
def test_an_operation_is_let_through_in_the_states_of_awss_table(served, make_key, operation):
    admin, store = served.client(), served.opened.store
    found = []
    for state in STATES:
        key = make_key()["KeyId"]
        blob = admin.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
        policy = admin.get_key_policy(KeyId=key)["Policy"]
        with store.change() as change:
            change.put_key(replace(change.key(REGION, key), state=state))
        members = {
            "encrypt": {"Plaintext": b"x"},
            "decrypt": {"CiphertextBlob": blob},
            "generate_data_key": {"KeySpec": "AES_256"},
            "put_key_policy": {"Policy": policy},
        }.get(operation, {})
        name = {"TargetKeyId": key, "AliasName": f"alias/{key}"} if operation == "create_alias" else {"KeyId": key}
        found.append(code_of(getattr(admin, operation), **name, **members))
    assert TABLE[operation] == tuple(found)


def test_deletion_is_scheduled_cancelled_and_leaves_the_key_disabled(served, make_key):
    admin = served.client()
    key = make_key()
    told = admin.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    assert (key["Arn"], "PendingDeletion", 7) == (told["KeyId"], told["KeyState"], told["PendingWindowInDays"])
    described = admin.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
    assert (told["DeletionDate"], False) == (described["DeletionDate"], described["Enabled"])
    assert (S, f"{key['Arn']} is pending deletion.") == refusal_of(admin.encrypt, KeyId=key["KeyId"], Plaintext=b"x")
    assert {"KeyId": key["Arn"]} == {"KeyId": admin.cancel_key_deletion(KeyId=key["KeyId"])["KeyId"]}
    assert "Disabled" == admin.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]
    assert (D, f"{key['Arn']} is disabled.") == refusal_of(admin.encrypt, KeyId=key["KeyId"], Plaintext=b"x")
    admin.enable_key(KeyId=key["KeyId"])
    assert None is code_of(admin.encrypt, KeyId=key["KeyId"], Plaintext=b"x")


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"KeySpec": "SM2", "KeyUsage": "SIGN_VERIFY"}, "UnsupportedOperationException"),
        ({"KeySpec": "RSA_2048"}, "ValidationException"),
        ({"KeyUsage": "SIGN_VERIFY"}, "ValidationException"),
        ({"MultiRegion": True, "Origin": "AWS_CLOUDHSM"}, "UnsupportedOperationException"),
        ({"CustomKeyStoreId": "cks-1"}, "ValidationException"),
        ({"KeySpec": "SYMMETRIC_DEFAULT", "CustomerMasterKeySpec": "RSA_2048"}, "ValidationException"),
        ({"Tags": [{"TagKey": "a", "TagValue": "1"}] * 2}, "TagException"),
        ({"Tags": [{"TagKey": "aws:a", "TagValue": "1"}]}, "TagException"),
        ({"Tags": [{"TagKey": f"t{number}", "TagValue": ""} for number in range(51)]}, "TagException"),
    ],
    ids=str,
)
def test_a_key_that_cannot_be_made_is_refused(served, members, code):
    assert code == code_of(served.client().create_key, **members)
