"""Who may do what, through boto3: administration and use, other accounts, role sessions, key policies."""

import json

import pytest

from tests.e2e.conftest import (
    ALICE_ADMINISTERS_BOB_USES,
    code_of,
    policy,
    refusal_of,
    statement,
    user_arn,
)
from tests.live import ACCOUNT, OTHER_ACCOUNT, ROOT, apply_identities, identities

ROLE = f"arn:aws:iam::{ACCOUNT}:role/App"
UNKNOWN_KEY = "The ciphertext refers to a customer master key that does not exist"


def test_who_administers_may_not_use_and_who_uses_may_not_administer(served, make_key):
    key = make_key()
    alice, bob = served.client("alice"), served.client("bob")
    assert (
        "AccessDeniedException",
        (
            f"User: {user_arn('alice')} is not authorized to perform: kms:Encrypt on resource: {key['Arn']} because no "
            "identity-based policy allows the kms:Encrypt action"
        ),
    ) == refusal_of(alice.encrypt, KeyId=key["KeyId"], Plaintext=b"x")
    assert "AccessDeniedException" == code_of(alice.generate_data_key, KeyId=key["KeyId"], KeySpec="AES_256")
    assert "AccessDeniedException" == code_of(bob.disable_key, KeyId=key["KeyId"])
    assert "AccessDeniedException" == code_of(bob.put_key_policy, KeyId=key["KeyId"], Policy="{}")
    blob = bob.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    assert b"x" == bob.decrypt(CiphertextBlob=blob)["Plaintext"]
    assert "AccessDeniedException" == code_of(alice.decrypt, CiphertextBlob=blob)
    alice.disable_key(KeyId=key["KeyId"])
    assert "DisabledException" == code_of(bob.encrypt, KeyId=key["KeyId"], Plaintext=b"x")


def test_a_key_policy_that_does_not_name_the_account_leaves_its_iam_policies_without_a_say(served, make_key):
    document = policy(statement("alice alone", user_arn("alice"), "kms:*"))
    key = make_key(document, BypassPolicyLockoutSafetyCheck=True)
    code, message = refusal_of(served.client("admin").describe_key, KeyId=key["KeyId"])
    assert "AccessDeniedException" == code
    assert message.endswith("because no resource-based policy allows the kms:DescribeKey action")
    assert key["KeyId"] == served.client("alice").describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyId"]


