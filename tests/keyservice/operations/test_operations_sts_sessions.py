"""Temporary credentials of every origin: MFA, web identities, managed session policies, and how they end."""

import base64
import json
import os
import time
from urllib.parse import urlencode

import pytest

from keyservice.crypto.totp import code_at, seed_of
from tests import web_identity
from tests.keyservice.operations.cases import STS_VERSION
from tests.keyservice.operations.test_operations_sts import assume, clock, code_of, credentials_of, trust  # noqa: F401 - fixtures
from tests.live import ACCOUNT, ALLOW_ALL, ALLOW_KMS, apply_identities, open_service

ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
SERIAL = f"arn:aws:iam::{ACCOUNT}:mfa/alice"
SEED = base64.b32encode(b"12345678901234567890").decode()
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
LOOK = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}}
ROLES = [
    {"name": "Guarded", "trust_policy": trust(ALICE, Condition=MFA), "policies": [ALLOW_KMS]},
    {"name": "Open", "trust_policy": trust(ALICE, Action="sts:*"), "policies": [ALLOW_ALL]},
    {"name": "Web", "trust_policy": web_identity.trust(ACCOUNT), "policies": [ALLOW_KMS]},
]
USER_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"},
        {"Effect": "Allow", "Action": "kms:ListAliases", "Resource": "*", "Condition": MFA},
        {
            "Effect": "Allow",
            "Action": "kms:GenerateRandom",
            "Resource": "*",
            "Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}},
        },
    ],
}


def identities(**account):
    return {
        "accounts": [
            {
                "id": ACCOUNT,
                "users": [{"name": "alice", "policies": [USER_POLICY]}],
                "roles": ROLES,
                "managed_policies": [{"name": "Look", "document": LOOK}],
                "oidc_providers": [web_identity.provider()],
                "mfa_devices": [{"user": "alice", "seed": SEED}],
                **account,
            }
        ]
    }


@pytest.fixture
def sts(tmp_path, clock):  # noqa: F811 - the imported fixture
    service = open_service(tmp_path / "data", clock)
    apply_identities(service.opened, identities())
    yield service
    service.close()


def call(service, action, *, user="alice", credentials=None, **members):
    return service.sts(
        urlencode({"Action": action, "Version": STS_VERSION, **members}), user=user, credentials=credentials
    )


