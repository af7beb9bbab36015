"""AWS owned keys: a linked service's own, for whichever customers, and to everybody else as if they did not exist."""

import json

import pytest

from keyservice.model.linked_service import KNOWN
from tests.forwarding import call_as_service, session_for
from tests.live import OTHER_REGION, ROOT, access_key_id_of

OWN = KNOWN["ec2.amazonaws.com"].account
MISSING = "The ciphertext refers to a customer master key that does not exist"


@pytest.fixture
def key(service):
    answer = service.call("CreateKey", {"Description": "volumes without a key"}, user="ec2")
    assert 200 == answer.status, answer.body
    return answer.json["KeyMetadata"]


def encrypted(service, key):
    members = {"KeyId": key["KeyId"], "Plaintext": "AAAA"}
    return service.call("Encrypt", members, user="ec2").json["CiphertextBlob"]


def test_it_belongs_to_the_services_own_account(service, key):
    assert (OWN, "AWS") == (key["AWSAccountId"], key["KeyManager"])
    assert [key["Arn"]] == [each["KeyArn"] for each in service.call("ListKeys", user="ec2").json["Keys"]]
    document = json.loads(service.call("GetKeyPolicy", {"KeyId": key["KeyId"]}, user="ec2").json["Policy"])
    assert {"Service": "ec2.amazonaws.com"} == document["Statement"][0]["Principal"]


def test_the_service_uses_it_for_any_customer(service, key):
    blob = encrypted(service, key)
    assert "AAAA" == service.call("Decrypt", {"CiphertextBlob": blob}, user="ec2").json["Plaintext"]
    source = f"arn:aws:ec2:us-east-1:{key['AWSAccountId']}:volume/vol-1"
    assert 200 == call_as_service(service, "Decrypt", {"CiphertextBlob": blob}, arn=source).status


@pytest.mark.parametrize("who", ["admin", "foreign", "s3"])
@pytest.mark.parametrize(
    "operation", ["DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "DisableKey", "ListGrants"]
)
def test_to_everybody_else_it_does_not_exist(service, key, who, operation):
    found = service.call(operation, {"KeyId": key["Arn"]}, user=who)
    unknown = key["Arn"][:-12] + "0" * 12
    absent = service.call(operation, {"KeyId": unknown}, user=who)
    assert (absent.status, absent.type, absent.message) == (found.status, found.type, found.message)
    assert (True, "AccessDeniedException") == (found.message.startswith(MISSING), found.type)


@pytest.mark.parametrize("who", ["admin", "s3"])
def test_its_id_alone_means_no_key_of_anybody_elses(service, key, who):
    assert "NotFoundException" == service.call("DescribeKey", {"KeyId": key["KeyId"]}, user=who).type
    assert key["Arn"] not in [each["KeyArn"] for each in service.call("ListKeys", user=who).json["Keys"]]


@pytest.mark.parametrize("who", ["admin", "foreign", "s3"])
def test_nobody_else_decrypts_with_it(service, key, who):
    answer = service.call("Decrypt", {"CiphertextBlob": encrypted(service, key)}, user=who)
    assert (True, "AccessDeniedException") == (answer.message.startswith(MISSING), answer.type)


def test_not_even_the_service_uses_it_for_a_caller(service, key):
    through = session_for(service, "alice")
    answer = service.call("Decrypt", {"CiphertextBlob": encrypted(service, key)}, credentials=through)
    assert (True, "AccessDeniedException") == (answer.message.startswith(MISSING), answer.type)


def test_a_policy_that_names_a_customer_does_not_show_it(service):
    everyone = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
    service_itself = {**everyone, "Principal": {"Service": "ec2.amazonaws.com"}}
    document = {"Version": "2012-10-17", "Statement": [everyone, service_itself]}
    made = service.call("CreateKey", {"Policy": json.dumps(document)}, user="ec2").json["KeyMetadata"]
    assert service.call("DescribeKey", {"KeyId": made["Arn"]}).message.startswith(MISSING)


def test_a_policy_that_leaves_the_service_out_is_refused(service):
    document = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"},
    }
    answer = service.call("CreateKey", {"Policy": json.dumps(document)}, user="ec2")
    assert "MalformedPolicyDocumentException" == answer.type


def test_it_may_have_an_alias_of_the_services_own(service, key):
    members = {"AliasName": "alias/volumes", "TargetKeyId": key["KeyId"]}
    assert 200 == service.call("CreateAlias", members, user="ec2").status
    assert 200 == service.call("DescribeKey", {"KeyId": "alias/volumes"}, user="ec2").status
    assert "NotFoundException" == service.call("DescribeKey", {"KeyId": "alias/volumes"}).type
    by_arn = f"arn:aws:kms:us-east-1:{OWN}:alias/volumes"
    assert service.call("DescribeKey", {"KeyId": by_arn}).message.startswith(MISSING)


def test_a_replica_of_it_is_the_services_too(service):
    primary = service.call("CreateKey", {"MultiRegion": True}, user="ec2").json["KeyMetadata"]
    members = {"KeyId": primary["KeyId"], "ReplicaRegion": OTHER_REGION}
    replica = service.call("ReplicateKey", members, user="ec2").json["ReplicaKeyMetadata"]
    assert ("AWS", OWN) == (replica["KeyManager"], replica["AWSAccountId"])
    found = service.call("DescribeKey", {"KeyId": replica["Arn"]}, region=OTHER_REGION)
    assert found.message.startswith(MISSING)


def test_nobody_pays_for_it(service, key):
    service.entries()
    encrypted(service, key)
    assert "free" == service.entries()[-1]["usage"]["class"]


def test_a_service_has_no_permission_in_its_account_but_those_it_needs(service):
    for operation, members in (("CreateCustomKeyStore", {"CustomKeyStoreName": "x"}), ("DescribeCustomKeyStores", {})):
        assert "AccessDeniedException" == service.call(operation, members, user="ec2").type


def test_a_deactivated_access_key_of_a_service_is_of_no_use(service, key):
    with service.opened.store.change() as change:
        change.delete_identity(service.opened.store.access_key(access_key_id_of("ec2")))
    assert "UnrecognizedClientException" == service.call("DescribeKey", {"KeyId": key["Arn"]}, user="ec2").type
