"""Tags, aliases and descriptions: what they may be, and what policies make of them."""

import json
from dataclasses import replace

import pytest

from keyservice.errors import DEPENDENCY_TIMEOUT
from keyservice.operations import aliases
from tests.keyservice.operations.cases import encoded
from tests.live import ACCOUNT, ROOT, apply_identities, identities

REGION = "us-east-1"
ALICE, ADMIN = (f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in ("alice", "admin"))


def statement(principal, action="kms:*", **more):
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, "Resource": "*", **more}


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


DELEGATING = document(statement(ROOT))


@pytest.fixture
def key(service):
    return service.make_key(DELEGATING)["KeyId"]


def give(service, user, *statements):
    """Give a user an identity-based policy."""
    wanted = identities()
    found = next(each for each in wanted["accounts"][0]["users"] if each["name"] == user)
    found["policies"] = [document(*statements)]
    apply_identities(service.opened, wanted)


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def tags(**pairs):
    return [{"TagKey": key, "TagValue": value} for key, value in pairs.items()]


def tags_of(service, key):
    return {tag["TagKey"]: tag["TagValue"] for tag in service.call("ListResourceTags", {"KeyId": key}).json["Tags"]}


def encrypts(service, key, user):
    return 200 == service.call("Encrypt", {"KeyId": key, "Plaintext": encoded(b"x")}, user=user).status


# --- tags -------------------------------------------------------------------------------------------------------------


def test_tags_are_added_changed_and_taken_away(service, key):
    service.call("TagResource", {"KeyId": key, "Tags": tags(team="blue", app="web")})
    service.call("TagResource", {"KeyId": key, "Tags": tags(app="api", empty="", Team="other case")})
    assert {"team": "blue", "app": "api", "empty": "", "Team": "other case"} == tags_of(service, key)
    answer = service.call("UntagResource", {"KeyId": key, "TagKeys": ["app", "Team", "never there"]})
    assert (200, b"") == (answer.status, answer.body)
    assert {"team": "blue", "empty": ""} == tags_of(service, key)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (tags(a="1") + tags(a="2"), "TagException", "Duplicate tag keys"),
        (tags(**{"aws:x": "1"}), "TagException", "Tags beginning with aws: are reserved"),
        (tags(**{"AWS:x": "1"}), "TagException", "Tags beginning with aws: are reserved"),
        (tags(**{str(number): "" for number in range(51)}), "TagException", "Too many tags"),
        (tags(**{"": "x"}), "ValidationException", "'tags.1.member.tagKey' failed to satisfy constraint"),
        (tags(**{"x" * 129: "x"}), "ValidationException", "have length less than or equal to 128"),
        (tags(x="x" * 257), "ValidationException", "'tags.1.member.tagValue'"),
        ([{"TagKey": "x"}], "ValidationException", "'tags.1.member.tagValue' failed to satisfy constraint"),
        ({"x": "y"}, "SerializationException", ""),
    ],
)
def test_tags_that_aws_refuses_are_refused_at_both_doors(service, key, given, error, message):
    for operation, members in (("TagResource", {"KeyId": key}), ("CreateKey", {})):
        answer = service.call(operation, {**members, "Tags": given})
        assert (400, error) == (answer.status, answer.type)
        assert message in answer.message
    assert {} == tags_of(service, key)


def test_a_key_has_no_more_than_fifty_tags(service, key):
    service.call("TagResource", {"KeyId": key, "Tags": tags(**{str(number): "" for number in range(50)})})
    answer = service.call("TagResource", {"KeyId": key, "Tags": tags(another="")})
    assert ("TagException", "Too many tags") == (answer.type, answer.message)
    assert 200 == service.call("TagResource", {"KeyId": key, "Tags": tags(**{"7": "changed"})}).status
    assert 50 == len(tags_of(service, key))


def test_tags_are_listed_by_page(service, key):
    service.call("TagResource", {"KeyId": key, "Tags": tags(c="3", a="1", b="2")})
    first = service.call("ListResourceTags", {"KeyId": key, "Limit": 2}).json
    assert (tags(a="1", b="2"), True) == (first["Tags"], first["Truncated"])
    second = service.call("ListResourceTags", {"KeyId": key, "Limit": 2, "Marker": first["NextMarker"]}).json
    assert {"Tags": tags(c="3"), "Truncated": False} == second
    other = service.make_key(DELEGATING)["KeyId"]
    stray = {"KeyId": other, "Marker": first["NextMarker"]}
    assert "InvalidMarkerException" == service.call("ListResourceTags", stray).type


