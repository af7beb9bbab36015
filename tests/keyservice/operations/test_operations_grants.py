"""Grants: what may be granted, what a grant then allows and to whom, and how it ends."""

import json

import pytest
from botocore.credentials import Credentials
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keyservice.operations import grants
from keyservice.operations.registry import OPERATIONS
from keyservice.operations.shapes import members_of
from tests.keyservice.operations.cases import encoded, prepared
from tests.live import ACCOUNT, OTHER_ACCOUNT, ROOT, apply_identities, identities

REGION = "us-east-1"
ALICE, BOB, ADMIN = (f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in ("alice", "bob", "admin"))
ROLE = f"arn:aws:iam::{ACCOUNT}:role/App"
FOREIGN = f"arn:aws:iam::{OTHER_ACCOUNT}:user/foreign"
STRANGER = f"arn:aws:iam::{OTHER_ACCOUNT}:user/stranger"


def statement(principal, action="kms:*", **more):
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, "Resource": "*", **more}


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


# Nobody but the administrator, and no delegation to IAM policies.
ADMIN_ALONE = document(statement(ADMIN))


@pytest.fixture
def key(service):
    return service.make_key(ADMIN_ALONE)["KeyId"]


def grant(service, key, principal=ALICE, operations=("Decrypt",), user="admin", **more):
    given = {"KeyId": key, "GranteePrincipal": principal, "Operations": list(operations), **more}
    return service.call("CreateGrant", given, user=user)


def encrypt(service, key, context=None, user="admin"):
    return service.call(
        "Encrypt", {"KeyId": key, "Plaintext": encoded(b"x"), "EncryptionContext": context or {}}, user=user
    )


def decrypt(service, blob, user, context=None, **more):
    return service.call("Decrypt", {"CiphertextBlob": blob, "EncryptionContext": context or {}, **more}, user=user)


def blob_of(service, key, context=None):
    return encrypt(service, key, context).json["CiphertextBlob"]


def listed(service, key, **more):
    return service.call("ListGrants", {"KeyId": key, **more}).json["Grants"]


# --- what a grant allows ----------------------------------------------------------------------------------------------


def test_a_grant_allows_its_grantee_its_operations_at_once_and_nobody_else_anything(service, key):
    blob = blob_of(service, key)
    assert "AccessDeniedException" == decrypt(service, blob, "alice").type
    assert 200 == grant(service, key).status
    assert encoded(b"x") == decrypt(service, blob, "alice").json["Plaintext"]
    assert "AccessDeniedException" == decrypt(service, blob, "bob").type
    assert "AccessDeniedException" == encrypt(service, key, user="alice").type


def test_the_trail_names_the_grant_that_allowed(service, key):
    blob = blob_of(service, key)
    grant_id = grant(service, key).json["GrantId"]
    service.entries()
    decrypt(service, blob, "alice")
    (entry,) = service.entries()
    assert f"grant/{grant_id}" in json.dumps(entry["event"])


def test_a_deny_overrides_a_grant(service):
    denied = document(statement(ADMIN), {**statement(ALICE, "kms:Decrypt"), "Effect": "Deny"})
    key = service.make_key(denied)["KeyId"]
    blob = blob_of(service, key)
    grant(service, key)
    answer = decrypt(service, blob, "alice")
    assert "AccessDeniedException" == answer.type
    assert answer.message.endswith("with an explicit deny in a resource-based policy")


@pytest.mark.parametrize(
    ("constraint", "allowed", "refused"),
    [
        ({"EncryptionContextEquals": {"app": "web"}}, {"app": "web"}, {"app": "web", "tenant": "7"}),
        ({"EncryptionContextEquals": {"app": "web"}}, {"app": "web"}, {"App": "web"}),
        ({"EncryptionContextEquals": {"app": "web"}}, {"app": "web"}, {}),
        ({"EncryptionContextSubset": {"app": "web"}}, {"app": "web", "tenant": "7"}, {"app": "Web"}),
        ({"EncryptionContextSubset": {"app": "web"}}, {"app": "web"}, {"tenant": "7"}),
    ],
)
def test_an_encryption_context_constraint_is_compared_exactly(service, key, constraint, allowed, refused):
    grant(service, key, operations=["Encrypt", "Decrypt"], Constraints=constraint)
    blob = encrypt(service, key, allowed, user="alice").json["CiphertextBlob"]
    assert 200 == decrypt(service, blob, "alice", allowed).status
    assert "AccessDeniedException" == encrypt(service, key, refused, user="alice").type
    assert "AccessDeniedException" == decrypt(service, blob_of(service, key, refused), "alice", refused).type


