"""Every operation of the registry: refused without permission, one trail line and one usage mark whatever happens."""

import xml.etree.ElementTree as ET

import botocore.parsers
import botocore.session
import pytest

from keyservice.authorize import authorizer
from keyservice.model.linked_service import KNOWN
from keyservice.operations.operation import Kind
from keyservice.operations.registry import OPERATIONS
from policy.catalogue.data import load_catalogue
from policy.catalogue.keys import key_type
from tests.keyservice.operations.cases import IDS, MEMBERS, MODELS, call, prepared

ROWS = pytest.mark.parametrize(("family", "operation"), list(OPERATIONS), ids=IDS)
# Whom the account's or the role's own policy lets do everything.
ALLOWED = {"sts": "alice", "DecodeAuthorizationMessage": "admin", "wardkey": "ec2"}
# The protocols; where nobody without permission gets an answer in JSON 1.1.
PROTOCOLS = {"kms": "json", "sts": "query", "iam": "query", "access-analyzer": "rest-json", "wardkey": "json"}
# Whose call it is: a linked service's is the service's own, in an account of its own.
CALLERS = {"wardkey": KNOWN["ec2.amazonaws.com"].account}
# STS API Reference, "GetCallerIdentity", "GetSessionToken": no permissions are required to perform this operation.
FREE = {"GetCallerIdentity", "GetSessionToken"}
# Nobody signs it: the token says who calls ("AssumeRoleWithWebIdentity").
UNSIGNED = {"AssumeRoleWithWebIdentity"}
# The action that is asked for first, where it does not have the operation's name.
ACTIONS = {"ReEncrypt": "ReEncryptFrom"}
# What else stands on the trail: events of the same call in other Regions, and of what the service does because of it.
ECHOES = {
    "ReplicateKey": ["CreateKey", "SynchronizeMultiRegionKey"],
    "UpdatePrimaryRegion": ["UpdatePrimaryRegion"],
    "RotateKeyOnDemand": ["RotateKey"],
}


def test_there_is_a_case_for_every_operation():
    assert {name for _, name in OPERATIONS} == set(MEMBERS)


@ROWS
def test_a_permitted_call_succeeds_in_the_models_shape(service, family, operation):
    _, members = prepared(service, operation)
    answer = call(service, family, operation, members, ALLOWED.get(operation, ALLOWED.get(family, "admin")))
    assert 200 == answer.status, answer.body
    model = MODELS[family].operation_model(operation)
    parser = botocore.parsers.create_parser(PROTOCOLS[family])
    parsed = parser.parse(
        {"status_code": 200, "headers": answer.headers, "body": answer.body or b"{}"}, model.output_shape
    )
    assert answer.request_id == parsed["ResponseMetadata"].get("RequestId", answer.request_id)
    if model.output_shape is None:
        assert b"" == answer.body
    elif PROTOCOLS[family] != "query":
        assert set(answer.json) <= set(model.output_shape.members)
        assert set(model.output_shape.required_members) <= set(answer.json)


@ROWS
def test_a_caller_without_permission_is_refused_in_awss_words(service, family, operation):
    _, members = prepared(service, operation)
    answer = call(service, family, operation, members, "nobody")
    if operation in FREE | UNSIGNED:
        assert 200 == answer.status
        return
    if PROTOCOLS[family] == "query":
        assert 403 == answer.status
        text = ET.fromstring(answer.body).find(".//{*}Message").text
    elif PROTOCOLS[family] == "rest-json":
        assert (403, "AccessDeniedException") == (answer.status, answer.headers["x-amzn-errortype"])
        text = answer.json["message"]
    else:
        assert (400, "AccessDeniedException") == (answer.status, answer.type)
        text = answer.json["Message"]
    action = f"{family}:{ACTIONS.get(operation, operation)}"
    assert f"User: arn:aws:iam::111122223333:user/nobody is not authorized to perform: {action}" in text
    assert text.endswith(f"policy allows the {action} action")