def test_a_key_that_is_to_be_deleted_keeps_its_labels(service, key):
    service.call("ScheduleKeyDeletion", {"KeyId": key})
    calls = [
        ("TagResource", {"KeyId": key, "Tags": tags(a="b")}),
        ("UntagResource", {"KeyId": key, "TagKeys": ["a"]}),
        ("UpdateKeyDescription", {"KeyId": key, "Description": "x"}),
        ("CreateAlias", {"AliasName": "alias/late", "TargetKeyId": key}),
    ]
    for operation, members in calls:
        answer = service.call(operation, members)
        assert "KMSInvalidStateException" == answer.type
        assert answer.message.endswith("is pending deletion.")


def test_access_follows_the_keys_tags(service, key):
    """KMS Developer Guide, "Using tags to control access to KMS keys"."""
    condition = {"StringEquals": {"aws:ResourceTag/Team": "blue"}}
    give(service, "bob", allow("kms:Encrypt", Condition=condition))
    assert not encrypts(service, key, "bob")
    service.call("TagResource", {"KeyId": key, "Tags": tags(Team="blue")})
    assert encrypts(service, key, "bob")
    service.call("TagResource", {"KeyId": key, "Tags": tags(Team="red")})
    assert not encrypts(service, key, "bob")
    service.call("TagResource", {"KeyId": key, "Tags": tags(Team="blue")})
    assert encrypts(service, key, "bob")
    service.call("UntagResource", {"KeyId": key, "TagKeys": ["Team"]})
    assert not encrypts(service, key, "bob")