def test_a_constraint_does_not_touch_describe_key(service, key):
    operations = ["Decrypt", "DescribeKey"]
    grant(service, key, operations=operations, Constraints={"EncryptionContextEquals": {"app": "web"}})
    assert 200 == service.call("DescribeKey", {"KeyId": key}, user="alice").status


def test_a_source_arn_constraint_keeps_direct_calls_out(service, key):
    source = {"SourceArn": f"arn:aws:s3:{REGION}:{ACCOUNT}:bucket"}
    grant(service, key, Constraints=source)
    assert "AccessDeniedException" == decrypt(service, blob_of(service, key), "alice").type
    assert source == listed(service, key)[0]["Constraints"]


def test_a_grant_to_another_account_needs_the_callers_own_permission_too(service, key):
    blob = blob_of(service, key)
    arn = service.call("DescribeKey", {"KeyId": key}).json["KeyMetadata"]["Arn"]
    grant(service, key, principal=f"arn:aws:iam::{OTHER_ACCOUNT}:root")
    assert 200 == decrypt(service, blob, "foreign").status
    assert "AccessDeniedException" == decrypt(service, blob, "stranger").type
    grant(service, key, principal=STRANGER)
    assert 200 == decrypt(service, blob, "stranger").status
    assert "AccessDeniedException" == service.call("DescribeKey", {"KeyId": arn}, user="stranger").type


def test_a_grant_to_a_role_is_one_to_its_sessions(service, key):
    blob = blob_of(service, key)
    form = f"Action=AssumeRole&Version=2011-06-15&RoleArn={ROLE}&RoleSessionName=one"
    text = service.sts(form, user="alice").body.decode()
    found = {
        name: text.split(f"<{name}>")[1].split("<")[0] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")
    }
    session = Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
    given = {"CiphertextBlob": blob}
    assert "AccessDeniedException" == service.call("Decrypt", given, credentials=session).type
    grant(service, key, principal=ROLE)
    assert 200 == service.call("Decrypt", given, credentials=session).status
    assert "AccessDeniedException" == decrypt(service, blob, "alice").type


def test_a_key_in_another_state_is_no_use_to_a_grantee(service, key):
    blob = blob_of(service, key)
    grant(service, key)
    service.call("DisableKey", {"KeyId": key})
    assert "DisabledException" == decrypt(service, blob, "alice").type
    assert "DisabledException" == grant(service, key).type


# --- what may be granted ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "error", "words"),
    [
        ({"GranteePrincipal": None}, "ValidationException", "either GranteePrincipal or GranteeServicePrincipal"),
        ({"GranteeServicePrincipal": "ec2.amazonaws.com"}, "ValidationException", "but not both"),
        ({"GranteePrincipal": "alice"}, "InvalidArnException", "ARN does not refer to a valid principal: alice"),
        ({"GranteePrincipal": "ec2.amazonaws.com"}, "InvalidArnException", "valid principal: ec2.amazonaws.com"),
        ({"GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:user/nobody-of-that-name"}, "InvalidArnException", "valid"),
        ({"GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/path/App"}, "InvalidArnException", "valid"),
        ({"GranteePrincipal": f"arn:aws:sts::{ACCOUNT}:assumed-role/Nope/one"}, "InvalidArnException", "valid"),
        ({"GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:group/dev"}, "InvalidArnException", "valid"),
        ({"GranteePrincipal": f"arn:aws-cn:iam::{ACCOUNT}:root"}, "InvalidArnException", "valid"),
        ({"GranteePrincipal": "arn:aws:iam::1:"}, "InvalidArnException", "valid"),
        ({"RetiringPrincipal": f"arn:aws:iam::{ACCOUNT}:user/nobody-else"}, "InvalidArnException", "nobody-else"),
        ({"RetiringPrincipal": BOB, "RetiringServicePrincipal": "ec2.amazonaws.com"}, "ValidationException", "both"),
        ({"Operations": []}, "ValidationException", "at least one operation"),
        (
            {"Operations": ["CreateGrant"]},
            "ValidationException",
            "Grants must not contain only the CreateGrant operation.",
        ),
        ({"Operations": ["Sign"]}, "ValidationException", "Grant operation Sign is not valid"),
        ({"Operations": ["PutKeyPolicy"]}, "ValidationException", "Value '[PutKeyPolicy]' at 'operations' failed"),
        ({"Constraints": {"EncryptionContextEquals": {}}}, "ValidationException", "at least one pair"),
        (
            {"Constraints": {"EncryptionContextSubset": {str(number): "x" for number in range(9)}}},
            "ValidationException",
            "up to 8 encryption context pairs",
        ),
        ({"Constraints": {"EncryptionContextSubset": {"a": "x" * 385}}}, "ValidationException", "384 characters"),
        ({"Constraints": {"SourceArn": "arn:aws:s3:::bucket-without-account"}}, "ValidationException", "sourceArn"),
        ({"Constraints": "x"}, "SerializationException", ""),
        ({"Name": "a name"}, "ValidationException", "'name' failed to satisfy constraint"),
        ({"GrantTokens": ["x"]}, "InvalidGrantTokenException", ""),
        ({"KeyId": "alias/none"}, "InvalidArnException", "Key Aliases are not supported for this operation."),
    ],
)
def test_a_grant_that_aws_would_not_make_is_refused(service, key, members, error, words):
    given = {"KeyId": key, "GranteePrincipal": ALICE, "Operations": ["Decrypt"], **members}
    answer = service.call("CreateGrant", {name: value for name, value in given.items() if value is not None})
    assert (400, error) == (answer.status, answer.type)
    assert words in (answer.message or "")
    assert [] == listed(service, key)