def test_the_default_key_policy_lets_the_accounts_iam_policies_decide(served):
    admin = served.client()
    key = admin.create_key()["KeyMetadata"]
    document = json.loads(admin.get_key_policy(KeyId=key["KeyId"])["Policy"])
    assert {
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [
            {
                "Sid": "Enable IAM User Permissions",
                "Effect": "Allow",
                "Principal": {"AWS": ROOT},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    } == document
    assert None is code_of(admin.encrypt, KeyId=key["KeyId"], Plaintext=b"x")
    code, message = refusal_of(served.client("nobody").encrypt, KeyId=key["KeyId"], Plaintext=b"x")
    assert ("AccessDeniedException", True) == (code, "no identity-based policy" in message)


def test_an_explicit_deny_overrides_and_is_named(served, make_key):
    deny = {**statement("no bob", user_arn("bob"), "kms:Decrypt"), "Effect": "Deny"}
    key = make_key(policy(*ALICE_ADMINISTERS_BOB_USES["Statement"], deny))
    blob = served.client("bob").encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    code, message = refusal_of(served.client("bob").decrypt, CiphertextBlob=blob)
    assert "AccessDeniedException" == code
    assert message.endswith("with an explicit deny in a resource-based policy")


def test_a_condition_on_the_encryption_context_decides(served, make_key):
    condition = {"StringEquals": {"kms:EncryptionContext:app": "web"}}
    own = statement("root", ROOT, "kms:*")
    key = make_key(policy(own, statement("web alone", user_arn("bob"), "kms:*", Condition=condition)))
    bob = served.client("bob")
    assert "AccessDeniedException" == code_of(bob.encrypt, KeyId=key["KeyId"], Plaintext=b"x")
    sound = {"app": "web", "tenant": "7"}
    blob = bob.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionContext=sound)["CiphertextBlob"]
    assert "AccessDeniedException" == code_of(bob.decrypt, CiphertextBlob=blob, EncryptionContext={"app": "other"})
    assert b"x" == bob.decrypt(CiphertextBlob=blob, EncryptionContext=sound)["Plaintext"]


@pytest.fixture
def give(served):
    """Gives a user an identity-based policy for the time of a test."""

    def given(user, action, condition):
        wanted = identities()
        found = next(each for each in wanted["accounts"][0]["users"] if each["name"] == user)
        allowing = {"Effect": "Allow", "Action": action, "Resource": "*", "Condition": condition}
        found["policies"] = [{"Version": "2012-10-17", "Statement": allowing}]
        apply_identities(served.opened, wanted)

    yield given
    apply_identities(served.opened, identities())


def test_a_condition_on_aliases_follows_the_aliases_that_the_key_has(served, give):
    admin, bob = served.client(), served.client("bob")
    key = admin.create_key()["KeyMetadata"]["KeyId"]
    give("bob", "kms:Encrypt", {"ForAnyValue:StringEquals": {"kms:\u0052esourceAliases": "alias/ours"}})
    assert "AccessDeniedException" == code_of(bob.encrypt, KeyId=key, Plaintext=b"x")
    admin.create_alias(AliasName="alias/ours", TargetKeyId=key)
    assert None is code_of(bob.encrypt, KeyId=key, Plaintext=b"x")
    admin.delete_alias(AliasName="alias/ours")
    assert "AccessDeniedException" == code_of(bob.encrypt, KeyId=key, Plaintext=b"x")


def test_a_condition_on_the_requests_alias_asks_by_which_name_the_key_was_called(served, give):
    admin, bob = served.client(), served.client("bob")
    key = admin.create_key()["KeyMetadata"]["KeyId"]
    admin.create_alias(AliasName="alias/called", TargetKeyId=key)
    give("bob", "kms:Encrypt", {"StringEquals": {"kms:RequestAlias": "alias/called"}})
    assert None is code_of(bob.encrypt, KeyId="alias/called", Plaintext=b"x")
    assert "AccessDeniedException" == code_of(bob.encrypt, KeyId=key, Plaintext=b"x")


def test_a_condition_on_tags_follows_the_keys_tags(served, give):
    admin, bob = served.client(), served.client("bob")
    key = admin.create_key(Tags=[{"TagKey": "Team", "TagValue": "blue"}])["KeyMetadata"]["KeyId"]
    give("bob", "kms:Encrypt", {"StringEquals": {"aws:ResourceTag/Team": "blue"}})
    assert None is code_of(bob.encrypt, KeyId=key, Plaintext=b"x")
    admin.tag_resource(KeyId=key, Tags=[{"TagKey": "Team", "TagValue": "red"}])
    assert "AccessDeniedException" == code_of(bob.encrypt, KeyId=key, Plaintext=b"x")


def test_another_account_uses_a_key_when_both_sides_say_so(served, make_key):
    other_root = f"arn:aws:iam::{OTHER_ACCOUNT}:root"
    key = make_key(policy(statement("own", ROOT, "kms:*"), statement("other", other_root, "kms:*")))
    foreign, stranger = served.client("foreign"), served.client("stranger")
    blob = foreign.encrypt(KeyId=key["Arn"], Plaintext=b"x")["CiphertextBlob"]
    assert b"x" == foreign.decrypt(CiphertextBlob=blob)["Plaintext"]
    assert key["Arn"] == foreign.describe_key(KeyId=key["Arn"])["KeyMetadata"]["Arn"]
    assert "AccessDeniedException" == code_of(stranger.encrypt, KeyId=key["Arn"], Plaintext=b"x")
    own = make_key()
    assert "AccessDeniedException" == code_of(foreign.encrypt, KeyId=own["Arn"], Plaintext=b"x")


def test_no_permission_lets_another_account_administer_a_key(served, make_key):
    other_root = f"arn:aws:iam::{OTHER_ACCOUNT}:root"
    key = make_key(policy(statement("own", ROOT, "kms:*"), statement("other", other_root, "kms:*")))
    foreign = served.client("foreign")
    missing = key["Arn"].replace(key["KeyId"], "00000000-0000-4000-8000-000000000000")
    for call, more in [
        (foreign.disable_key, {}),
        (foreign.enable_key, {}),
        (foreign.get_key_policy, {}),
        (foreign.put_key_policy, {"Policy": json.dumps(policy())}),
        (foreign.schedule_key_deletion, {}),
        (foreign.cancel_key_deletion, {}),
        (foreign.enable_key_rotation, {}),
        (foreign.disable_key_rotation, {}),
        (foreign.list_aliases, {}),
    ]:
        code, message = refusal_of(call, KeyId=key["Arn"], **more)
        assert ("AccessDeniedException", True) == (code, message.startswith(UNKNOWN_KEY)), call
        assert (code, message) == refusal_of(call, KeyId=missing, **more)
    assert "AccessDeniedException" == code_of(foreign.create_alias, AliasName="alias/x", TargetKeyId=key["Arn"])
    assert "Enabled" == served.client().describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]