@pytest.mark.parametrize(
    ("operation", "condition", "members", "allowed"),
    [
        ("TagResource", {"StringEquals": {"aws:RequestTag/Team": "blue"}}, {"Tags": tags(Team="blue")}, True),
        ("TagResource", {"StringEquals": {"aws:RequestTag/Team": "blue"}}, {"Tags": tags(Team="red")}, False),
        ("TagResource", {"StringEquals": {"aws:RequestTag/Team": "blue"}}, {"Tags": tags(app="blue")}, False),
        ("TagResource", {"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}, {"Tags": tags(a="1")}, True),
        ("TagResource", {"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}, {"Tags": tags(a="1", b="2")}, False),
        ("UntagResource", {"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}, {"TagKeys": ["a", "b"]}, True),
        ("UntagResource", {"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}, {"TagKeys": ["b"]}, False),
    ],
)
def test_policies_decide_which_tags_may_be_given_and_taken(service, key, operation, condition, members, allowed):
    give(service, "bob", allow(f"kms:{operation}", Condition=condition))
    answer = service.call(operation, {"KeyId": key, **members}, user="bob")
    assert (None if allowed else "AccessDeniedException") == answer.type


# --- aliases ----------------------------------------------------------------------------------------------------------


def alias_arn(name):
    return f"arn:aws:kms:{REGION}:{ACCOUNT}:{name}"


def key_arn(key):
    return f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}"


def targets(service):
    return {each["AliasName"]: each["TargetKeyId"] for each in service.call("ListAliases").json["Aliases"]}


def test_an_alias_is_made_pointed_elsewhere_and_deleted(service, key):
    other = service.make_key(DELEGATING)["KeyId"]
    service.call("CreateAlias", {"AliasName": "alias/app", "TargetKeyId": key})
    answer = service.call("UpdateAlias", {"AliasName": "alias/app", "TargetKeyId": key_arn(other)})
    assert (200, b"") == (answer.status, answer.body)
    assert {"alias/app": other} == targets(service)
    (entry,) = service.call("ListAliases", {"KeyId": other}).json["Aliases"]
    assert entry["CreationDate"] <= entry["LastUpdatedDate"]
    described = service.call("DescribeKey", {"KeyId": "alias/app"}).json
    assert other == described["KeyMetadata"]["KeyId"]
    assert 200 == service.call("DeleteAlias", {"AliasName": "alias/app"}).status
    assert {} == targets(service)
    assert "NotFoundException" == service.call("DescribeKey", {"KeyId": "alias/app"}).type


@pytest.mark.parametrize("operation", ["UpdateAlias", "DeleteAlias"])
@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("alias/none", "NotFoundException", f"Alias {alias_arn('alias/none')} is not found."),
        ("alias/aws/ebs", "NotFoundException", "is not found"),
        ("none", "ValidationException", 'Alias must start with the prefix "alias/"'),
        ("alias/a b", "ValidationException", "'aliasName' failed to satisfy constraint"),
    ],
)
def test_an_alias_that_is_not_there_is_not_found(service, key, operation, name, error, message):
    members = {"AliasName": name, **({"TargetKeyId": key} if operation == "UpdateAlias" else {})}
    answer = service.call(operation, members)
    assert error == answer.type
    assert message in answer.message


@pytest.mark.parametrize(
    ("spec", "usage", "may"),
    [
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", False),
        ("RSA_2048", "ENCRYPT_DECRYPT", False),
        ("RSA_2048", "SIGN_VERIFY", True),
        ("ECC_NIST_P256", "SIGN_VERIFY", True),
        ("HMAC_256", "GENERATE_VERIFY_MAC", False),
    ],
)
def test_an_alias_is_pointed_only_to_a_key_of_the_same_type_and_usage(service, spec, usage, may):
    signing = service.make_key(DELEGATING, KeySpec="ECC_NIST_P384", KeyUsage="SIGN_VERIFY")["KeyId"]
    service.call("CreateAlias", {"AliasName": "alias/sign", "TargetKeyId": signing})
    other = service.make_key(DELEGATING, KeySpec=spec, KeyUsage=usage)["KeyId"]
    answer = service.call("UpdateAlias", {"AliasName": "alias/sign", "TargetKeyId": other})
    assert (None if may else "ValidationException") == answer.type
    assert {"alias/sign": other if may else signing} == targets(service)


def test_an_alias_leaves_a_key_that_is_to_be_deleted_but_does_not_go_to_one(service, key):
    other = service.make_key(DELEGATING)["KeyId"]
    service.call("CreateAlias", {"AliasName": "alias/app", "TargetKeyId": key})
    service.call("ScheduleKeyDeletion", {"KeyId": other})
    answer = service.call("UpdateAlias", {"AliasName": "alias/app", "TargetKeyId": other})
    assert ("KMSInvalidStateException", f"{key_arn(other)} is pending deletion.") == (answer.type, answer.message)
    service.call("CancelKeyDeletion", {"KeyId": other})
    service.call("ScheduleKeyDeletion", {"KeyId": key})
    assert 200 == service.call("UpdateAlias", {"AliasName": "alias/app", "TargetKeyId": other}).status
    service.call("CreateAlias", {"AliasName": "alias/second", "TargetKeyId": other})
    service.call("ScheduleKeyDeletion", {"KeyId": other})
    assert 200 == service.call("DeleteAlias", {"AliasName": "alias/second"}).status


def test_a_key_has_no_more_aliases_than_its_quota(service, key, monkeypatch):
    monkeypatch.setattr(aliases, "MOST_ALIASES", 2)
    other = service.make_key(DELEGATING)["KeyId"]
    for name in ("alias/a", "alias/b"):
        assert 200 == service.call("CreateAlias", {"AliasName": name, "TargetKeyId": key}).status
    third = {"AliasName": "alias/c", "TargetKeyId": key}
    assert "LimitExceededException" == service.call("CreateAlias", third).type
    assert 200 == service.call("CreateAlias", {**third, "TargetKeyId": other}).status
    assert "LimitExceededException" == service.call("UpdateAlias", third).type
    assert 200 == service.call("UpdateAlias", {"AliasName": "alias/a", "TargetKeyId": key}).status


# UpdateAlias needs the alias, the current key and the new key; DeleteAlias the alias and the key.
ON_ALIAS, ON_KEYS = alias_arn("alias/app"), f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*"


@pytest.mark.parametrize("operation", ["CreateAlias", "UpdateAlias", "DeleteAlias"])
@pytest.mark.parametrize("missing", ["alias", "current", "new", None])
def test_alias_operations_need_permission_on_the_alias_and_on_every_key(service, key, operation, missing):
    new = service.make_key(DELEGATING)["KeyId"]
    if operation != "CreateAlias":
        service.call("CreateAlias", {"AliasName": "alias/app", "TargetKeyId": key})
    resources = {"alias": ON_ALIAS, "current": key_arn(key), "new": key_arn(new)}
    needed = {
        "CreateAlias": ("alias", "new"),
        "UpdateAlias": ("alias", "current", "new"),
        "DeleteAlias": ("alias", "current"),
    }
    given = [resource for name, resource in resources.items() if name != missing]
    give(service, "bob", allow(f"kms:{operation}", given))
    members = {"AliasName": "alias/app", **({} if operation == "DeleteAlias" else {"TargetKeyId": new})}
    answer = service.call(operation, members, user="bob")
    is_refused = missing in needed[operation]
    assert ("AccessDeniedException" if is_refused else None) == answer.type
    if is_refused:
        assert f"on resource: {resources[missing]} because no identity-based policy" in answer.message


def test_an_alias_that_was_pointed_elsewhere_meanwhile_is_left_alone(service, key, monkeypatch):
    """The caller was authorised on the key that the alias named before."""
    other = service.make_key(DELEGATING)["KeyId"]
    service.call("CreateAlias", {"AliasName": "alias/app", "TargetKeyId": key})
    check = aliases._authorised_alias

    def raced(run, change, name):
        alias = change.alias(run.caller.account, run.region, name)
        change.put_alias(replace(alias, target_key_id=other))
        return check(run, change, name)

    monkeypatch.setattr(aliases, "_authorised_alias", raced)
    answer = service.call("DeleteAlias", {"AliasName": "alias/app"})
    assert (500, DEPENDENCY_TIMEOUT.code) == (answer.status, answer.type)
    assert {"alias/app": key} == targets(service)


def test_access_follows_the_aliases_that_a_key_has(service, key):
    """KMS Developer Guide, "Using aliases to control access to KMS keys", kms:ResourceAliases."""
    condition = {"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/ours*"}}
    give(service, "bob", allow("kms:Encrypt", Condition=condition))
    other = service.make_key(DELEGATING)["KeyId"]
    assert not encrypts(service, key, "bob")
    service.call("CreateAlias", {"AliasName": "alias/ours-1", "TargetKeyId": key})
    assert encrypts(service, key, "bob")
    assert not encrypts(service, other, "bob")
    service.call("UpdateAlias", {"AliasName": "alias/ours-1", "TargetKeyId": other})
    assert not encrypts(service, key, "bob")
    assert encrypts(service, other, "bob")
    service.call("DeleteAlias", {"AliasName": "alias/ours-1"})
    assert not encrypts(service, other, "bob")


def test_a_condition_on_the_alias_in_the_request_asks_how_the_key_was_named(service, key):
    """KMS Developer Guide, "AWS KMS condition keys", kms:RequestAlias."""
    condition = {"StringEquals": {"kms:RequestAlias": "alias/app"}}
    give(service, "bob", allow("kms:Encrypt", Condition=condition))
    for name in ("alias/app", "alias/other"):
        service.call("CreateAlias", {"AliasName": name, "TargetKeyId": key})
    assert encrypts(service, "alias/app", "bob")
    assert encrypts(service, alias_arn("alias/app"), "bob")
    for name in (key, key_arn(key), "alias/other"):
        assert not encrypts(service, name, "bob")


# --- descriptions and policy names ------------------------------------------------------------------------------------


def test_a_description_is_changed_and_emptied(service, key):
    for text in ("für die Schlüssel", ""):
        assert 200 == service.call("UpdateKeyDescription", {"KeyId": key, "Description": text}).status
        assert text == service.call("DescribeKey", {"KeyId": key}).json["KeyMetadata"]["Description"]
    answer = service.call("UpdateKeyDescription", {"KeyId": key, "Description": "x" * 8193})
    assert "ValidationException" == answer.type


def test_a_key_has_one_policy_and_it_is_called_default(service, key):
    assert {"PolicyNames": ["default"], "Truncated": False} == service.call("ListKeyPolicies", {"KeyId": key}).json
    given = {"KeyId": key, "Marker": "x"}
    assert "InvalidMarkerException" == service.call("ListKeyPolicies", given).type


# --- what a key policy may not ask ------------------------------------------------------------------------------------

NOT_PERMITTED = (
    "These condition keys are not permitted in a key policy: aws:ResourceTag, kms:ResourceTag, kms:ResourceAliases"
)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"StringEquals": {"aws:ResourceTag/Team": "blue"}}, NOT_PERMITTED),
        ({"StringEquals": {"AWS:resourcetag/Team": "blue"}}, NOT_PERMITTED),
        ({"StringEquals": {"kms:ResourceTag/Team": "blue"}}, NOT_PERMITTED),
        ({"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/x"}}, NOT_PERMITTED),
        ({"ForAllValues:StringEquals": {"kms:EncryptionContext:app": "x"}}, "without the specified encryption context"),
        ({"ForAllValues:StringLike": {"aws:RequestTag/Team": "x"}}, "with an unspecified tag. To fix, remove"),
    ],
)
@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_a_key_policy_with_a_condition_that_aws_refuses_is_refused_at_both_doors(
    service, key, condition, words, effect
):
    policy = json.dumps(document(statement(ROOT), {**statement(ALICE, Condition=condition), "Effect": effect}))
    calls = [("PutKeyPolicy", {"KeyId": key, "Policy": policy}), ("CreateKey", {"Policy": policy})]
    for operation, members in calls:
        answer = service.call(operation, members)
        assert (400, "MalformedPolicyDocumentException") == (answer.status, answer.type)
        assert words in answer.message
        assert ("OverlyPermissiveCondition: " in answer.message) == (words != NOT_PERMITTED)


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"kms:EncryptionContext:app": "x"}},
        {"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": "x"}},
        {"ForAnyValue:StringEquals": {"kms:EncryptionContext:app": "x"}},
        {"StringEquals": {"aws:RequestTag/Team": "blue"}},
        {"StringEquals": {"aws:PrincipalTag/Team": "blue"}},
        {"StringEquals": {"kms:RequestAlias": "alias/x"}},
    ],
)
def test_a_key_policy_with_other_conditions_is_taken(service, key, condition):
    policy = json.dumps(document(statement(ROOT), statement(ALICE, Condition=condition)))
    assert 200 == service.call("PutKeyPolicy", {"KeyId": key, "Policy": policy}).status