def test_a_grant_to_a_service_states_its_source_and_who_retires_it(service, key):
    given = {"KeyId": key, "GranteeServicePrincipal": "ec2.amazonaws.com", "Operations": ["Decrypt"]}
    source = {"SourceArn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/vol-1"}
    assert "SourceArn" in service.call("CreateGrant", given).message
    assert "Retiring" in service.call("CreateGrant", {**given, "Constraints": source}).message
    full = {**given, "Constraints": source, "RetiringServicePrincipal": "ec2.amazonaws.com"}
    assert 200 == service.call("CreateGrant", full).status
    (entry,) = listed(service, key)
    assert ("ec2.amazonaws.com", "ec2.amazonaws.com") == (
        entry["GranteeServicePrincipal"],
        entry["RetiringServicePrincipal"],
    )
    assert "GranteePrincipal" not in entry


@pytest.mark.parametrize(
    ("spec", "usage", "possible"),
    [
        ("RSA_2048", "ENCRYPT_DECRYPT", ["Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GetPublicKey"]),
        ("ECC_NIST_P256", "SIGN_VERIFY", ["Sign", "Verify", "GetPublicKey"]),
        ("ECC_NIST_P256", "KEY_AGREEMENT", ["DeriveSharedSecret", "GetPublicKey"]),
        ("HMAC_256", "GENERATE_VERIFY_MAC", ["GenerateMac", "VerifyMac"]),
    ],
)
def test_the_operations_of_a_grant_are_those_of_the_kind_of_key(service, spec, usage, possible):
    key = service.make_key(ADMIN_ALONE, KeySpec=spec, KeyUsage=usage)["KeyId"]
    always = ["CreateGrant", "DescribeKey", "RetireGrant"]
    assert 200 == grant(service, key, operations=[*possible, *always]).status
    for operation in ("GenerateDataKey", "GenerateDataKeyPair", "Encrypt", "Sign", "GenerateMac", "Decapsulate"):
        if operation not in possible:
            assert "ValidationException" == grant(service, key, operations=[operation]).type
    constraint = {"EncryptionContextSubset": {"app": "web"}}
    assert "ValidationException" == grant(service, key, operations=possible, Constraints=constraint).type
    assert 200 == grant(service, key, operations=["DescribeKey"], Constraints=constraint).status