def test_a_key_of_another_account_cannot_be_told_from_one_that_is_not_there(served, make_key):
    key = make_key()
    missing = key["Arn"].replace(key["KeyId"], "00000000-0000-4000-8000-000000000000")
    stranger = served.client("stranger")
    assert "AccessDeniedException" == code_of(stranger.encrypt, KeyId=missing, Plaintext=b"x")
    assert "AccessDeniedException" == code_of(stranger.encrypt, KeyId=key["Arn"], Plaintext=b"x")


def assumed(served, **more):
    sts = served.client("alice", "sts")
    return sts.assume_role(RoleArn=ROLE, RoleSessionName="web-1", **more)


def test_a_role_session_has_the_roles_permissions_and_its_own_name(served):
    given = assumed(served)
    assert f"arn:aws:sts::{ACCOUNT}:assumed-role/App/web-1" == given["AssumedRoleUser"]["Arn"]
    session = served.client(session=given["Credentials"])
    who = served.client(service="sts", session=given["Credentials"]).get_caller_identity()
    assert (given["AssumedRoleUser"]["Arn"], ACCOUNT) == (who["Arn"], who["Account"])
    assert given["AssumedRoleUser"]["AssumedRoleId"] == who["UserId"]
    assert None is code_of(session.create_key)


def test_a_session_policy_can_only_take_away(served, make_key):
    allow = {"Effect": "Allow", "Action": "kms:Encrypt", "Resource": "*"}
    given = assumed(served, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    session = served.client(session=given["Credentials"])
    key = make_key()
    assert None is code_of(session.encrypt, KeyId=key["KeyId"], Plaintext=b"x")
    code, message = refusal_of(session.describe_key, KeyId=key["KeyId"])
    assert ("AccessDeniedException", True) == (
        code,
        message.endswith("no session policy allows the kms:DescribeKey action"),
    )


def test_session_tags_are_the_callers_and_take_the_place_of_the_roles(served, make_key):
    condition = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    deny = {**statement("red alone", "*", "kms:Encrypt"), "Effect": "Deny"}
    deny["Condition"] = {"StringNotEquals": condition["StringEquals"]}
    key = make_key(policy(statement("root", ROOT, "kms:*"), deny))
    blue = served.client(session=assumed(served)["Credentials"])
    red = served.client(session=assumed(served, Tags=[{"Key": "team", "Value": "red"}])["Credentials"])
    assert "AccessDeniedException" == code_of(blue.encrypt, KeyId=key["KeyId"], Plaintext=b"x")
    assert None is code_of(red.encrypt, KeyId=key["KeyId"], Plaintext=b"x")


def test_a_role_that_does_not_trust_the_caller_or_is_not_there_is_refused_alike(served):
    sts = served.client("admin", "sts")
    refused = refusal_of(sts.assume_role, RoleArn=ROLE, RoleSessionName="web-1")
    missing = refusal_of(sts.assume_role, RoleArn=f"{ROLE}x", RoleSessionName="web-1")
    assert ("AccessDenied", refused[1].replace("role/App", "role/Appx")) == missing


def test_an_empty_list_of_session_tags_is_none(served):
    assert "Credentials" in assumed(served, Tags=[], TransitiveTagKeys=[])


@pytest.mark.parametrize(
    ("document", "code", "told"),
    [
        ("free text", "MalformedPolicyDocumentException", "not a JSON object"),
        (
            'allow "x" {\n  principal *\n  action kms:*\n  resource *\n}',
            "MalformedPolicyDocumentException",
            "JSON object",
        ),
        ('{"Version": "2012-10-17"', "MalformedPolicyDocumentException", "policy:1"),
        (" " * (33 * 1024), "LimitExceededException", "32768"),
        (json.dumps(policy(statement("s", ROOT, "kms:*")), indent=2) + " " * 33_000, "LimitExceededException", "32768"),
        (
            json.dumps(policy(statement("s", [ROOT, user_arn("ghost")], "kms:*"))),
            "MalformedPolicyDocumentException",
            "invalid principals",
        ),
        (
            json.dumps(policy(statement("s", [ROOT, f"arn:aws:iam::{ACCOUNT}:role/Ghost"], "kms:*"))),
            "MalformedPolicyDocumentException",
            "invalid principals",
        ),
        (
            json.dumps(policy(statement("s", [ROOT, "nonsense"], "kms:*"))),
            "MalformedPolicyDocumentException",
            "",
        ),
        (
            json.dumps(policy(statement("bob", user_arn("bob"), "kms:*"))),
            "MalformedPolicyDocumentException",
            "The new key policy will not allow you to update the key policy in the future.",
        ),
    ],
    ids=range(9),
)
def test_a_key_policy_that_is_none_or_locks_the_caller_out_is_refused_and_the_old_one_stays(
    served, make_key, document, code, told
):
    key = make_key()
    admin = served.client()
    before = admin.get_key_policy(KeyId=key["KeyId"])["Policy"]
    found, message = refusal_of(admin.put_key_policy, KeyId=key["KeyId"], Policy=document)
    assert (code, True) == (found, told in message), message
    assert before == admin.get_key_policy(KeyId=key["KeyId"])["Policy"]
    assert code == code_of(admin.create_key, Policy=document)


def test_a_key_policy_with_three_faults_names_all_three(served, make_key):
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Perhaps", "Principal": "*", "Action": "kms:*", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"Nobody": "x"}, "Action": "kms:*", "Resource": "*"},
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "kms:*",
                "Resource": "*",
                "Condition": {"Like": {"a": "b"}},
            },
        ],
    }
    key = make_key()
    code, message = refusal_of(served.client().put_key_policy, KeyId=key["KeyId"], Policy=json.dumps(document))
    assert "MalformedPolicyDocumentException" == code
    assert ["Perhaps", "Nobody", "Like"] == [word for word in ("Perhaps", "Nobody", "Like") if f"`{word}`" in message]
    assert 3 == len(message.split("; policy:"))


def test_the_lockout_check_can_be_bypassed(served, make_key):
    key = make_key()
    admin = served.client()
    document = json.dumps(policy(statement("bob", user_arn("bob"), "kms:*")))
    admin.put_key_policy(KeyId=key["KeyId"], Policy=document, BypassPolicyLockoutSafetyCheck=True)
    assert "AccessDeniedException" == code_of(admin.describe_key, KeyId=key["KeyId"])
    assert document == served.client("bob").get_key_policy(KeyId=key["KeyId"])["Policy"]


def test_a_new_key_policy_holds_for_the_next_call(served, make_key):
    key = make_key()
    bob = served.client("bob")
    for allowed in (False, True, False, True):
        document = ALICE_ADMINISTERS_BOB_USES if allowed else policy(statement("root", ROOT, "kms:*"))
        served.client("admin").put_key_policy(KeyId=key["KeyId"], Policy=json.dumps(document))
        assert allowed == (code_of(bob.encrypt, KeyId=key["KeyId"], Plaintext=b"x") is None)
