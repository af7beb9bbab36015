"""AWS managed keys: made when a service first needs one, seen by the account, used through the service, and no more."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from keyservice.model.linked_service import KNOWN
from keyservice.model.schedule import Duty
from keyservice.operations import aws_managed_keys
from policy.lint.project import Options, lint_source
from policy.source import Source
from tests.forwarding import call_as_service, session_for
from tests.live import ACCOUNT, OTHER_ACCOUNT, OTHER_REGION, REGION, ROOT, apply_identities, identities

ALIAS = "alias/aws/ebs"
DATA_KEY = {"KeyId": ALIAS, "KeySpec": "AES_256"}
DAY = 86_400.0
NOT_FOUND, DENIED = "NotFoundException", "AccessDeniedException"


def first_use(service, who="alice", **how):
    """The first call of EC2's for a caller, which makes the key."""
    answer = service.call("GenerateDataKey", DATA_KEY, credentials=session_for(service, who, **how), **how)
    assert 200 == answer.status, answer.body
    return answer.json


@pytest.fixture
def key(service):
    """The ARN of the key aws/ebs."""
    return first_use(service)["KeyId"]


def test_it_is_made_when_the_service_first_names_it(service):
    assert [] == service.call("ListAliases").json["Aliases"]
    made = first_use(service)["KeyId"]
    assert made == first_use(service, "bob")["KeyId"]
    (alias,) = service.call("ListAliases").json["Aliases"]
    assert (ALIAS, made.rsplit("/", 1)[1]) == (alias["AliasName"], alias["TargetKeyId"])


def test_every_account_and_region_has_its_own(service, key):
    elsewhere = first_use(service, region=OTHER_REGION)["KeyId"]
    another = first_use(service, "foreign")["KeyId"]
    assert 3 == len({key, elsewhere, another})
    assert (OTHER_REGION, OTHER_ACCOUNT) == (elsewhere.split(":")[3], another.split(":")[4])


def test_its_making_is_on_the_trail_and_nobodys_use(service):
    service.entries()
    arn = first_use(service)["KeyId"]
    made = next(entry for entry in service.entries() if entry["event"]["eventName"] == "CreateKey")
    event = made["event"]
    assert (None, ACCOUNT) == (made["usage"], event["recipientAccountId"])
    assert ({"accountId": ACCOUNT, "invokedBy": "AWS Internal"}, arn) == (
        event["userIdentity"],
        event["resources"][0]["ARN"],
    )
    assert "AWS" == event["responseElements"]["keyMetadata"]["keyManager"]


def test_the_account_looks_at_it(service, key):
    metadata = service.call("DescribeKey", {"KeyId": ALIAS}).json["KeyMetadata"]
    assert ("AWS", "Enabled", key) == (metadata["KeyManager"], metadata["KeyState"], metadata["Arn"])
    assert "Default key that protects my EBS volumes when no other key is defined" == metadata["Description"]
    assert {"KeyRotationEnabled": True, "RotationPeriodInDays": 365} == {
        name: value
        for name, value in service.call("GetKeyRotationStatus", {"KeyId": key}).json.items()
        if name in {"KeyRotationEnabled", "RotationPeriodInDays"}
    }
    assert [] == service.call("ListGrants", {"KeyId": key}).json["Grants"]
    assert [key] == [each["KeyArn"] for each in service.call("ListKeys").json["Keys"]]


def test_its_policy_is_the_documented_one(service, key):
    document = json.loads(service.call("GetKeyPolicy", {"KeyId": key}).json["Policy"])
    use, look = document["Statement"]
    assert ("2012-10-17", "auto-ebs-2") == (document["Version"], document["Id"])
    assert "Allow access through EBS for all principals in the account that are authorized to use EBS" == use["Sid"]
    assert {"AWS": "*"} == use["Principal"]
    only = {"kms:CallerAccount": ACCOUNT, "kms:ViaService": "ec2.us-east-1.amazonaws.com"}
    assert {"StringEquals": only} == use["Condition"]
    assert ("Allow direct access to key metadata to the account", {"AWS": ROOT}) == (look["Sid"], look["Principal"])
    assert ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"] == look["Action"]


@pytest.mark.parametrize("linked", [row for row in KNOWN.values() if row.managed_key], ids=lambda row: row.managed_key)
def test_the_linter_has_nothing_to_say_about_a_policy_of_aws(linked):
    text = aws_managed_keys.managed_key_policy(linked, account=ACCOUNT, region=REGION)
    assert () == tuple(lint_source(Source("policy.json", text), Options()).findings)


@pytest.mark.parametrize("who", ["admin", "alice"])
@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("GenerateDataKey", {"KeySpec": "AES_256"}),
        ("Encrypt", {"Plaintext": "AAAA"}),
        ("CreateGrant", {"GranteePrincipal": ROOT, "Operations": ["Decrypt"]}),
        ("DisableKey", {}),
        ("EnableKey", {}),
        ("ScheduleKeyDeletion", {}),
        ("DisableKeyRotation", {}),
        ("EnableKeyRotation", {"RotationPeriodInDays": 90}),
        ("RotateKeyOnDemand", {}),
        ("PutKeyPolicy", {"Policy": json.dumps({"Version": "2012-10-17", "Statement": []})}),
        ("UpdateKeyDescription", {"Description": "mine"}),
        ("TagResource", {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
    ],
)
def test_nobody_uses_or_administers_it_directly(service, key, who, operation, members):
    answer = service.call(operation, {"KeyId": key.rsplit("/", 1)[1], **members}, user=who)
    assert (DENIED, True) == (answer.type, f"kms:{operation}" in answer.message), answer.body