def code(clock, ahead=0):  # noqa: F811 - the imported fixture's value
    return code_at(seed_of(SEED), int(clock.now()) // 30 + ahead)


def with_mfa(clock, ahead=0):  # noqa: F811 - likewise
    return {"SerialNumber": SERIAL, "TokenCode": code(clock, ahead)}


def test_a_session_token_without_mfa_is_the_user_without_mfa(sts):
    credentials = credentials_of(call(sts, "GetSessionToken"))
    assert 200 == sts.call("ListKeys", credentials=credentials).status
    assert 400 == sts.call("ListAliases", credentials=credentials).status
    identity = sts.sts(f"Action=GetCallerIdentity&Version={STS_VERSION}", credentials=credentials)
    assert ALICE in identity.body.decode()
    assert "AccessDenied" == code_of(assume(sts, "Guarded", credentials=credentials))


def test_a_code_makes_a_session_with_mfa_and_its_age(sts, clock):  # noqa: F811 - likewise
    credentials = credentials_of(call(sts, "GetSessionToken", **with_mfa(clock)))
    assert 200 == sts.call("ListAliases", credentials=credentials).status
    assert 200 == sts.call("GenerateRandom", {"NumberOfBytes": 8}, credentials=credentials).status
    assert 200 == assume(sts, "Guarded", credentials=credentials).status
    clock.advance(301)
    assert 200 == sts.call("ListAliases", credentials=credentials).status
    assert 400 == sts.call("GenerateRandom", {"NumberOfBytes": 8}, credentials=credentials).status
    entry = sts.entries()[-1]["event"]["userIdentity"]
    assert "true" == entry["sessionContext"]["attributes"]["mfaAuthenticated"]


def test_a_code_is_good_once_and_for_its_owner_alone(sts, clock):  # noqa: F811 - likewise
    given = with_mfa(clock)
    wrong = {**given, "TokenCode": f"{(int(given['TokenCode']) + 1) % 1_000_000:06}"}
    assert "AccessDenied" == code_of(call(sts, "GetSessionToken", **wrong))
    assert 200 == call(sts, "GetSessionToken", **given).status
    assert "AccessDenied" == code_of(call(sts, "GetSessionToken", **given))
    assert "AccessDenied" == code_of(call(sts, "GetSessionToken", user="bob", **with_mfa(clock, 1)))
    assert "AccessDenied" == code_of(call(sts, "GetSessionToken", **with_mfa(clock, 2)))
    assert 200 == call(sts, "GetSessionToken", **with_mfa(clock, 1)).status
    assert "ValidationError" == code_of(call(sts, "GetSessionToken", SerialNumber=SERIAL))
    assert given["TokenCode"] not in json.dumps(sts.entries())


def test_a_role_may_want_a_code_with_the_call_itself(sts, clock):  # noqa: F811 - likewise
    assert "AccessDenied" == code_of(assume(sts, "Guarded"))
    assert 200 == assume(sts, "Guarded", **with_mfa(clock)).status
    assert "AccessDenied" == code_of(assume(sts, "Guarded", **with_mfa(clock)))


def test_session_credentials_call_little_of_sts(sts):
    own = credentials_of(call(sts, "GetSessionToken"))
    role = credentials_of(assume(sts, "Open"))
    for credentials in (own, role):
        assert "AccessDenied" == code_of(call(sts, "GetSessionToken", credentials=credentials))
    assert 200 == assume(sts, "Open", credentials=own).status


def test_a_managed_session_policy_limits_by_what_it_says_now(sts):
    arn = f"arn:aws:iam::{ACCOUNT}:policy/Look"
    answer = assume(sts, "Open", **{"PolicyArns.member.1.arn": arn})
    credentials = credentials_of(answer)
    assert b"<PackedPolicySize>" in answer.body
    assert 200 == sts.call("ListKeys", credentials=credentials).status
    denied = sts.call("ListAliases", credentials=credentials)
    assert denied.message.endswith("because no session policy allows the kms:ListAliases action")
    missing = assume(sts, "Open", **{"PolicyArns.member.1.arn": f"{arn}2"})
    assert "ValidationError" == code_of(missing)


def test_tags_beyond_the_packed_size_are_refused(sts):
    many = {}
    for number in range(1, 31):
        value = base64.b64encode(os.urandom(150)).decode()
        many |= {f"Tags.member.{number}.Key": f"key{number}", f"Tags.member.{number}.Value": value}
    assert "PackedPolicyTooLarge" == code_of(assume(sts, "Open", **many))


def test_sessions_end_when_the_directory_says_so(sts, clock):  # noqa: F811 - likewise
    role = credentials_of(assume(sts, "Open"))
    own = credentials_of(call(sts, "GetSessionToken"))
    clock.advance(60)
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(clock.now()))
    later = {"sessions_valid_from": moment}
    apply_identities(
        sts.opened,
        identities(
            users=[{"name": "alice", "policies": [USER_POLICY], **later}],
            roles=[ROLES[0], {**ROLES[1], **later}, ROLES[2]],
        ),
    )
    for credentials in (role, own):
        assert "ExpiredTokenException" == sts.call("ListKeys", credentials=credentials).type
    assert 200 == sts.call("ListKeys", credentials=credentials_of(assume(sts, "Open"))).status


def test_older_sessions_are_revoked_by_aws_own_policy(sts, clock):  # noqa: F811 - likewise
    old = credentials_of(assume(sts, "Open"))
    clock.advance(60)
    revoke = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {
                "DateLessThan": {"aws:TokenIssueTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(clock.now()))}
            },
        },
    }
    named = {"name": "AWSRevokeOlderSessions", "document": revoke}
    role = {**ROLES[1], "policies": [ALLOW_ALL, named]}
    apply_identities(sts.opened, identities(roles=[ROLES[0], role, ROLES[2]]))
    assert sts.call("ListKeys", credentials=old).message.endswith("explicit deny in an identity-based policy")
    assert 200 == sts.call("ListKeys", credentials=credentials_of(assume(sts, "Open"))).status


