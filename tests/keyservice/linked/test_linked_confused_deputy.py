"""Confused deputies: what a service may do for whom, and who cannot claim to be a service, or to have called one."""

import json

import pytest
from botocore.credentials import Credentials

from tests.forwarding import call_as_service, credentials_of, exchange, head_of, session_for
from tests.keyservice.linked.policies import EC2, EVERYONE, VIA_EC2, allow, policy, user
from tests.live import (
    ACCOUNT,
    OTHER_ACCOUNT,
    OTHER_REGION,
    access_key_id_of,
    apply_identities,
    identities,
    secret_of,
)

DATA_KEY = {"KeySpec": "AES_256"}
INVALID = "UnrecognizedClientException"
VOLUME = f"arn:aws:ec2:us-east-1:{ACCOUNT}:volume/vol-1"


def data_key(service, key, **how):
    return service.call("GenerateDataKey", {"KeyId": key["KeyId"], **DATA_KEY}, **how)


@pytest.fixture
def via_ec2(service):
    """A key that alice may use through EC2, and not otherwise."""
    return service.make_key(policy(allow(user("alice"), VIA_EC2)))


# What a service may do on behalf of a caller.


def test_a_key_for_use_through_a_service_is_used_through_it_and_not_directly(service, via_ec2):
    assert 200 == data_key(service, via_ec2, credentials=session_for(service, "alice")).status
    assert "AccessDeniedException" == data_key(service, via_ec2, user="alice").type


def test_a_key_for_use_through_one_service_is_not_used_through_another(service, via_ec2):
    other = session_for(service, "alice", linked="s3")
    assert "AccessDeniedException" == data_key(service, via_ec2, credentials=other).type


def test_a_service_reaches_no_key_for_a_caller_who_has_no_permission(service, via_ec2):
    refused = data_key(service, via_ec2, credentials=session_for(service, "bob"))
    assert ("AccessDeniedException", True) == (refused.type, "user/bob is not authorized" in refused.message)


def test_a_service_has_no_permission_of_its_own_from_its_callers(service, via_ec2):
    members = {"KeyId": via_ec2["Arn"], **DATA_KEY}
    assert "AccessDeniedException" == service.call("GenerateDataKey", members, user="ec2").type


def test_a_callers_explicit_deny_counts_through_a_service_too(service):
    deny = allow(user("alice"), {"Bool": {"aws:ViaAWSService": "true"}}, effect="Deny")
    key = service.make_key(policy(allow(user("alice")), deny))
    assert 200 == data_key(service, key, user="alice").status
    refused = data_key(service, key, credentials=session_for(service, "alice"))
    assert ("AccessDeniedException", True) == (refused.type, "explicit deny" in refused.message)


def test_the_callers_account_is_the_callers_and_not_the_services(service):
    key = service.make_key(policy(allow(EVERYONE, {"StringEquals": {"kms:CallerAccount": ACCOUNT}})))
    assert 200 == data_key(service, key, credentials=session_for(service, "bob")).status
    members = {"KeyId": key["Arn"], **DATA_KEY}
    foreign = service.call("GenerateDataKey", members, credentials=session_for(service, "foreign"))
    assert "AccessDeniedException" == foreign.type


# Who may make a forward access session.


@pytest.mark.parametrize("who", ["admin", "alice", "foreign"])
def test_nobody_but_a_linked_service_makes_a_session_whatever_policies_allow(service, who):
    assert "AccessDeniedException" == exchange(service, head_of("bob"), linked=who).type


