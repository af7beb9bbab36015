"""What comes with a refusal, and DecodeAuthorizationMessage, which says why."""

import json
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest

from keyservice.authorize.denial import MOST_TEXT
from tests.keyservice.operations.cases import STS_VERSION
from tests.live import ACCOUNT, REGION

HEADER = "x-wardkey-authorization-message"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Delegation",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:*",
            "Resource": "*",
        },
        {
            "Sid": "NotBob",
            "Effect": "Deny",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"},
            "Action": ["kms:Encrypt", "kms:Decrypt"],
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:EncryptionContext:app": "web"}},
        },
    ],
}


@pytest.fixture
def key(service):
    return service.make_key(POLICY)["KeyId"]


def encrypt(service, key, user, context=None):
    return service.call(
        "Encrypt", {"KeyId": key, "Plaintext": "aGk=", "EncryptionContext": context or {"app": "web"}}, user=user
    )


def decode(service, message, *, user="admin"):
    form = {"Action": "DecodeAuthorizationMessage", "Version": STS_VERSION, "EncodedMessage": message}
    return service.sts(urlencode(form), user=user)


def decoded(service, message, **how):
    found = ET.fromstring(decode(service, message, **how).body).find(".//{*}DecodedMessage")
    return json.loads(found.text)


def test_a_message_says_who_asked_for_what_and_which_statement_denied_it(service, key):
    told = decoded(service, encrypt(service, key, "bob").headers[HEADER])
    assert (False, True) == (told["allowed"], told["explicitDeny"])
    assert f"arn:aws:iam::{ACCOUNT}:user/bob" == told["context"]["principal"]["arn"]
    assert "kms:Encrypt" == told["context"]["action"]
    assert f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}" == told["context"]["resource"]
    [statement] = told["matchedStatements"]["items"]
    assert ("NotBob", "DENY") == (statement["statementId"], statement["effect"])
    assert [{"value": "kms:Encrypt"}, {"value": "kms:Decrypt"}] == statement["actions"]["items"]
    conditions = {item["key"]: item["values"]["items"] for item in told["context"]["conditions"]["items"]}
    assert [{"value": "web"}] == conditions["kms:encryptioncontext:app"]


def test_a_message_says_whose_allow_was_wanting(service, key):
    told = decoded(service, encrypt(service, key, "nobody").headers[HEADER])
    assert (False, False) == (told["allowed"], told["explicitDeny"])
    assert [] == told["matchedStatements"]["items"]
    assert [{"policyType": "identity-based policy"}] == told["failures"]["items"]


def test_only_a_refusal_by_policy_has_a_message(service, key):
    assert HEADER not in encrypt(service, key, "admin").headers
    assert HEADER not in service.call("DescribeKey", {"KeyId": "nothing"}).headers


def test_query_and_rest_refusals_have_a_message_too(service):
    refused = decode(service, "x", user="nobody")
    assert 403 == refused.status
    assert "sts:DecodeAuthorizationMessage" == decoded(service, refused.headers[HEADER])["context"]["action"]
    refused = service.analyzer(
        "/policy/check-no-public-access", {"policyDocument": "{}", "resourceType": "AWS::KMS::Key"}, user="nobody"
    )
    assert "access-analyzer:CheckNoPublicAccess" == decoded(service, refused.headers[HEADER])["context"]["action"]


def test_a_message_is_for_the_account_of_whoever_was_refused(service, key):
    message = encrypt(service, key, "bob").headers[HEADER]
    refused = decode(service, message, user="foreign")
    assert (400, True) == (refused.status, b"InvalidAuthorizationMessageException" in refused.body)


@pytest.mark.parametrize("position", [0, 1, 40, -1])
def test_a_message_that_was_changed_is_refused(service, key, position):
    message = list(encrypt(service, key, "bob").headers[HEADER])
    message[position] = "A" if message[position] != "A" else "B"
    refused = decode(service, "".join(message))
    assert (400, True) == (refused.status, b"InvalidAuthorizationMessageException" in refused.body)


def test_a_message_stays_short_enough_for_a_header(service, key):
    context = {f"key-{number:03}": f"{number * 7919:064x}"[::-1] for number in range(120)} | {"app": "web"}
    message = encrypt(service, key, "bob", context).headers[HEADER]
    assert len(message) <= MOST_TEXT
    told = decoded(service, message)
    assert "NotBob" == told["matchedStatements"]["items"][0]["statementId"]