def test_the_same_name_and_parameters_give_the_same_grant_and_another_token(service, key):
    named = {"Name": "one", "RetiringPrincipal": BOB, "Constraints": {"EncryptionContextSubset": {"a": "b"}}}
    operations = ["Decrypt", "Encrypt"]
    first = grant(service, key, operations=operations, **named).json
    second = grant(service, key, operations=["Encrypt", "Decrypt", "Decrypt"], **named).json
    assert first["GrantId"] == second["GrantId"]
    assert first["GrantToken"] != second["GrantToken"]
    assert 1 == len(listed(service, key))
    others = [
        grant(service, key, operations=["Decrypt"], **named),
        grant(service, key, operations=operations, **{**named, "RetiringPrincipal": ALICE}),
        grant(service, key, operations=operations, **{**named, "Name": "two"}),
        grant(service, key, operations=operations, Name="one"),
    ]
    assert 5 == len({first["GrantId"], *(other.json["GrantId"] for other in others)})
    assert grant(service, key).json["GrantId"] != grant(service, key).json["GrantId"]


def test_a_key_has_no_more_grants_than_its_quota(service, key, monkeypatch):
    monkeypatch.setattr(grants, "MOST_GRANTS", 2)
    for name in ("a", "b", "a"):
        assert 200 == grant(service, key, Name=name).status
    assert "LimitExceededException" == grant(service, key, Name="c").type
    assert 2 == len(listed(service, key))


def test_a_dry_run_makes_no_grant_and_ends_none(service, key):
    dry = {"DryRun": True}
    assert "DryRunOperationException" == grant(service, key, **dry).type
    assert "ValidationException" == grant(service, key, operations=["Sign"], **dry).type
    assert [] == listed(service, key)
    grant_id = grant(service, key, RetiringPrincipal=BOB).json["GrantId"]
    one = {"KeyId": key, "GrantId": grant_id, **dry}
    assert "DryRunOperationException" == service.call("RevokeGrant", one).type
    assert "DryRunOperationException" == service.call("RetireGrant", one, user="bob").type
    assert "NotFoundException" == service.call("RevokeGrant", {**one, "GrantId": "0" * 64}).type
    assert 1 == len(listed(service, key))


# --- grants made through grants ---------------------------------------------------------------------------------------


def test_whoever_was_granted_create_grant_grants_no_more_than_they_have(service, key):
    constraint = {"EncryptionContextSubset": {"app": "web"}}
    grant(service, key, operations=["CreateGrant", "Decrypt"], Constraints=constraint)

    def pass_on(operations, constraints):
        return grant(service, key, principal=BOB, operations=operations, user="alice", Constraints=constraints)

    assert "AccessDeniedException" == pass_on(["Encrypt"], constraint).type
    assert "AccessDeniedException" == pass_on(["Decrypt", "Encrypt"], constraint).type
    assert "AccessDeniedException" == pass_on(["Decrypt"], {}).type
    assert "AccessDeniedException" == pass_on(["Decrypt"], {"EncryptionContextSubset": {"app": "Web"}}).type
    assert "AccessDeniedException" == pass_on(["Decrypt"], {"EncryptionContextEquals": {"other": "web"}}).type
    assert 200 == pass_on(["Decrypt"], constraint).status
    assert 200 == pass_on(["Decrypt"], {"EncryptionContextSubset": {"app": "web", "tenant": "7"}}).status
    assert 200 == pass_on(["Decrypt"], {"EncryptionContextEquals": {"app": "web"}}).status


def test_an_exact_constraint_is_not_passed_on_as_a_subset(service, key):
    exact = {"app": "web"}
    operations = ["CreateGrant", "Decrypt"]
    grant(service, key, operations=operations, Constraints={"EncryptionContextEquals": exact})
    more = {"principal": BOB, "user": "alice"}
    assert "AccessDeniedException" == grant(service, key, **more, Constraints={"EncryptionContextSubset": exact}).type
    assert "AccessDeniedException" == grant(service, key, **more).type
    assert 200 == grant(service, key, **more, Constraints={"EncryptionContextEquals": exact}).status


# --- conditions on grants ---------------------------------------------------------------------------------------------