def test_a_role_that_may_do_everything_makes_no_session_either(service):
    assumed = service.sts(
        f"Action=AssumeRole&Version=2011-06-15&RoleSessionName=me&RoleArn=arn:aws:iam::{ACCOUNT}:role/App", user="alice"
    ).body.decode()
    found = [assumed.split(f"<{name}>")[1].split("<")[0] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")]
    answer = exchange(service, head_of("bob"), credentials=Credentials(*found))
    assert "AccessDeniedException" == answer.type


@pytest.mark.parametrize("called", ["kms", "sts", "s3", "wardkey", "iam"])
def test_a_request_to_another_service_is_not_passed_on(service, called):
    answer = exchange(service, head_of("alice", service=called), linked="ec2")
    assert "InvalidSignatureException" == answer.type
    assert "Forwarded request: Credential should be scoped to correct service: 'ec2'. " == answer.message


def test_a_request_that_was_signed_minutes_ago_is_not_passed_on(service, clock):
    head = head_of("alice")
    clock.advance(299)
    assert 200 == exchange(service, head).status
    clock.advance(2)
    answer = exchange(service, head)
    assert ("InvalidSignatureException", True) == (answer.type, "Signature expired" in answer.message)


@pytest.mark.parametrize(
    "change",
    [
        {"Method": "GET"},
        {"Path": "/other"},
        {"Query": "Action=DeleteVolume"},
        {"PayloadHash": "0" * 64},
        {"PayloadHash": "UNSIGNED-PAYLOAD"},
        {"Headers": [{"Name": "Host", "Value": "ec2.example.com"}]},
    ],
)
def test_a_request_that_was_changed_is_not_passed_on(service, change):
    answer = exchange(service, head_of("alice") | change)
    assert answer.type in {"InvalidSignatureException", "MissingAuthenticationTokenException"}
    assert answer.message.startswith("Forwarded request: ")


def test_a_request_of_nobodys_is_not_passed_on(service):
    made_up = Credentials("AKIAUNKNOWNXXXXXXXXX", "a secret that somebody made up")
    assert INVALID == exchange(service, head_of(credentials=made_up)).type


def test_a_service_that_calls_for_itself_is_nobody_to_be_passed_on(service):
    answer = exchange(service, head_of("s3", service="ec2"), linked="ec2")
    assert INVALID == answer.type


def test_a_request_for_another_region_is_not_passed_on(service):
    answer = exchange(service, head_of("alice", region=OTHER_REGION))
    assert ("InvalidSignatureException", True) == (answer.type, "service's Region, 'us-east-1'" in answer.message)


def test_a_request_whose_caller_was_deactivated_is_not_passed_on(service):
    deactivate(service, "alice")
    assert INVALID == exchange(service, head_of("alice")).type


# What a token is good for.


@pytest.fixture
def free(service):
    """A key that alice may use anyhow."""
    return service.make_key(policy(allow(user("alice"))))


@pytest.fixture
def token(service):
    return session_for(service, "alice").token


def test_a_caller_has_no_use_for_a_token_beside_an_access_key_of_its_own(service, free, token):
    own = Credentials(access_key_id_of("alice"), secret_of("alice"), token)
    assert INVALID == data_key(service, free, credentials=own).type


def test_another_service_has_no_use_for_a_token(service, free, token):
    assert INVALID == data_key(service, free, credentials=credentials_of(token, "s3")).type


def test_a_token_is_not_good_in_another_region(service, free, token):
    answer = data_key(service, free, credentials=credentials_of(token), region=OTHER_REGION)
    assert INVALID == answer.type


def test_a_token_of_which_any_part_was_changed_is_none(service, free, token):
    for place in range(0, len(token), 7):
        flipped = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert INVALID == data_key(service, free, credentials=credentials_of(flipped)).type
    for cut in (token[:-1], token[: len(token) // 2], "A", token + "A"):
        assert INVALID == data_key(service, free, credentials=credentials_of(cut)).type


def test_a_session_token_is_no_forward_access_session(service, free):
    answer = service.sts("Action=GetSessionToken&Version=2011-06-15", user="alice").body.decode()
    session = answer.split("<SessionToken>")[1].split("<")[0]
    assert INVALID == data_key(service, free, credentials=credentials_of(session)).type


def test_a_token_lasts_for_five_minutes(service, free, token, clock):
    clock.advance(299)
    assert 200 == data_key(service, free, credentials=credentials_of(token)).status
    clock.advance(1)
    assert "ExpiredTokenException" == data_key(service, free, credentials=credentials_of(token)).type


def test_a_token_calls_aws_kms_and_nothing_else_of_this_service(service, token):
    passed_on = credentials_of(token)
    for family in ("sts", "iam"):
        answer = service.sts("Action=GetCallerIdentity&Version=2011-06-15", credentials=passed_on, service=family)
        assert answer.status in {400, 403}
    assert INVALID == exchange(service, head_of("bob"), credentials=passed_on).type


def deactivate(service, name):
    with service.opened.store.change() as change:
        key = service.opened.store.access_key(access_key_id_of(name))
        change.delete_identity(key)


@pytest.mark.parametrize("gone", ["alice", "ec2"])
def test_a_token_ends_with_the_access_key_of_the_caller_or_of_the_service(service, free, token, gone):
    deactivate(service, gone)
    assert INVALID == data_key(service, free, credentials=credentials_of(token)).type


def test_a_token_is_not_that_of_who_has_the_callers_access_key_now(service, free, token):
    with service.opened.store.change() as change:
        change.delete_identity(service.opened.store.user(ACCOUNT, "alice"))
    apply_identities(service.opened, identities())
    assert INVALID == data_key(service, free, credentials=credentials_of(token)).type


# Who may claim to be a service.


def test_a_callers_own_word_that_a_service_calls_is_not_looked_at(service, via_ec2):
    headers = {"X-Amz-Target": "TrentService.GenerateDataKey", "x-amz-via-service": "ec2.us-east-1.amazonaws.com"}
    body = json.dumps({"KeyId": via_ec2["KeyId"], **DATA_KEY}).encode()
    assert "AccessDeniedException" == service.post(body, headers, user="alice").type


@pytest.mark.parametrize("who", ["alice", "admin"])
def test_a_callers_own_word_for_what_source_it_calls_is_not_looked_at(service, who):
    key = service.make_key(policy(allow(user("alice"), {"StringEquals": {"aws:SourceAccount": ACCOUNT}})))
    members = {"KeyId": key["KeyId"], **DATA_KEY}
    answer = call_as_service(service, "GenerateDataKey", members, arn=VOLUME, account=ACCOUNT, user=who)
    assert "AccessDeniedException" == answer.type


def test_a_service_that_acts_for_a_caller_has_no_source(service):
    key = service.make_key(policy(allow(EVERYONE, {"StringEquals": {"aws:SourceAccount": ACCOUNT}})))
    body = json.dumps({"KeyId": key["KeyId"], **DATA_KEY}).encode()
    headers = {"X-Amz-Target": "TrentService.GenerateDataKey", "x-amz-source-account": ACCOUNT}
    answer = service.post(body, headers, credentials=session_for(service, "alice"))
    assert "AccessDeniedException" == answer.type


# What a service may do for itself.


@pytest.mark.parametrize(
    ("condition", "given"),
    [
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, {"account": ACCOUNT}),
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, {"arn": VOLUME}),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:ec2:*:{ACCOUNT}:volume/*"}}, {"arn": VOLUME}),
        ({"Bool": {"aws:PrincipalIsAWSService": "true"}}, {}),
        ({"StringEquals": {"aws:PrincipalServiceName": "ec2.amazonaws.com"}}, {}),
        ({"ForAnyValue:StringEquals": {"aws:PrincipalServiceNamesList": "ec2.amazonaws.com"}}, {}),
    ],
)
def test_a_service_uses_a_key_whose_policy_names_it_and_its_source(service, condition, given):
    key = service.make_key(policy(allow(EC2, condition)))
    assert 200 == call_as_service(service, "GenerateDataKey", {"KeyId": key["Arn"], **DATA_KEY}, **given).status


@pytest.mark.parametrize(
    ("condition", "given"),
    [
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, {"account": OTHER_ACCOUNT}),
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, {}),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:ec2:*:{ACCOUNT}:volume/*"}}, {"arn": VOLUME.replace("vol", "snap")}),
        ({"ArnLike": {"aws:SourceArn": VOLUME}}, {"arn": VOLUME.replace(ACCOUNT, OTHER_ACCOUNT)}),
        ({"StringEquals": {"aws:PrincipalServiceName": "s3.amazonaws.com"}}, {}),
        ({"StringEquals": {"kms:CallerAccount": ACCOUNT}}, {"account": ACCOUNT}),
    ],
)
def test_a_service_with_another_source_is_refused(service, condition, given):
    key = service.make_key(policy(allow(EC2, condition)))
    answer = call_as_service(service, "GenerateDataKey", {"KeyId": key["Arn"], **DATA_KEY}, **given)
    assert "AccessDeniedException" == answer.type


@pytest.mark.parametrize(
    "given",
    [
        {"arn": "none"},
        {"account": "1"},
        {"arn": VOLUME, "account": OTHER_ACCOUNT},
        {"arn": "arn:aws:ec2:::" + "x" * 2048},
    ],
)
def test_a_source_that_is_none_is_refused(service, given):
    key = service.make_key(policy(allow(EC2)))
    answer = call_as_service(service, "GenerateDataKey", {"KeyId": key["Arn"], **DATA_KEY}, **given)
    assert "ValidationException" == answer.type


def test_a_policy_for_one_service_is_not_for_another(service):
    key = service.make_key(policy(allow(EC2)))
    answer = call_as_service(service, "GenerateDataKey", {"KeyId": key["Arn"], **DATA_KEY}, linked="s3")
    assert "AccessDeniedException" == answer.type


def test_a_service_assumes_a_role_that_trusts_it_for_the_source_that_the_role_names(service):
    condition = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    trust = {"Effect": "Allow", "Principal": EC2, "Action": "sts:AssumeRole", "Condition": condition}
    document = identities()
    document["accounts"][0]["roles"].append(
        {"name": "Instance", "trust_policy": {"Version": "2012-10-17", "Statement": trust}}
    )
    apply_identities(service.opened, document)
    role = f"arn:aws:iam::{ACCOUNT}:role/Instance"
    form = f"Action=AssumeRole&Version=2011-06-15&RoleSessionName=i-1&RoleArn={role}".encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    def assume(account, who="ec2"):
        return service.post(form, {**headers, "x-amz-source-account": account}, user=who, service="sts").status

    assert [200, 403, 403, 403] == [
        assume(ACCOUNT),
        assume(OTHER_ACCOUNT),
        assume(ACCOUNT, "s3"),
        assume(ACCOUNT, "admin"),
    ]