@ROWS
@pytest.mark.parametrize("outcome", ["allowed", "denied", "failed", "unsigned", "unreadable"])
def test_every_call_leaves_one_trail_line_with_the_requests_id_and_one_usage_mark(service, family, operation, outcome):
    _, members = prepared(service, operation)
    service.entries()
    user = {"denied": "nobody", "unsigned": None}.get(outcome, ALLOWED.get(operation, ALLOWED.get(family, "admin")))
    if outcome == "failed":
        members = {
            **members,
            **{name: "none-such" for name in ("KeyId", "TargetKeyId", "DestinationKeyId") if name in members},
        }
        if operation == "Decrypt":
            members["CiphertextBlob"] = "AAAA"
        if family == "sts":
            members = {**members, "RoleArn": "none-such"}
        if family == "iam":
            members = {**members, "PolicySourceArn": "none-such", "ActionNames.member.1": "x"}
        if family == "access-analyzer":
            members = {**members, "policyDocument": 1}
    if outcome == "unreadable" and family == "kms":
        answer = service.post(b"{", {"X-Amz-Target": f"TrentService.{operation}"})
    else:
        answer = call(service, family, operation, members, user)
    entry, *echoes = service.entries()
    event, usage = entry["event"], entry["usage"]
    assert (ECHOES.get(operation, []) if answer.status == 200 else []) == [
        each["event"]["eventName"] for each in echoes
    ]
    assert {answer.request_id} >= {
        each["event"]["requestID"] for each in echoes if each["event"]["eventType"] == "AwsApiCall"
    }
    assert all(each["usage"] is None for each in echoes)
    assert (operation, answer.request_id) == (event["eventName"], event["requestID"])
    assert f"{family}.amazonaws.com" == event["eventSource"]
    assert (answer.status == 200) == ("errorCode" not in event)
    assert (operation, 1) == (usage["operation"], usage["count"])
    if answer.status == 200:
        assert event["recipientAccountId"] == usage["account"] == CALLERS.get(family, "111122223333")
    if outcome == "unsigned" and operation not in UNSIGNED:
        assert {"type": "Unknown"} == event["userIdentity"]


@ROWS
def test_nothing_stored_changes_when_a_call_is_refused(service, family, operation):
    key, members = prepared(service, operation)
    before = service.opened.store.key("us-east-1", key)
    keys = service.opened.store.keys("111122223333", "us-east-1", after=None, limit=100)
    aliases = aliases_of(service, key)
    if operation not in FREE | UNSIGNED:
        assert 200 != call(service, family, operation, members, "nobody").status
    assert before == service.opened.store.key("us-east-1", key)
    assert keys == service.opened.store.keys("111122223333", "us-east-1", after=None, limit=100)
    assert aliases == aliases_of(service, key)


def aliases_of(service, key):
    return list(service.opened.store.aliases("111122223333", "us-east-1", key_id=key, after=None, limit=10))


# What follows from the caller, the key and the call, whatever the operation; what only Nitro enclaves send.
OF_EVERY_CALL = {"kms:CallerAccount", "kms:ViaService", "kms:RequestAlias", "kms:EncryptionContext:*"}
OF_EVERY_CALL |= {"kms:EncryptionContextKeys"}


@pytest.mark.parametrize("operation", [name for (_, name), row in OPERATIONS.items() if row.kind is Kind.CRYPTOGRAPHIC])
def test_a_cryptographic_call_offers_the_condition_keys_that_the_reference_gives_its_action(service, operation):
    _, members = prepared(service, operation)
    row = OPERATIONS["kms", operation]
    offered = {key_type(name).name for name in row.offers(row.read(members))}
    documented = set(load_catalogue()["actions"].get(f"kms:{operation}", {"keys": []})["keys"])
    expected = {key for key in documented - OF_EVERY_CALL if not key.startswith("kms:RecipientAttestation:")}
    assert expected == offered - OF_EVERY_CALL
    assert offered <= documented


@pytest.mark.parametrize("action", ["kms:ReEncryptFrom", "kms:ReEncryptTo"])
def test_either_half_of_re_encrypt_offers_what_the_reference_gives_it(service, action, monkeypatch):
    _, members = prepared(service, "ReEncrypt")
    asked = {}
    context_of_call = authorizer.context_of_call

    def watched(facts, target):
        asked[target.action] = target.offered
        return context_of_call(facts, target)

    monkeypatch.setattr(authorizer, "context_of_call", watched)
    assert 200 == call(service, "kms", "ReEncrypt", members, "admin").status
    documented = set(load_catalogue()["actions"][action]["keys"])
    assert documented - OF_EVERY_CALL == {key_type(name).name for name in asked[action]} - OF_EVERY_CALL