CONDITIONS = [
    ({"Bool": {"kms:GrantIsForAWSResource": "false"}}, {}, True),
    ({"Bool": {"kms:GrantIsForAWSResource": "true"}}, {}, False),
    ({"ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt", "Encrypt"]}}, {}, True),
    ({"ForAllValues:StringEquals": {"kms:GrantOperations": ["Encrypt"]}}, {}, False),
    ({"StringEquals": {"kms:GranteePrincipal": ALICE}}, {}, True),
    ({"StringEquals": {"kms:GranteePrincipal": BOB}}, {}, False),
    ({"StringEquals": {"kms:RetiringPrincipal": BOB}}, {"RetiringPrincipal": BOB}, True),
    ({"StringEquals": {"kms:RetiringPrincipal": BOB}}, {}, False),
    ({"StringEquals": {"kms:RetiringServicePrincipal": "a.b.c"}}, {"RetiringServicePrincipal": "a.b.c"}, True),
    (
        {"StringEquals": {"kms:GrantConstraintType": "EncryptionContextSubset"}},
        {"Constraints": {"EncryptionContextSubset": {"app": "web"}}},
        True,
    ),
    (
        {"StringEquals": {"kms:GrantConstraintType": "EncryptionContextSubset"}},
        {"Constraints": {"EncryptionContextSubset": {}}},
        False,
    ),
    (
        {"StringEquals": {"kms:EncryptionContext:app": "web"}},
        {"Constraints": {"EncryptionContextEquals": {"app": "web"}}},
        True,
    ),
    ({"StringEquals": {"kms:EncryptionContext:app": "web"}}, {}, False),
    (
        {"ArnLike": {"kms:GrantConstraintSourceArn": "arn:aws:s3:*:*:bucket"}},
        {"Constraints": {"SourceArn": f"arn:aws:s3:{REGION}:{ACCOUNT}:bucket"}},
        True,
    ),
]


@pytest.mark.parametrize(("condition", "members", "allowed"), CONDITIONS)
def test_policies_decide_which_grants_may_be_made(service, condition, members, allowed):
    key = service.make_key(document(statement(ADMIN), statement(BOB, "kms:CreateGrant", Condition=condition)))["KeyId"]
    assert (200 if allowed else 400) == grant(service, key, user="bob", **members).status


def test_the_condition_on_aws_resources_holds_for_listing_and_revoking_too(service):
    condition = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    actions = ["kms:ListGrants", "kms:RevokeGrant"]
    key = service.make_key(document(statement(ADMIN), statement(BOB, actions, Condition=condition)))["KeyId"]
    grant_id = grant(service, key).json["GrantId"]
    assert "AccessDeniedException" == service.call("ListGrants", {"KeyId": key}, user="bob").type
    given = {"KeyId": key, "GrantId": grant_id}
    assert "AccessDeniedException" == service.call("RevokeGrant", given, user="bob").type


# --- how a grant ends -------------------------------------------------------------------------------------------------


def test_a_revoked_grant_allows_nothing_from_then_on(service, key):
    blob = blob_of(service, key)
    kept, gone = (grant(service, key, principal=principal).json["GrantId"] for principal in (BOB, ALICE))
    assert "AccessDeniedException" == service.call("RevokeGrant", {"KeyId": key, "GrantId": gone}, user="alice").type
    assert 200 == decrypt(service, blob, "alice").status
    assert 200 == service.call("RevokeGrant", {"KeyId": key, "GrantId": gone}).status
    assert "AccessDeniedException" == decrypt(service, blob, "alice").type
    assert 200 == decrypt(service, blob, "bob").status
    assert [kept] == [entry["GrantId"] for entry in listed(service, key)]
    assert "NotFoundException" == service.call("RevokeGrant", {"KeyId": key, "GrantId": gone}).type
    assert "InvalidGrantIdException" == service.call("RevokeGrant", {"KeyId": key, "GrantId": "x"}).type


@pytest.mark.parametrize("how", ["token", "id"])
@pytest.mark.parametrize(
    ("members", "who", "may"),
    [
        ({"RetiringPrincipal": BOB}, "bob", True),
        ({"RetiringPrincipal": BOB}, "alice", False),
        ({"operations": ["Decrypt", "RetireGrant"]}, "alice", True),
        ({"operations": ["Decrypt", "RetireGrant"]}, "bob", False),
        ({}, "alice", False),
        # The account in which the grant was created, by IAM policy; the key policy has no say but to deny.
        ({}, "admin", True),
        ({"RetiringPrincipal": FOREIGN}, "foreign", True),
        ({}, "foreign", False),
    ],
)
def test_who_retires_a_grant_is_for_the_grant_to_say(service, key, how, members, who, may):
    made = grant(service, key, **members).json
    arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}"
    named = {"GrantToken": made["GrantToken"]} if how == "token" else {"KeyId": arn, "GrantId": made["GrantId"]}
    answer = service.call("RetireGrant", named, user=who)
    assert (None if may else "AccessDeniedException") == answer.type
    assert (0 if may else 1) == len(listed(service, key))