def test_what_was_encrypted_through_the_service_is_decrypted_through_it_alone(service, key):
    blob = {"CiphertextBlob": first_use(service)["CiphertextBlob"]}
    assert 200 == service.call("Decrypt", blob, credentials=session_for(service, "bob")).status
    for how in ({"user": "admin"}, {"credentials": session_for(service, "alice", linked="s3")}, {"user": "ec2"}):
        assert DENIED == service.call("Decrypt", blob, **how).type


def test_another_accounts_caller_does_not_use_it(service, key):
    through = session_for(service, "foreign")
    assert DENIED == service.call("GenerateDataKey", {**DATA_KEY, "KeyId": key}, credentials=through).type
    by_alias = {**DATA_KEY, "KeyId": f"arn:aws:kms:{REGION}:{ACCOUNT}:{ALIAS}"}
    assert DENIED == service.call("GenerateDataKey", by_alias, credentials=through).type


def test_its_alias_is_nobodys_to_take_move_or_delete(service, key):
    own = service.make_key()["KeyId"]
    assert DENIED == service.call("DeleteAlias", {"AliasName": ALIAS}).type
    assert DENIED == service.call("UpdateAlias", {"AliasName": ALIAS, "TargetKeyId": own}).type
    for name in ("alias/aws/s3", "alias/aws/mine"):
        answer = service.call("CreateAlias", {"AliasName": name, "TargetKeyId": own})
        assert "InvalidAliasNameException" == answer.type
    mine = service.call("CreateAlias", {"AliasName": "alias/mine", "TargetKeyId": key.rsplit("/", 1)[1]})
    assert DENIED == mine.type


@pytest.mark.parametrize(
    "how",
    [
        lambda service: {"user": "admin"},
        lambda service: {"user": "ec2"},
        lambda service: {"credentials": session_for(service, "admin", linked="s3")},
    ],
    ids=["directly", "the service itself", "another service"],
)
def test_nobody_but_the_service_for_a_caller_has_it_made(service, how):
    assert NOT_FOUND == service.call("GenerateDataKey", DATA_KEY, **how(service)).type
    assert [] == service.opened.store.keys(ACCOUNT, REGION, after=None, limit=10)


def test_a_service_without_an_alias_of_that_name_makes_none(service):
    members = {**DATA_KEY, "KeyId": "alias/aws/other"}
    assert NOT_FOUND == service.call("GenerateDataKey", members, credentials=session_for(service, "alice")).type


def test_ones_own_service_has_one_too(service):
    through = session_for(service, "alice", linked="vault")
    assert 200 == service.call("GenerateDataKey", {**DATA_KEY, "KeyId": "alias/aws/vault"}, credentials=through).status


def test_it_is_made_once_however_many_need_it_at_once(service, monkeypatch):
    run_with = aws_managed_keys.make_managed_key
    monkeypatch.setattr("keyservice.service.make_managed_key", lambda run, linked: made_by_four(run_with, run, linked))
    first_use(service)
    assert 1 == len(service.opened.store.keys(ACCOUNT, REGION, after=None, limit=10))


def made_by_four(make, run, linked):
    with ThreadPoolExecutor(4) as threads:
        for made in [threads.submit(make, run, linked) for _ in range(4)]:
            made.result()


def test_it_rotates_every_year(service, clock):
    before = first_use(service)
    clock.advance(365 * DAY)
    assert 1 == service.run_due()[Duty.ROTATION].done
    after = first_use(service)
    assert before["KeyMaterialId"] != after["KeyMaterialId"]
    blob = {"CiphertextBlob": before["CiphertextBlob"]}
    assert 200 == service.call("Decrypt", blob, credentials=session_for(service, "alice")).status


def test_resource_control_policies_do_not_bind_it_and_do_bind_a_customers_key(service, key):
    deny = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"},
    }
    own = service.make_key()
    document = identities()
    document["organizations"] = [{"id": "o-a1b2c3d4e5", "management_account": OTHER_ACCOUNT, "root": {"id": "r-ab12"}}]
    document["accounts"][0] |= {
        "organization": "o-a1b2c3d4e5",
        "parent": "r-ab12",
        "resource_control_policies": [{"name": "deny", "document": deny}],
    }
    apply_identities(service.opened, document)
    first_use(service)
    through = session_for(service, "admin")
    assert DENIED == service.call("GenerateDataKey", {**DATA_KEY, "KeyId": own["KeyId"]}, credentials=through).type


def test_calls_on_it_are_charged_to_the_caller(service, key):
    service.entries()
    first_use(service, "bob")
    usage = service.entries()[-1]["usage"]
    assert (ACCOUNT, key, "request") == (usage["account"], usage["key"], usage["class"])


def test_the_service_itself_has_no_use_of_it_but_by_a_grant(service, key):
    volume = f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/vol-1"
    grant = {
        "KeyId": key,
        "Operations": ["Decrypt", "GenerateDataKey"],
        "GranteeServicePrincipal": "ec2.amazonaws.com",
        "RetiringServicePrincipal": "ec2.amazonaws.com",
        "Constraints": {"SourceArn": volume},
    }
    members = {"KeyId": key, "KeySpec": "AES_256"}
    assert DENIED == call_as_service(service, "GenerateDataKey", members, arn=volume).type
    assert 200 == service.call("CreateGrant", grant, credentials=session_for(service, "alice")).status
    assert 200 == call_as_service(service, "GenerateDataKey", members, arn=volume).status
    # The account may revoke it: that is in the key's policy.
    (made,) = service.call("ListGrants", {"KeyId": key}).json["Grants"]
    assert 200 == service.call("RevokeGrant", {"KeyId": key, "GrantId": made["GrantId"]}).status
    assert DENIED == call_as_service(service, "GenerateDataKey", members, arn=volume).type
