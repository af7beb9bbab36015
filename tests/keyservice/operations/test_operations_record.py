"""What the trail shows of changes: the key in every answer, and the resources.

Source: KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail", the examples of each operation.
"""

import pytest

from tests.keyservice.operations.cases import POLICY
from tests.live import ACCOUNT, REGION

PLACE = f"arn:aws:kms:{REGION}:{ACCOUNT}"


@pytest.fixture
def key(service):
    return service.make_key(POLICY)


def event_of(service, operation, members):
    list(service.entries())
    assert 200 == service.call(operation, members).status
    [event] = [entry["event"] for entry in service.entries()]
    return event


def resource(arn):
    return {"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": arn}


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("DisableKey", {}),
        ("EnableKeyRotation", {}),
        ("UpdateKeyDescription", {"Description": "new"}),
        ("TagResource", {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
    ],
)
def test_a_change_names_its_key_though_the_answer_is_empty(service, key, operation, members):
    event = event_of(service, operation, {"KeyId": key["KeyId"], **members})
    assert {"keyId": key["Arn"]} == event["responseElements"]
    assert [resource(key["Arn"])] == event["resources"]


def test_an_alias_stands_behind_its_key(service, key):
    event = event_of(service, "CreateAlias", {"AliasName": "alias/files", "TargetKeyId": key["KeyId"]})
    assert {"keyId": key["Arn"]} == event["responseElements"]
    assert [resource(key["Arn"]), resource(f"{PLACE}:alias/files")] == event["resources"]


def test_an_alias_that_changes_keys_names_the_new_one(service, key):
    other = service.make_key(POLICY)
    service.call("CreateAlias", {"AliasName": "alias/files", "TargetKeyId": key["KeyId"]})
    event = event_of(service, "UpdateAlias", {"AliasName": "alias/files", "TargetKeyId": other["KeyId"]})
    assert {"keyId": other["Arn"]} == event["responseElements"]


def test_a_key_that_was_made_is_a_resource(service):
    event = event_of(service, "CreateKey", {})
    assert [resource(event["responseElements"]["keyMetadata"]["arn"])] == event["resources"]


def test_what_failed_answers_nothing(service, key):
    list(service.entries())
    service.call("EnableKeyRotation", {"KeyId": key["KeyId"], "RotationPeriodInDays": 90}, user="nobody")
    [event] = [entry["event"] for entry in service.entries()]
    assert event.get("responseElements") is None
    assert "AccessDenied" in event["errorCode"]