def test_the_account_that_issued_a_grant_retires_it_on_another_accounts_key_too(service):
    creating = statement(f"arn:aws:iam::{OTHER_ACCOUNT}:root", "kms:CreateGrant")
    key = service.make_key(document(statement(ADMIN), creating))["KeyId"]
    made = grant(service, f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}", user="foreign").json
    assert [f"arn:aws:iam::{OTHER_ACCOUNT}:root"] == [entry["IssuingAccount"] for entry in listed(service, key)]
    token = {"GrantToken": made["GrantToken"]}
    # The key's own account revokes it; it did not issue it.
    for user in ("admin", "bob", "stranger"):
        assert "AccessDeniedException" == service.call("RetireGrant", token, user=user).type
    assert 200 == service.call("RetireGrant", token, user="foreign").status
    assert [] == listed(service, key)


def test_an_allow_in_the_key_policy_does_not_let_anybody_retire_and_a_deny_keeps_even_the_retiring_principal(service):
    open_to_alice = service.make_key(document(statement(ADMIN), statement(ALICE)))["KeyId"]
    token = grant(service, open_to_alice, principal=BOB).json["GrantToken"]
    assert "AccessDeniedException" == service.call("RetireGrant", {"GrantToken": token}, user="alice").type
    denying = document(statement(ADMIN), {**statement(BOB, "kms:RetireGrant"), "Effect": "Deny"})
    closed_to_bob = service.make_key(denying)["KeyId"]
    token = grant(service, closed_to_bob, RetiringPrincipal=BOB).json["GrantToken"]
    assert "AccessDeniedException" == service.call("RetireGrant", {"GrantToken": token}, user="bob").type


def test_policies_may_ask_for_the_constraint_of_the_grant_that_is_retired(service):
    condition = {"StringEquals": {"kms:EncryptionContext:app": "web"}}
    denying = {**statement(BOB, "kms:RetireGrant", Condition=condition), "Effect": "Deny"}
    key = service.make_key(document(statement(ADMIN), denying))["KeyId"]
    for app, error in (("web", "AccessDeniedException"), ("other", None)):
        constraint = {"EncryptionContextSubset": {"app": app}}
        token = grant(service, key, RetiringPrincipal=BOB, Constraints=constraint).json["GrantToken"]
        assert error == service.call("RetireGrant", {"GrantToken": token}, user="bob").type


def test_one_grants_retiring_principal_does_not_retire_another_grant(service, key):
    grant(service, key, RetiringPrincipal=BOB, operations=["Decrypt", "RetireGrant"])
    other = grant(service, key, RetiringPrincipal=ADMIN).json["GrantToken"]
    for user in ("alice", "bob"):
        assert "AccessDeniedException" == service.call("RetireGrant", {"GrantToken": other}, user=user).type


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({}, "ValidationException"),
        ({"KeyId": "{key}"}, "ValidationException"),
        ({"GrantId": "0" * 64}, "ValidationException"),
        ({"KeyId": "{key}", "GrantId": "x"}, "InvalidGrantIdException"),
        ({"KeyId": "{key}", "GrantId": "0" * 64}, "NotFoundException"),
        ({"GrantToken": "x"}, "InvalidGrantTokenException"),
        ({"GrantToken": "x" * 8192}, "InvalidGrantTokenException"),
        ({"GrantToken": "x" * 8193}, "ValidationException"),
    ],
)
def test_a_grant_that_is_not_properly_named_is_not_retired(service, key, members, error):
    given = {name: value.format(key=key) for name, value in members.items()}
    assert error == service.call("RetireGrant", given).type


