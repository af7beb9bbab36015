"""What policies and the trail see of a call through a service: who, through whom, and in which order."""

import json
from urllib.parse import urlencode

import pytest
from botocore.credentials import Credentials

from keyservice.authorize import authorizer
from keyservice.model.linked_service import KNOWN
from tests.forwarding import call_as_service, credentials_of, exchange, head_of, session_for
from tests.keyservice.linked.policies import EC2, EVERYONE, allow, policy, user
from tests.live import ACCOUNT, REGION, apply_identities, identities

VIA = ("aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:viaawsservice", "kms:viaservice")
VOLUME = f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/vol-1"


@pytest.fixture
def asked(monkeypatch):
    """The request contexts that the engine was asked with."""
    found = []
    request = authorizer.Request

    def watched(**how):
        found.append(dict(how["context"]))
        return request(**how)

    monkeypatch.setattr(authorizer, "Request", watched)
    return found


@pytest.fixture
def key(service):
    return service.make_key(policy(allow(user("alice")), allow(EC2)))


def describe(service, key, **how):
    answer = service.call("DescribeKey", {"KeyId": key["KeyId"]}, **how)
    assert 200 == answer.status, answer.body
    return answer


def test_a_direct_call_came_through_no_service(service, key, asked):
    describe(service, key, user="alice")
    assert {"aws:viaawsservice": ("false",)} == {name: asked[-1][name] for name in VIA if name in asked[-1]}


def test_a_call_through_a_service_says_through_which(service, key, asked):
    describe(service, key, credentials=session_for(service, "alice"))
    values = asked[-1]
    assert [("ec2.amazonaws.com",)] * 3 == [values[name] for name in VIA[:3]]
    assert (("true",), ("ec2.us-east-1.amazonaws.com",)) == (values[VIA[3]], values[VIA[4]])
    assert ((ACCOUNT,), ("false",)) == (values["kms:calleraccount"], values["aws:principalisawsservice"])
    assert (f"arn:aws:iam::{ACCOUNT}:user/alice",) == values["aws:principalarn"]


def chained(service, *services, who="alice"):
    """The credentials of the last of services, each of which has called the next for the caller."""
    credentials = session_for(service, who, linked=services[0])
    for linked in services[1:]:
        head = head_of(service=linked, credentials=credentials)
        answer = exchange(service, head, linked=linked)
        assert 200 == answer.status, answer.body
        credentials = credentials_of(answer.json["SessionToken"], linked)
    return credentials


def test_services_that_call_each_other_for_a_caller_all_stand_in_the_chain_in_order(service, key, asked):
    describe(service, key, credentials=chained(service, "vault", "s3"))
    values = asked[-1]
    assert ("vault.amazonaws.com", "s3.amazonaws.com") == values["aws:calledvia"]
    assert ("vault.amazonaws.com",) == values["aws:calledviafirst"]
    assert ("s3.amazonaws.com",) == values["aws:calledvialast"]
    assert ("s3.us-east-1.amazonaws.com",) == values["kms:viaservice"]


def test_a_chain_lasts_no_longer_than_its_first_session(service, key, clock):
    first = session_for(service, "alice", linked="vault")
    clock.advance(200)
    answer = exchange(service, head_of(service="s3", credentials=first), linked="s3")
    assert 100 == answer.json["Expiration"] - clock.now()
    clock.advance(100)
    credentials = credentials_of(answer.json["SessionToken"], "s3")
    assert "ExpiredTokenException" == service.call("DescribeKey", {"KeyId": key["KeyId"]}, credentials=credentials).type


def test_a_chain_has_an_end(service):
    credentials = chained(service, *["s3", "vault"] * 4)
    answer = exchange(service, head_of(service="s3", credentials=credentials), linked="s3")
    assert ("ValidationException", True) == (answer.type, "8 services" in answer.message)


def test_a_service_learns_who_has_called_it(service, clock):
    answer = exchange(service, head_of("alice")).json
    arn = f"arn:aws:iam::{ACCOUNT}:user/alice"
    unique_id = service.opened.store.user(ACCOUNT, "alice").user_id
    assert {"Arn": arn, "Account": ACCOUNT, "UserId": unique_id} == answer["Caller"]
    assert (["ec2.amazonaws.com"], 300) == (answer["CalledVia"], answer["Expiration"] - clock.now())


