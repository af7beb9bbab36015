import json
import time

import pytest

from policy.analyze.access_checks import Access, effort, granting_access, granting_everybody
from policy.model.reading import parse

KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ACCOUNT = "arn:aws:iam::111122223333:root"


def policy(*statements):
    whole = [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"} | statement for statement in statements]
    for statement in whole:
        if "NotAction" in statement:
            del statement["Action"]
    return parse(json.dumps({"Version": "2012-10-17", "Statement": whole}))


def allow(**elements):
    return {"Sid": "Allow", **elements}


def deny(**elements):
    return {"Sid": "Deny", "Effect": "Deny", **elements}


@pytest.mark.parametrize(
    ("access", "is_granted"),
    [
        (Access(actions=("kms:Decrypt",)), True),
        (Access(actions=("KMS:decrypt",)), True),
        (Access(actions=("kms:Encrypt",)), False),
        (Access(actions=("kms:Encrypt", "kms:De*")), True),
        (Access(actions=("s3:*",)), False),
        (Access(resources=(KEY,)), True),
        (Access(resources=("arn:aws:kms:us-east-1:111122223333:key/5*",)), False),
        (Access(actions=("kms:Decrypt",), resources=("arn:aws:kms:*:*:key/*",)), True),
        (Access(), True),
    ],
)
def test_access_is_granted_where_actions_and_resources_meet_an_allow(access, is_granted):
    document = policy(allow(Resource=KEY))
    assert is_granted is bool(granting_access(document, access, of_resource=False))


@pytest.mark.parametrize(
    ("taken_back", "is_granted"),
    [
        (deny(), False),
        (deny(Action="kms:*"), False),
        (deny(Action="kms:Encrypt"), True),
        (deny(Resource=KEY), True),
        (deny(Condition={"Bool": {"aws:SecureTransport": "false"}}), True),
        (deny(Condition={"StringEquals": {"kms:CallerAccount": "111122223333"}}), False),
        (deny(NotAction="s3:*"), False),
        (deny(NotAction="kms:De*"), True),
        (deny(Action="kms:D?crypt"), False),
    ],
)
def test_only_a_deny_of_all_that_is_granted_takes_it_back(taken_back, is_granted):
    granted = allow(Condition={"StringEquals": {"kms:CallerAccount": "111122223333"}})
    document = policy(granted, taken_back)
    assert is_granted is bool(granting_access(document, Access(actions=("kms:Decrypt",)), of_resource=False))


@pytest.mark.parametrize(
    ("principal", "conditions", "is_public"),
    [
        ("*", {}, True),
        ({"AWS": "*"}, {}, True),
        ({"AWS": ACCOUNT}, {}, False),
        ({"Service": "logs.amazonaws.com"}, {}, False),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}}, False),
        ("*", {"StringEquals": {"kms:CallerAccount": "111122223333"}}, False),
        ("*", {"StringEqualsIfExists": {"kms:CallerAccount": "111122223333"}}, True),
        ("*", {"StringNotEquals": {"kms:CallerAccount": "111122223333"}}, True),
        ("*", {"StringLike": {"aws:PrincipalOrgID": "*"}}, True),
        ("*", {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}, True),
        ("*", {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
        ("*", {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, True),
        ("*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}, False),
        ("*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Admin"}}, True),
        ("*", {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::example-bucket"}}, False),
        ("*", {"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o-exampleorgid/r-ab12/"}}, True),
        ("*", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-exampleorgid/*"}}, False),
    ],
)
def test_a_policy_is_public_unless_it_says_whose_requests_are_meant(principal, conditions, is_public):
    document = policy(allow(Principal=principal, Condition=conditions))
    assert is_public is bool(granting_everybody(document))


def test_everybody_but_some_is_everybody():
    statement = {"Effect": "Allow", "NotPrincipal": {"AWS": ACCOUNT}, "Action": "kms:Decrypt", "Resource": "*"}
    document = parse(json.dumps({"Version": "2012-10-17", "Statement": statement}))
    assert document.statements == granting_everybody(document)


def test_what_is_denied_to_everybody_but_some_is_not_public():
    open_to_all = {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
    taken_back = {"Effect": "Deny", "NotPrincipal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"}
    document = parse(json.dumps({"Version": "2012-10-17", "Statement": [open_to_all, taken_back]}))
    assert () == granting_everybody(document)
    assert granting_access(document, Access(actions=("kms:Decrypt",)), of_resource=True)


def test_a_statement_of_a_key_policy_without_resource_takes_nothing_back():
    open_to_all = {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
    ineffective = {"Effect": "Deny", "Principal": "*", "Action": "kms:*"}
    document = parse(json.dumps({"Version": "2012-10-17", "Statement": [open_to_all, ineffective]}))
    assert document.statements[:1] == granting_everybody(document)


def test_a_trust_policy_is_about_its_own_role():
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    document = parse(json.dumps({"Version": "2012-10-17", "Statement": statement}))
    assert document.statements == granting_everybody(document)


def test_a_policy_of_many_patterns_is_asked_about_many_in_a_moment():
    resources = [f"arn:aws:s3:::b{number}/*" for number in range(100)]
    actions = [f"s3:*{number}" for number in range(100)]
    both = {"Action": actions, "Resource": resources}
    document = parse(
        json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", **both},
                    {"Effect": "Deny", "Action": actions[:50], "Resource": "*"},
                    {"Effect": "Deny", "Action": actions[50:], "Resource": "*"},
                ],
            }
        )
    )
    access = Access(actions=tuple(actions), resources=tuple(resources))
    began = time.monotonic()
    assert () == granting_access(document, access, of_resource=False)
    assert time.monotonic() - began < 20
    assert effort(document, access) > 1_000_000


def test_the_effort_grows_with_policy_and_question():
    small = parse('{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}')
    assert effort(small, Access()) < effort(small, Access(actions=("s3:GetObject",)))
