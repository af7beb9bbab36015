"""Grants through boto3: a role that decrypts under a constraint, tokens, the ends of a grant, kill -9."""

import json

import pytest

from tests.e2e.conftest import code_of, policy, refusal_of, statement, user_arn
from tests.e2e.test_e2e_restart import administrator, free_port, process
from tests.live import ACCOUNT

ROLE = f"arn:aws:iam::{ACCOUNT}:role/App"
ADMIN_ALONE = policy(statement("admin alone", user_arn("admin"), "kms:*"))
WEB = {"app": "web"}


@pytest.fixture
def key(make_key):
    """A key whose policy lets nobody but the administrator do anything, IAM policies neither."""
    return make_key(ADMIN_ALONE)["KeyId"]


@pytest.fixture(scope="module")
def session(served):
    """The role's, whose own policy allows every action of KMS: what a key that does not delegate makes nothing of."""
    sts = served.client("alice", "sts")
    return served.client(session=sts.assume_role(RoleArn=ROLE, RoleSessionName="web")["Credentials"])


def granted(served, key, principal=ROLE, operations=("Decrypt",), **more):
    return served.client().create_grant(KeyId=key, GranteePrincipal=principal, Operations=list(operations), **more)


def test_a_grant_lets_a_role_decrypt_under_its_constraint_and_nobody_else(served, session, key):
    admin = served.client()
    web = admin.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext=WEB)["CiphertextBlob"]
    other = admin.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"app": "other"})["CiphertextBlob"]
    call = {"CiphertextBlob": web, "EncryptionContext": WEB}
    assert "AccessDeniedException" == code_of(session.decrypt, **call)
    made = granted(served, key, Constraints={"EncryptionContextSubset": WEB})
    assert (64, True) == (len(made["GrantId"]), len(made["GrantToken"]) < 8192)
    assert b"x" == session.decrypt(**call)["Plaintext"]
    assert "AccessDeniedException" == code_of(session.decrypt, CiphertextBlob=other, EncryptionContext={"app": "other"})
    assert "AccessDeniedException" == code_of(session.encrypt, KeyId=key, Plaintext=b"x", EncryptionContext=WEB)
    for user in ("alice", "bob", "nobody", "foreign"):
        assert "AccessDeniedException" == code_of(served.client(user).decrypt, **call)


def test_a_deny_in_the_key_policy_wins_over_a_grant(served, session, key):
    blob = served.client().encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    granted(served, key)
    assert b"x" == session.decrypt(CiphertextBlob=blob)["Plaintext"]
    deny = {**statement("not the role", ROLE, "kms:Decrypt"), "Effect": "Deny"}
    served.client().put_key_policy(KeyId=key, Policy=json.dumps(policy(*ADMIN_ALONE["Statement"], deny)))
    code, message = refusal_of(session.decrypt, CiphertextBlob=blob)
    assert ("AccessDeniedException", True) == (code, "explicit deny in a resource-based policy" in message)


def test_a_grant_token_is_taken_where_it_is_sound_and_refused_where_it_is_not(served, session, key):
    blob = served.client().encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    token = granted(served, key)["GrantToken"]
    assert b"x" == session.decrypt(CiphertextBlob=blob, GrantTokens=[token])["Plaintext"]
    assert "InvalidGrantTokenException" == code_of(session.decrypt, CiphertextBlob=blob, GrantTokens=[token + "x"])


@pytest.mark.parametrize("how", ["retiring principal", "grantee", "issuing account", "revoked"])
def test_a_grant_that_has_ended_allows_nothing(served, session, key, how):
    blob = served.client().encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    made = granted(served, key, operations=["Decrypt", "RetireGrant"], RetiringPrincipal=user_arn("bob"))
    named = {"KeyId": key, "GrantId": made["GrantId"]}
    assert "AccessDeniedException" == code_of(served.client("alice").retire_grant, **named)
    assert "AccessDeniedException" == code_of(served.client("bob").revoke_grant, **named)
    assert b"x" == session.decrypt(CiphertextBlob=blob)["Plaintext"]
    ends = {
        "retiring principal": lambda: served.client("bob").retire_grant(GrantToken=made["GrantToken"]),
        "grantee": lambda: session.retire_grant(**named),
        "issuing account": lambda: served.client().retire_grant(**named),
        "revoked": lambda: served.client().revoke_grant(**named),
    }
    ends[how]()
    assert "AccessDeniedException" == code_of(session.decrypt, CiphertextBlob=blob)
    assert [] == served.client().list_grants(KeyId=key)["Grants"]


def test_boto3s_paginators_walk_both_lists(served, key):
    alice = user_arn("alice")
    ids = {granted(served, key, RetiringPrincipal=alice)["GrantId"] for _ in range(7)}
    for operation, members in (
        ("list_grants", {"KeyId": key}),
        ("list_retirable_grants", {"RetiringPrincipal": alice}),
    ):
        pages = served.client().get_paginator(operation).paginate(**members, PaginationConfig={"PageSize": 3})
        sizes = [[entry["GrantId"] for entry in page["Grants"]] for page in pages]
        assert [3, 3, 1] == [len(page) for page in sizes]
        assert ids == {each for page in sizes for each in page}


def test_a_repeated_request_gives_the_same_grant_and_a_dry_run_gives_none(served, key):
    first, second = (granted(served, key, Name="once") for _ in range(2))
    assert first["GrantId"] == second["GrantId"]
    assert first["GrantToken"] != second["GrantToken"]
    assert 1 == len(served.client().list_grants(KeyId=key)["Grants"])
    call = {"KeyId": key, "GranteePrincipal": ROLE, "Operations": ["Decrypt"], "DryRun": True}
    assert "DryRunOperationException" == code_of(served.client().create_grant, **call)
    assert "AccessDeniedException" == code_of(served.client("bob").create_grant, **call)
    assert 1 == len(served.client().list_grants(KeyId=key)["Grants"])


def test_grants_survive_kill_9_and_their_ends_do_too(tmp_path):
    data, port = tmp_path / "data", free_port()
    with process(data, port) as running:
        admin = administrator(data, port)
        who = admin.create_key()["KeyMetadata"]
        principal = f"arn:aws:iam::{who['AWSAccountId']}:root"
        call = {"KeyId": who["KeyId"], "GranteePrincipal": principal, "Operations": ["Decrypt", "Encrypt"]}
        kept, gone = (admin.create_grant(**call, Constraints={"EncryptionContextSubset": WEB}) for _ in range(2))
        listed = admin.list_grants(KeyId=who["KeyId"], GrantId=kept["GrantId"])["Grants"]
        admin.retire_grant(GrantToken=gone["GrantToken"])
        running.kill()
        running.wait()
    with process(data, port):
        admin = administrator(data, port)
        assert listed == admin.list_grants(KeyId=who["KeyId"])["Grants"]
        assert "NotFoundException" == code_of(admin.retire_grant, GrantToken=gone["GrantToken"])
        admin.retire_grant(GrantToken=kept["GrantToken"])
        assert [] == admin.list_grants(KeyId=who["KeyId"])["Grants"]