def test_another_account_does_not_learn_whether_a_key_exists_by_retiring(service, key):
    missing = "00000000-0000-4000-8000-000000000000"
    answers = [
        service.call(
            "RetireGrant",
            {"KeyId": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{name}", "GrantId": "0" * 64},
            user="foreign",
        )
        for name in (key, missing)
    ]
    assert answers[0].json == answers[1].json
    assert "AccessDeniedException" == answers[0].type


def test_a_token_of_a_grant_that_has_ended_names_nothing_and_harms_nothing(service, key):
    made = grant(service, key).json
    blob = blob_of(service, key)
    service.call("RevokeGrant", {"KeyId": key, "GrantId": made["GrantId"]})
    assert "NotFoundException" == service.call("RetireGrant", {"GrantToken": made["GrantToken"]}).type
    assert "AccessDeniedException" == decrypt(service, blob, "alice", GrantTokens=[made["GrantToken"]]).type
    assert 200 == decrypt(service, blob, "admin", GrantTokens=[made["GrantToken"]]).status


def test_the_trail_shows_which_grant_was_made_and_retired_and_no_token(service, key):
    service.entries()
    made = grant(service, key, RetiringPrincipal=BOB).json
    decrypt(service, blob_of(service, key), "alice", GrantTokens=[made["GrantToken"]])
    service.call("RetireGrant", {"GrantToken": made["GrantToken"]}, user="bob")
    events = {entry["event"]["eventName"]: entry["event"] for entry in service.entries()}
    arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}"
    assert {"grantId": made["GrantId"], "keyId": arn} == events["CreateGrant"]["responseElements"]
    assert made["GrantId"] == events["RetireGrant"]["additionalEventData"]["grantId"]
    assert made["GrantToken"] not in json.dumps(events)


# --- grant tokens -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["Encrypt", "Decrypt", "GenerateDataKey", "DescribeKey", "CreateGrant"])
def test_operations_check_the_grant_tokens_they_are_given(service, key, operation):
    members = {
        "Encrypt": {"KeyId": key, "Plaintext": encoded(b"x")},
        "Decrypt": {"CiphertextBlob": blob_of(service, key)},
        "GenerateDataKey": {"KeyId": key, "KeySpec": "AES_256"},
        "DescribeKey": {"KeyId": key},
        "CreateGrant": {"KeyId": key, "GranteePrincipal": ALICE, "Operations": ["Decrypt"]},
    }[operation]
    sound = grant(service, key).json["GrantToken"]
    assert 200 == service.call(operation, {**members, "GrantTokens": [sound]}).status
    for tokens in ([sound, "x"], [sound[:-1]], [sound + "A"], ["AQ" + sound]):
        answer = service.call(operation, {**members, "GrantTokens": tokens})
        assert (400, "InvalidGrantTokenException") == (answer.status, answer.type)


TAKING_TOKENS = [
    row.name for row in OPERATIONS.values() if "GrantTokens" in {each.wire for each in members_of(row.input)}
]


@pytest.mark.parametrize("operation", TAKING_TOKENS)
def test_every_operation_that_takes_grant_tokens_checks_them_even_in_a_dry_run(service, operation):
    _, members = prepared(service, operation)
    token = grant(service, service.make_key(ADMIN_ALONE)["KeyId"]).json["GrantToken"]
    assert 200 == service.call(operation, {**members, "GrantTokens": [token]}).status
    takes_dry_run = "DryRun" in {each.wire for each in members_of(OPERATIONS["kms", operation].input)}
    dry = {"DryRun": True} if takes_dry_run else {}
    answer = service.call(operation, {**members, **dry, "GrantTokens": [token, token + "x"]})
    assert (400, "InvalidGrantTokenException") == (answer.status, answer.type)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(data=st.data())
def test_no_grant_token_with_a_flipped_bit_is_taken(service, data):
    if not hasattr(service, "token"):
        key = service.make_key(ADMIN_ALONE)["KeyId"]
        service.__dict__["token"] = grant(service, key).json["GrantToken"]
    token = service.__dict__["token"].encode()
    bit = data.draw(st.integers(0, 8 * len(token) - 1))
    changed = bytearray(token)
    changed[bit // 8] ^= 1 << bit % 8
    answer = service.call("RetireGrant", {"GrantToken": changed.decode("latin-1")})
    assert (400, "InvalidGrantTokenException") == (answer.status, answer.type)


# --- lists ------------------------------------------------------------------------------------------------------------


def pages(service, operation, members, user="admin"):
    found, marker = [], {}
    while True:
        answer = service.call(operation, {**members, **marker}, user=user).json
        found.append([entry["GrantId"] for entry in answer["Grants"]])
        if not answer["Truncated"]:
            assert "NextMarker" not in answer
            return found
        marker = {"Marker": answer["NextMarker"]}


def test_grants_are_listed_as_they_were_made(service, key):
    constraint = {"EncryptionContextEquals": {"app": "web"}}
    made = grant(
        service, key, operations=["Encrypt", "Decrypt"], Name="n", RetiringPrincipal=BOB, Constraints=constraint
    )
    (entry,) = listed(service, key)
    assert isinstance(entry.pop("CreationDate"), float)
    assert {
        "KeyId": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}",
        "GrantId": made.json["GrantId"],
        "Name": "n",
        "GranteePrincipal": ALICE,
        "RetiringPrincipal": BOB,
        "IssuingAccount": ROOT,
        "Operations": ["Encrypt", "Decrypt"],
        "Constraints": constraint,
    } == entry


