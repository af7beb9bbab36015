"""Every kms: condition key that the Service Authorization Reference gives an action is offered by some call of it.

What is put before the engine is watched: sound calls of every operation, and calls with the members that the sound ones
leave out. What no call here can offer stands below, each with its reason.
"""

import time

import pytest

from keyservice.authorize import authorizer
from keyservice.operations.registry import OPERATIONS
from policy.catalogue.data import load_catalogue
from policy.catalogue.keys import key_type
from tests.keyservice.operations.cases import GRANTEE, prepared
from tests.live import ACCOUNT, open_service

KMS = [name for service, name in OPERATIONS if service == "kms"]
CATALOGUE = load_catalogue()
ACTIONS = [action for action in CATALOGUE["actions"] if action.startswith("kms:")]
CONTEXT = {"EncryptionContextSubset": {"app": "web"}}
SERVICE = "rds.amazonaws.com"
SOURCE = f"arn:aws:rds:us-east-1:{ACCOUNT}:db:orders"

# Calls beside the sound one of each operation: members that are added to its own.
MORE = {
    "CreateGrant": [
        lambda service, key: {"Constraints": CONTEXT, "RetiringPrincipal": GRANTEE},
        lambda service, key: {
            "GranteePrincipal": None,
            "GranteeServicePrincipal": SERVICE,
            "RetiringServicePrincipal": SERVICE,
            "Constraints": {"SourceArn": SOURCE},
        },
    ],
    "CreateKey": [lambda service, key: {"MultiRegion": True}],
    "ImportKeyMaterial": [
        lambda service, key: {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": int(time.time()) + 86_400}
    ],
    "GenerateDataKey": [lambda service, key: {"EncryptionContext": {"app": "web"}}],
    "GenerateDataKeyWithoutPlaintext": [lambda service, key: {"EncryptionContext": {"app": "web"}}],
    "GenerateDataKeyPair": [lambda service, key: {"EncryptionContext": {"app": "web"}}],
    "GenerateDataKeyPairWithoutPlaintext": [lambda service, key: {"EncryptionContext": {"app": "web"}}],
    "ReEncrypt": [lambda service, key: {"DestinationEncryptionContext": {"app": "web"}}],
}


def constrained(service, key):
    """A grant with a constraint, to be retired."""
    given = {"KeyId": key, "GranteePrincipal": GRANTEE, "Operations": ["Decrypt"], "Constraints": CONTEXT}
    return {"GrantId": service.call("CreateGrant", given).json["GrantId"]}


MORE["RetireGrant"] = [constrained]

FOR_ENCLAVES = "attestation documents of Nitro enclaves are refused"
NOT_OFFERED = {
    "kms:ViaService": "no service of AWS's calls for anybody here",
    "kms:TrailingDaysWithoutKeyUsage": "found out for policies that ask for it: tests of GetKeyLastUsage",
    "kms:RecipientAttestation:ImageSha384": FOR_ENCLAVES,
    "kms:RecipientAttestation:NitroTPMPCR#": FOR_ENCLAVES,
    "kms:RecipientAttestation:PCR#": FOR_ENCLAVES,
}
# Not operations of the API: what KMS itself is allowed to do.
NO_OPERATION = {"kms:SynchronizeMultiRegionKey"}


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """Condition keys by action, from everything that the engine was asked."""
    service = open_service(tmp_path_factory.mktemp("conditions") / "data")
    found = {}
    request = authorizer.Request

    def watched(**given):
        names = {key_type(name).name for name in given["context"]}
        found.setdefault(given["action"], set()).update(names)
        return request(**given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(authorizer, "Request", watched)
        for operation in KMS:
            _call_all(service, operation)
    service.close()
    return found


def _call_all(service, operation):
    for add in (lambda service, key: {}, *MORE.get(operation, ())):
        key, members = prepared(service, operation)
        given = {name: value for name, value in {**members, **add(service, key)}.items() if value is not None}
        answer = service.call(operation, given)
        assert 200 == answer.status, (operation, answer.body)
        _clear(service)
    _call_by_alias(service, operation)


def _call_by_alias(service, operation):
    """The same by alias, where the operation takes one; where it does not it is refused before anybody is asked."""
    key, members = prepared(service, operation)
    for name in {"KeyId", "DestinationKeyId", "SourceKeyId"} & set(members) | ({"KeyId"} & _optional(operation)):
        service.call("CreateAlias", {"AliasName": "alias/by-name", "TargetKeyId": key})
        service.call(operation, {**members, name: "alias/by-name"})
    if operation == "ReEncrypt":
        service.call(operation, {**members, "SourceKeyId": "alias/by-name"})
    _clear(service)


def _optional(operation):
    return {"KeyId"} if operation == "Decrypt" else set()


def _clear(service):
    """Names are free again for the next call."""
    for alias in service.call("ListAliases").json["Aliases"]:
        service.call("DeleteAlias", {"AliasName": alias["AliasName"]})
    for store in service.call("DescribeCustomKeyStores").json["CustomKeyStores"]:
        service.call("DisconnectCustomKeyStore", {"CustomKeyStoreId": store["CustomKeyStoreId"]})
        service.call("DeleteCustomKeyStore", {"CustomKeyStoreId": store["CustomKeyStoreId"]})


@pytest.mark.parametrize("action", [action for action in ACTIONS if action not in NO_OPERATION])
def test_an_action_is_offered_the_kms_condition_keys_that_the_reference_gives_it(asked, action):
    documented = {key for key in CATALOGUE["actions"][action]["keys"] if key.startswith("kms:")}
    assert set() == documented - asked[action] - set(NOT_OFFERED)


@pytest.mark.parametrize("action", [action for action in ACTIONS if action not in NO_OPERATION])
def test_an_action_on_a_key_is_offered_the_condition_keys_of_keys(asked, action):
    if "key" in CATALOGUE["actions"][action]["resources"]:
        assert {"kms:KeySpec", "kms:KeyUsage", "kms:KeyOrigin", "kms:MultiRegion"} <= asked[action]


@pytest.mark.parametrize("action", [action for action in ACTIONS if action not in NO_OPERATION])
def test_an_action_is_offered_the_tags_that_the_reference_gives_it(asked, action):
    documented = {key for key in CATALOGUE["actions"][action]["keys"] if key in {"aws:RequestTag/*", "aws:TagKeys"}}
    given = documented - ({"aws:RequestTag/*"} if action == "kms:UntagResource" else set())
    assert set() == given - asked[action]


def test_what_is_not_offered_is_documented_and_never_offered(asked):
    documented = {key for action in ACTIONS for key in CATALOGUE["actions"][action]["keys"]}
    assert set(NOT_OFFERED) <= documented
    assert set() == set(NOT_OFFERED) & set().union(*asked.values())


def test_every_operation_has_an_action_in_the_reference():
    halves = {"ReEncrypt": ("kms:ReEncryptFrom", "kms:ReEncryptTo")}
    actions = {action for name in KMS for action in halves.get(name, (f"kms:{name}",))}
    assert set(ACTIONS) - NO_OPERATION == actions