def test_the_session_of_a_role_is_passed_on_with_its_policies_and_ends_with_it(service, clock):
    nothing = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    key = service.make_key()
    for session_policy, expected in ((None, 200), (nothing, 400)):
        credentials = assumed(service, session_policy)
        passed_on = exchange(service, head_of(credentials=credentials)).json
        assert passed_on["Caller"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/App/me"
        through = credentials_of(passed_on["SessionToken"])
        assert expected == service.call("DescribeKey", {"KeyId": key["KeyId"]}, credentials=through).status
    clock.advance(3500)
    late = exchange(service, head_of(credentials=credentials)).json
    assert 100 == late["Expiration"] - clock.now()


def assumed(service, session_policy=None):
    form = {"Action": "AssumeRole", "Version": "2011-06-15", "RoleSessionName": "me"}
    form |= {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/App"}
    form |= {"Policy": json.dumps(session_policy)} if session_policy else {}
    text = service.sts(urlencode(form), user="alice").body.decode()
    found = [text.split(f"<{name}>")[1].split("<")[0] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")]
    return Credentials(*found)


# Grants.

GRANT = {"Operations": ["Decrypt", "GenerateDataKey"], "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:user/bob"}


@pytest.mark.parametrize(
    ("operation", "members"), [("CreateGrant", GRANT), ("ListGrants", {}), ("RevokeGrant", {"GrantId": "0" * 64})]
)
def test_what_a_service_does_about_grants_for_a_caller_is_for_an_aws_resource(service, key, asked, operation, members):
    given = {"KeyId": key["KeyId"], **members}
    service.call(operation, given, credentials=session_for(service, "alice"))
    assert ("true",) == asked[-1]["kms:grantisforawsresource"]
    service.call(operation, given, user="alice")
    assert ("false",) == asked[-1]["kms:grantisforawsresource"]


def test_a_caller_who_may_let_services_attach_makes_grants_through_them_alone(service):
    attach = allow(user("alice"), {"Bool": {"kms:GrantIsForAWSResource": "true"}}, ["kms:CreateGrant"])
    key = service.make_key(policy(attach))
    given = {"KeyId": key["KeyId"], **GRANT}
    assert "AccessDeniedException" == service.call("CreateGrant", given, user="alice").type
    assert 200 == service.call("CreateGrant", given, credentials=session_for(service, "alice")).status
    assert 200 == service.call("GenerateDataKey", {"KeyId": key["KeyId"], "KeySpec": "AES_256"}, user="bob").status


def test_a_grant_to_a_service_is_for_that_service_and_that_source_alone(service):
    key = service.make_key(policy(allow(user("alice"))))
    grant = {
        "KeyId": key["KeyId"],
        "Operations": ["Decrypt", "GenerateDataKey", "RetireGrant"],
        "GranteeServicePrincipal": "ec2.amazonaws.com",
        "RetiringServicePrincipal": "ec2.amazonaws.com",
        "Constraints": {"SourceArn": VOLUME},
    }
    made = service.call("CreateGrant", grant, credentials=session_for(service, "alice"))
    assert 200 == made.status, made.body
    use = {"KeyId": key["Arn"], "KeySpec": "AES_256"}
    assert 200 == call_as_service(service, "GenerateDataKey", use, arn=VOLUME).status
    for how in ({}, {"arn": VOLUME + "0"}, {"arn": VOLUME, "linked": "s3"}):
        assert "AccessDeniedException" == call_as_service(service, "GenerateDataKey", use, **how).type
    retired = {"KeyId": key["Arn"], "GrantId": made.json["GrantId"]}
    assert 200 == call_as_service(service, "RetireGrant", retired, arn=VOLUME).status
    assert "AccessDeniedException" == call_as_service(service, "GenerateDataKey", use, arn=VOLUME).type


# Organizations.


def test_the_organization_of_a_source_account_is_known(service, asked):
    document = identities()
    root, unit = "r-ab12", "ou-ab12-11111111"
    document["organizations"] = [
        {"id": "o-a1b2c3d4e5", "management_account": ACCOUNT, "root": {"id": root, "units": [{"id": unit}]}}
    ]
    document["accounts"][0] |= {"organization": "o-a1b2c3d4e5", "parent": unit}
    apply_identities(service.opened, document)
    org = {"StringEquals": {"aws:SourceOrgID": "o-a1b2c3d4e5"}}
    key = service.make_key(policy(allow(EC2, org)))
    assert 200 == call_as_service(service, "DescribeKey", {"KeyId": key["Arn"]}, account=ACCOUNT).status
    assert (f"o-a1b2c3d4e5/{root}/{unit}/",) == asked[-1]["aws:sourceorgpaths"]
    assert "AccessDeniedException" == call_as_service(service, "DescribeKey", {"KeyId": key["Arn"]}).type
    # It is the source's, and no principal's: a service belongs to no organization.
    assert "aws:principalorgid" not in asked[-1]


# The trail.


def test_the_trail_says_who_called_and_which_service_made_the_call(service, key):
    through = session_for(service, "alice")
    service.entries()
    describe(service, key, credentials=through)
    entry = service.entries()[-1]
    event, usage = entry["event"], entry["usage"]
    identity = event["userIdentity"]
    assert ("IAMUser", "alice", "ec2.amazonaws.com") == (identity["type"], identity["userName"], identity["invokedBy"])
    assert ("ec2.amazonaws.com", "ec2.amazonaws.com") == (event["sourceIPAddress"], event["userAgent"])
    assert (ACCOUNT, ACCOUNT, "request") == (event["recipientAccountId"], usage["account"], usage["class"])


def test_the_trail_says_that_a_service_called_for_itself(service, key):
    service.entries()
    assert 200 == call_as_service(service, "DescribeKey", {"KeyId": key["Arn"]}).status
    event = service.entries()[-1]["event"]
    assert {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"} == event["userIdentity"]
    assert (ACCOUNT, "ec2.amazonaws.com") == (event["recipientAccountId"], event["sourceIPAddress"])


def test_the_trail_shows_nothing_of_what_a_caller_has_signed(service):
    service.entries()
    head = head_of("alice", path="/?X-Secret=query")
    answer = exchange(service, head)
    entry = service.entries()[-1]
    event = entry["event"]
    assert ("CreateForwardAccessSession", "wardkey.amazonaws.com") == (event["eventName"], event["eventSource"])
    assert {"method", "path", "payloadHash"} == set(event["requestParameters"])
    assert {"caller", "calledVia", "expiration"} == set(event["responseElements"])
    assert (KNOWN["ec2.amazonaws.com"].account, "free") == (entry["usage"]["account"], entry["usage"]["class"])
    signature = next(header["Value"] for header in head["Headers"] if header["Name"] == "Authorization")
    for secret in (signature[-64:], answer.json["SessionToken"], "X-Secret"):
        assert secret not in json.dumps(entry)


def test_everyone_in_a_key_policy_is_also_whoever_calls_through_a_service(service):
    key = service.make_key(policy(allow(EVERYONE)))
    describe(service, key, credentials=session_for(service, "nobody"))