def test_grants_are_listed_by_page_grantee_and_id(service, key):
    ids = sorted(grant(service, key).json["GrantId"] for _ in range(5))
    bobs = grant(service, key, principal=BOB).json["GrantId"]
    grant(service, service.make_key(ADMIN_ALONE)["KeyId"])
    assert sorted([*ids, bobs]) == [
        each for page in pages(service, "ListGrants", {"KeyId": key, "Limit": 4}) for each in page
    ]
    assert [ids[:2], ids[2:4], ids[4:]] == pages(
        service, "ListGrants", {"KeyId": key, "Limit": 2, "GranteePrincipal": ALICE}
    )
    assert [bobs] == [entry["GrantId"] for entry in listed(service, key, GrantId=bobs)]
    assert [] == listed(service, key, GrantId=bobs, GranteePrincipal=ALICE)
    assert [] == listed(service, key, GrantId="0" * 64)
    assert [] == listed(service, key, GranteePrincipal=FOREIGN)


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({"GrantId": "x"}, "InvalidGrantIdException"),
        ({"GranteePrincipal": ALICE, "GranteeServicePrincipal": "ec2.amazonaws.com"}, "ValidationException"),
        ({"GranteeServicePrincipal": "ec2.amazonaws.com"}, "ValidationException"),
        ({"Marker": "x"}, "InvalidMarkerException"),
        ({"Limit": 1001}, "ValidationException"),
    ],
)
def test_a_list_of_grants_that_is_wrongly_asked_for_is_refused(service, key, members, error):
    assert error == service.call("ListGrants", {"KeyId": key, **members}).type


def test_retirable_grants_are_listed_over_all_keys_by_retiring_principal(service):
    keys = [service.make_key(ADMIN_ALONE)["KeyId"] for _ in range(3)]
    ids = sorted(grant(service, key, RetiringPrincipal=BOB).json["GrantId"] for key in keys)
    grant(service, keys[0], RetiringPrincipal=ALICE)
    grant(service, keys[0])
    given = {"RetiringPrincipal": BOB, "Limit": 2}
    assert [ids[:2], ids[2:]] == pages(service, "ListRetirableGrants", given)
    foreign = grant(service, keys[0], RetiringPrincipal=FOREIGN).json["GrantId"]
    assert [[foreign]] == pages(service, "ListRetirableGrants", {"RetiringPrincipal": FOREIGN}, user="foreign")


@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({}, "ValidationException"),
        ({"RetiringPrincipal": BOB, "RetiringServicePrincipal": "ec2.amazonaws.com"}, "ValidationException"),
        ({"RetiringServicePrincipal": "ec2.amazonaws.com"}, "ValidationException"),
        ({"RetiringPrincipal": FOREIGN}, "InvalidArnException"),
        ({"RetiringPrincipal": "bob"}, "InvalidArnException"),
        ({"RetiringPrincipal": ACCOUNT}, "InvalidArnException"),
        ({"RetiringPrincipal": "arn:aws:iam::1"}, "InvalidArnException"),
    ],
)
def test_retirable_grants_are_asked_for_by_a_principal_of_ones_own_account(service, members, error):
    assert error == service.call("ListRetirableGrants", members).type


def test_permission_to_list_retirable_grants_is_on_the_retiring_principal(service):
    policy = document({"Effect": "Allow", "Action": "kms:ListRetirableGrants", "Resource": BOB})
    wanted = identities()
    bob = next(user for user in wanted["accounts"][0]["users"] if user["name"] == "bob")
    bob["policies"] = [policy]
    apply_identities(service.opened, wanted)
    assert 200 == service.call("ListRetirableGrants", {"RetiringPrincipal": BOB}, user="bob").status
    answer = service.call("ListRetirableGrants", {"RetiringPrincipal": ALICE}, user="bob")
    assert "AccessDeniedException" == answer.type
    assert f"kms:ListRetirableGrants on resource: {ALICE} because no identity-based policy" in answer.message