def test_the_sessions_of_a_deleted_user_end(sts):
    own = credentials_of(call(sts, "GetSessionToken"))
    store = sts.opened.store
    with store.change() as change:
        change.delete_identity(store.user(ACCOUNT, "alice"))
    assert "UnrecognizedClientException" == sts.call("ListKeys", credentials=own).type


def web(service, token, *, role="Web", **more):
    members = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/{role}", "RoleSessionName": "pod-1", "WebIdentityToken": token}
    return call(service, "AssumeRoleWithWebIdentity", user=None, **members, **more)


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_a_web_identity_gets_the_role_that_trusts_it(sts, clock, algorithm):  # noqa: F811 - likewise
    answer = web(sts, web_identity.token(algorithm=algorithm, now=clock.now()))
    credentials = credentials_of(answer)
    assert f"<SubjectFromWebIdentityToken>{web_identity.SUBJECT}<".encode() in answer.body
    assert 200 == sts.call("ListKeys", credentials=credentials).status
    first, second = sts.entries()[-2:]
    assert "WebIdentityUser" == first["event"]["userIdentity"]["type"]
    assert web_identity.SUBJECT == first["event"]["userIdentity"]["userName"]
    assert f"arn:aws:sts::{ACCOUNT}:assumed-role/Web/pod-1" == second["event"]["userIdentity"]["arn"]


TOKENS = {
    "expired": ({"exp": 1}, "ExpiredTokenException"),
    "without expiry": ({"exp": None}, "InvalidIdentityToken"),
    "issued tomorrow": ({"iat": 9_999_999_999}, "InvalidIdentityToken"),
    "another issuer": ({"iss": "https://other.example.com"}, "InvalidIdentityToken"),
    "issuer in plain": ({"iss": f"http://{web_identity.ISSUER}"}, "InvalidIdentityToken"),
    "another audience": ({"aud": "someone"}, "InvalidIdentityToken"),
    "no subject": ({"sub": None}, "InvalidIdentityToken"),
    "a stranger's key": ({"key": web_identity.STRANGER}, "InvalidIdentityToken"),
    "an unknown key id": ({"headers": {"kid": "other"}}, "InvalidIdentityToken"),
    "an untrusted subject": ({"sub": "system:serviceaccount:app:other"}, "AccessDenied"),
}


@pytest.mark.parametrize("name", list(TOKENS))
def test_a_token_that_does_not_hold_is_refused(sts, clock, name):  # noqa: F811 - likewise
    claims, expected = TOKENS[name]
    token = web_identity.token(now=clock.now(), **claims)
    answer = web(sts, token)
    assert expected == code_of(answer)
    assert token not in json.dumps(sts.entries())


def test_no_token_without_a_signature_and_none_by_a_secret(sts, clock):  # noqa: F811 - likewise
    head, body, signature = web_identity.token(now=clock.now()).split(".")
    bare = base64.urlsafe_b64encode(b'{"alg":"none","kid":"ES256"}').decode().rstrip("=")
    shared = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"RS256"}').decode().rstrip("=")
    for token in (
        f"{bare}.{body}.",
        f"{shared}.{body}.{signature}",
        f"{head}.{body}.{signature[:-4]}",
        "text",
        "a.b.c",
    ):
        assert "InvalidIdentityToken" == code_of(web(sts, token))


def test_a_role_that_is_not_there_trusts_nobody(sts, clock):  # noqa: F811 - likewise
    answer = web(sts, web_identity.token(now=clock.now()), role="None")
    assert "AccessDenied" == code_of(answer)
    assert b"Not authorized to perform sts:AssumeRoleWithWebIdentity" in answer.body
