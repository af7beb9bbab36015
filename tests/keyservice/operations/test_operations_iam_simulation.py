"""The policy simulator: which policies a principal brings, what may be asked, and what is told of it."""

import asyncio
import json
import time
import xml.etree.ElementTree as ET
from urllib.parse import urlencode

import pytest

from keyservice.operations.registry import OPERATIONS
from tests.keyservice.operations.cases import IAM_VERSION
from tests.live import ACCOUNT, ALLOW_ALL, ALLOW_KMS, OTHER_ACCOUNT, apply_identities, open_service

MANAGED = f"arn:aws:iam::{ACCOUNT}:policy/Readers"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def policy(action, effect="Allow", resource="*", **more):
    return {
        "Version": "2012-10-17",
        "Statement": {"Effect": effect, "Action": action, "Resource": resource, **more},
    }


IDENTITIES = {
    "accounts": [
        {
            "id": ACCOUNT,
            "managed_policies": [{"name": "Readers", "document": policy("kms:Describe*")}],
            "groups": [{"name": "devs", "policies": [policy("kms:Encrypt")]}],
            "users": [
                {
                    "name": "carol",
                    "groups": ["devs"],
                    "policies": [policy("kms:Decrypt", Condition={"StringEquals": {"kms:ViaService": "x"}})],
                    "attached_policies": [MANAGED],
                    "tags": {"team": "blue"},
                },
                {"name": "dave", "policies": [ALLOW_KMS], "permissions_boundary": policy("kms:Decrypt")},
                {
                    "name": "team-tester",
                    "policies": [
                        policy(
                            "iam:SimulatePrincipalPolicy",
                            Condition={"StringEquals": {"iam:ResourceTag/team": "blue"}},
                        )
                    ],
                },
            ],
            "access_keys": [
                {
                    "user": "team-tester",
                    "access_key_id": "AKIATEAM-TESTERXXXXX".replace("-", "Z"),
                    "secret": "x" * 40,
                }
            ],
        }
    ]
}


@pytest.fixture(scope="module")
def iam(tmp_path_factory):
    service = open_service(tmp_path_factory.mktemp("iam") / "data")
    apply_identities(service.opened, IDENTITIES)
    yield service
    service.close()


def listed(**lists):
    return {
        f"{name}.member.{number}": text for name, texts in lists.items() for number, text in enumerate(texts, start=1)
    }


def ask(service, operation, user="admin", **members):
    form = urlencode({"Action": operation, "Version": IAM_VERSION, **members})
    return service.sts(form, user=user, service="iam")


def tree(answer):
    assert 200 == answer.status, answer.body
    return ET.fromstring(answer.body)


def texts(answer, name):
    return [each.text for each in tree(answer).iter() if each.tag.endswith(f"}}{name}")]


def refusal(answer):
    found = ET.fromstring(answer.body)
    return answer.status, found.find(".//{*}Code").text, found.find(".//{*}Message").text


def user(name):
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


def simulate(service, source, *actions, **members):
    return ask(service, "SimulatePrincipalPolicy", PolicySourceArn=source, **listed(ActionNames=actions), **members)


def decisions(answer):
    return texts(answer, "EvalDecision")


def test_a_users_own_policies_its_groups_and_managed_ones_count(iam):
    answer = simulate(iam, user("carol"), "kms:DescribeKey", "kms:Encrypt", "kms:Decrypt", "kms:Sign")
    assert ["allowed", "allowed", "implicitDeny", "implicitDeny"] == decisions(answer)
    assert ["user-managed", "group"] == texts(answer, "SourcePolicyType")
    assert ["Readers", "group_devs_policy-1"] == texts(answer, "SourcePolicyId")
    assert ["kms:ViaService"] == [each.text for each in tree(answer).findall(".//{*}MissingContextValues/{*}member")]


def test_a_context_key_that_is_given_meets_its_condition(iam):
    entry = {"ContextEntries.member.1.ContextKeyName": "kms:ViaService"}
    entry |= {"ContextEntries.member.1.ContextKeyValues.member.1": "x"}
    entry |= {"ContextEntries.member.1.ContextKeyType": "string"}
    assert ["allowed"] == decisions(simulate(iam, user("carol"), "kms:Decrypt", **entry))


def test_a_group_and_a_role_are_simulated_too(iam):
    assert ["allowed"] == decisions(simulate(iam, f"arn:aws:iam::{ACCOUNT}:group/devs", "kms:Encrypt"))
    assert ["allowed"] == decisions(simulate(iam, f"arn:aws:iam::{ACCOUNT}:role/App", "kms:Encrypt"))


def test_a_permissions_boundary_bounds_and_another_may_take_its_place(iam):
    answer = simulate(iam, user("dave"), "kms:Decrypt", "kms:Encrypt")
    assert ["allowed", "implicitDeny"] == decisions(answer)
    assert ["true", "false"] == texts(answer, "AllowedByPermissionsBoundary")
    other = listed(PermissionsBoundaryPolicyInputList=[json.dumps(policy("kms:Encrypt"))])
    assert ["implicitDeny", "allowed"] == decisions(simulate(iam, user("dave"), "kms:Decrypt", "kms:Encrypt", **other))


def test_policies_of_the_call_are_added(iam):
    more = listed(PolicyInputList=[json.dumps(policy("kms:*", effect="Deny"))])
    answer = simulate(iam, user("dave"), "kms:Decrypt", **more)
    assert (["explicitDeny"], ["PolicyInputList.1"], ["none"]) == (
        decisions(answer),
        texts(answer, "SourcePolicyId"),
        texts(answer, "SourcePolicyType"),
    )


@pytest.mark.parametrize(
    ("identifier", "decided"),
    [
        ({"PolicyType": "user-managed"}, ["implicitDeny", "allowed"]),
        ({"PolicyType": "inline"}, ["allowed", "implicitDeny"]),
        ({"PolicyArn": MANAGED.replace("Readers", "Read*")}, ["implicitDeny", "allowed"]),
        (
            {
                "InlinePolicyIdentifier.PolicyName": "policy-1",
                "InlinePolicyIdentifier.AttachmentType": "group",
                "InlinePolicyIdentifier.AttachmentName": "d*",
            },
            ["allowed", "implicitDeny"],
        ),
        ({"PolicyType": "rcp"}, ["allowed", "allowed"]),
        ({"PolicyType": "scp"}, ["allowed", "allowed"]),
    ],
)
def test_policies_can_be_left_out(iam, identifier, decided):
    excluded = {f"PolicyExclusionList.member.1.{name}": text for name, text in identifier.items()}
    assert decided == decisions(simulate(iam, user("carol"), "kms:DescribeKey", "kms:Encrypt", **excluded))


def test_a_boundary_can_be_left_out(iam):
    excluded = {"PolicyExclusionList.member.1.PolicyType": "permission-boundary"}
    assert ["allowed"] == decisions(simulate(iam, user("dave"), "kms:Encrypt", **excluded))


@pytest.mark.parametrize(
    "identifier",
    [
        {},
        {"PolicyType": "inline", "PolicyArn": MANAGED},
        {"PolicyArn": f"arn:aws:iam::*:policy/{'x' * 10}"},
        {"PolicyArn": MANAGED + "**"},
    ],
)
def test_identifiers_that_are_none_are_refused(iam, identifier):
    excluded = {f"PolicyExclusionList.member.1.{name}": text for name, text in identifier.items()}
    excluded = excluded or {"PolicyExclusionList.member.1.Other": "x"}
    assert (400, "InvalidInput") == refusal(simulate(iam, user("carol"), "kms:Decrypt", **excluded))[:2]


def test_a_caller_of_another_account_is_told_apart_by_policy_type(iam):
    resource = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"AWS": user("dave")}, "Action": "s3:*", "Resource": "*"},
    }
    answer = simulate(
        iam,
        user("dave"),
        "s3:GetObject",
        **listed(ResourceArns=["arn:aws:s3:::bucket/key"]),
        ResourcePolicy=json.dumps(resource),
        ResourceOwner=f"arn:aws:iam::{OTHER_ACCOUNT}:root",
    )
    details = tree(answer).find(".//{*}EvalDecisionDetails")
    told = {each.find("{*}key").text: each.find("{*}value").text for each in details.findall("{*}entry")}
    assert {
        "IAM Policy": "implicitDeny",
        "Resource Policy": "allowed",
        "Permissions Boundary Policy": "implicitDeny",
    } == told


def test_pages_go_on_where_the_last_ended(iam):
    actions = ("kms:Encrypt", "kms:Decrypt", "kms:Sign")
    first = simulate(iam, user("dave"), *actions, MaxItems="2")
    assert (["kms:Encrypt", "kms:Decrypt"], ["true"]) == (texts(first, "EvalActionName"), texts(first, "IsTruncated"))
    (marker,) = texts(first, "Marker")
    second = simulate(iam, user("dave"), *actions, MaxItems="2", Marker=marker)
    assert (["kms:Sign"], ["false"]) == (texts(second, "EvalActionName"), texts(second, "IsTruncated"))


def test_many_resources_make_pages_short(iam):
    resources = listed(ResourceArns=[f"arn:aws:s3:::b{number}" for number in range(400)])
    answer = simulate(iam, user("dave"), "kms:Encrypt", "kms:Decrypt", "kms:Sign", **resources)
    assert (2, ["true"]) == (len(texts(answer, "EvalActionName")), texts(answer, "IsTruncated"))


@pytest.mark.parametrize(
    ("members", "code", "said"),
    [
        ({"PolicySourceArn": user("nobody-at-all")}, "NoSuchEntity", "The user with name nobody-at-all cannot be"),
        ({"PolicySourceArn": user("path/carol")}, "NoSuchEntity", "The user with name carol cannot be found."),
        ({"PolicySourceArn": f"arn:aws:iam::{ACCOUNT}:root-of-all"}, "InvalidInput", "does not clearly define entity"),
        (
            {"PolicySourceArn": f"arn:aws:sts::{ACCOUNT}:assumed-role/App/s"},
            "InvalidInput",
            f"Invalid Entity Arn: arn:aws:sts::{ACCOUNT}:assumed-role/App/s does not clearly define entity type",
        ),
        ({"CallerArn": f"arn:aws:sts::{ACCOUNT}:assumed-role/App/s"}, "InvalidInput", "Invalid Entity Arn"),
        (listed(ResourceArns=["abc"]), "InvalidInput", "ResourceNames are not in a valid ARN format: abc."),
        ({"ResourceOwner": "nobody"}, "InvalidInput", "nobody"),
        (listed(PolicyInputList=["{"]), "InvalidInput", "PolicyInputList.1:1:"),
        (
            listed(PolicyInputList=["allow { }"]),
            "InvalidInput",
            "PolicyInputList.1:1:1: the policy is not a JSON object",
        ),
        (
            listed(PermissionsBoundaryPolicyInputList=[json.dumps(ALLOW_ALL)] * 2),
            "InvalidInput",
            "only one permissions boundary",
        ),
        (listed(ActionNames=["kms:*"]), "InvalidInput", "is no action of a request"),
        ({"Marker": "x"}, "InvalidInput", "Marker"),
        ({"MaxItems": "0"}, "ValidationError", "maxItems"),
        (listed(ActionNames=["k"]), "ValidationError", "actionNames"),
        ({"ContextEntries.member.1.ContextKeyType": "text"}, "ValidationError", "contextKeyType"),
        ({"ContextEntries.member.1.ContextKeyType": "string"}, "InvalidInput", "ContextKeyName"),
    ],
)
def test_bad_input_is_told(iam, members, code, said):
    whole = {"PolicySourceArn": user("carol"), "ActionNames.member.1": "kms:Decrypt", **members}
    status, found, message = refusal(ask(iam, "SimulatePrincipalPolicy", **whole))
    assert (404 if code == "NoSuchEntity" else 400, code) == (status, found)
    assert said in message


def test_a_resource_policy_needs_a_caller_in_a_custom_simulation(iam):
    given = listed(PolicyInputList=[json.dumps(ALLOW_KMS)], ActionNames=["kms:Decrypt"], ResourceArns=[KEY])
    status, code, _ = refusal(ask(iam, "SimulateCustomPolicy", **given, ResourcePolicy=json.dumps(ALLOW_KMS)))
    assert (400, "InvalidInput") == (status, code)


def test_levels_of_an_organization_are_simulated(iam):
    level = "OrderedOrganizationPolicyInputList.member.1.ServiceControlPolicyInputList.member.1"
    answer = ask(
        iam,
        "SimulateCustomPolicy",
        **listed(PolicyInputList=[json.dumps(ALLOW_KMS)], ActionNames=["kms:Decrypt"]),
        **{level: json.dumps(policy("kms:Encrypt"))},
    )
    assert (["implicitDeny"], ["false"]) == (decisions(answer), texts(answer, "AllowedByOrganizations"))


def test_what_is_too_much_for_one_call_is_refused_at_once(iam):
    long = json.dumps(policy([f"s3:Get{number}" for number in range(8000)]))
    given = listed(
        PolicyInputList=[long],
        ActionNames=["s3:GetObject"],
        ResourceArns=[f"arn:aws:s3:::b{number}" for number in range(100)],
    )
    status, code, message = refusal(ask(iam, "SimulateCustomPolicy", **given))
    assert (400, "InvalidInput", True) == (status, code, "several calls" in message)


def test_context_keys_are_those_of_all_policies(iam):
    more = listed(PolicyInputList=[json.dumps(policy("s3:*", resource="arn:aws:s3:::${aws:username}/*"))])
    answer = ask(iam, "GetContextKeysForPrincipalPolicy", PolicySourceArn=user("carol"), **more)
    assert ["kms:ViaService", "aws:username"] == [
        each.text for each in tree(answer).findall(".//{*}ContextKeyNames/{*}member")
    ]
    answer = ask(iam, "GetContextKeysForCustomPolicy", **more)
    assert ["aws:username"] == [each.text for each in tree(answer).findall(".//{*}ContextKeyNames/{*}member")]
    for bad in ("{}", "[", "no"):
        refused = ask(iam, "GetContextKeysForCustomPolicy", **listed(PolicyInputList=[bad]))
        assert (400, "InvalidInput") == refusal(refused)[:2]


def test_who_may_simulate_a_principal_depends_on_its_arn_and_tags(iam):
    from botocore.credentials import Credentials

    tester = Credentials("AKIATEAM-TESTERXXXXX".replace("-", "Z"), "x" * 40)

    def asked(name):
        form = {"Action": "SimulatePrincipalPolicy", "Version": IAM_VERSION, "PolicySourceArn": user(name)}
        return iam.sts(urlencode({**form, "ActionNames.member.1": "kms:Sign"}), service="iam", credentials=tester)

    assert 200 == asked("carol").status
    assert (403, "AccessDenied") == refusal(asked("dave"))[:2]
    # Who may not ask is not told whether there is such a user.
    status, code, message = refusal(asked("nobody-at-all"))
    assert (403, "AccessDenied") == (status, code)
    assert f"iam:SimulatePrincipalPolicy on resource: {user('nobody-at-all')}" in message


def test_principals_of_another_account_are_none_of_ones_business(iam):
    other = f"arn:aws:iam::{OTHER_ACCOUNT}:user/stranger"
    assert (403, "AccessDenied") == refusal(simulate(iam, other, "kms:Decrypt"))[:2]


def test_the_trail_holds_the_call_without_the_policies(iam):
    iam.entries()
    simulate(iam, user("carol"), "kms:Sign", **listed(PolicyInputList=[json.dumps(ALLOW_KMS)]))
    (entry,) = iam.entries()
    event = entry["event"]
    assert ("iam.amazonaws.com", "SimulatePrincipalPolicy") == (event["eventSource"], event["eventName"])
    assert {"policySourceArn": user("carol"), "actionNames": ["kms:Sign"]} == event["requestParameters"]
    assert ("free", True) == (entry["usage"]["class"], event["readOnly"])


@pytest.mark.parametrize("region", ["us-east-1", "us-west-2", "cn-north-1", "us-gov-west-1"])
def test_iam_is_signed_for_a_region_of_its_partition_or_the_clients_own(iam, region):
    form = urlencode({"Action": "GetContextKeysForCustomPolicy", "Version": IAM_VERSION})
    form += "&" + urlencode(listed(PolicyInputList=[json.dumps(ALLOW_KMS)]))
    assert 200 == iam.sts(form, service="iam", region=region).status
    assert 403 == iam.sts(form, service="iam", region="eu-south-2").status
    assert 403 == iam.sts(form, service="sts", region=region).status


def test_an_action_is_of_the_service_that_its_version_is_of(iam):
    for action, version in (("AssumeRole", IAM_VERSION), ("SimulateCustomPolicy", "2011-06-15"), ("X", "2010-05-08")):
        answer = iam.sts(urlencode({"Action": action, "Version": version}), service="iam")
        assert (400, "InvalidAction") == refusal(answer)[:2]


def test_the_answer_is_in_the_namespace_of_iam(iam):
    answer = simulate(iam, user("carol"), "kms:Sign")
    assert "{https://iam.amazonaws.com/doc/2010-05-08/}SimulatePrincipalPolicyResponse" == tree(answer).tag
    answer = simulate(iam, user("nobody-at-all"), "kms:Sign")
    assert b'xmlns="https://iam.amazonaws.com/doc/2010-05-08/"' in answer.body


def test_analyses_have_threads_of_their_own():
    assert {"iam", "access-analyzer"} == {row.service for row in OPERATIONS.values() if row.is_analysis}


def test_the_organization_has_its_say_and_is_told_apart(tmp_path):
    service = open_service(tmp_path / "data")
    unit = {"id": "ou-ab12-11111111", "service_control_policies": [policy("kms:Sign", effect="Deny")]}
    root = {"id": "r-ab12", "units": [unit]}
    accounts = [{"id": ACCOUNT, "organization": "o-a1b2c3d4e5", "parent": unit["id"]}]
    accounts += [{"id": OTHER_ACCOUNT, "organization": "o-a1b2c3d4e5", "parent": "r-ab12"}]
    organization = {"id": "o-a1b2c3d4e5", "management_account": OTHER_ACCOUNT, "root": root}
    apply_identities(service.opened, {"organizations": [organization], "accounts": accounts})
    role = f"arn:aws:iam::{ACCOUNT}:role/App"
    answer = simulate(service, role, "kms:Sign", "kms:Decrypt")
    assert ["explicitDeny", "allowed"] == decisions(answer)
    assert ["false", "true"] == texts(answer, "AllowedByOrganizations")
    excluded = {"PolicyExclusionList.member.1.PolicyType": "scp"}
    assert ["allowed"] == decisions(simulate(service, role, "kms:Sign", **excluded))
    service.close()


def test_others_are_answered_while_a_policy_is_analysed(iam):
    """The largest answer there can be: every statement of a long policy for each of many resources."""
    statements = [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}] * 1000
    long = json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
    given = listed(
        PolicyInputList=[long],
        ActionNames=["s3:GetObject"],
        ResourceArns=[f"arn:aws:s3:::b{number}" for number in range(40)],
    )
    form = urlencode({"Action": "SimulateCustomPolicy", "Version": IAM_VERSION, **given})
    analysis = signed(iam, form.encode(), "iam", "application/x-www-form-urlencoded", {})
    small = signed(iam, b"{}", "kms", "application/x-amz-json-1.1", {"X-Amz-Target": "TrentService.ListKeys"})

    async def both():
        under_way = asyncio.ensure_future(iam.sent(*analysis))
        await asyncio.sleep(0.05)
        answered = 0
        while not under_way.done():
            began = time.monotonic()
            assert 200 == (await iam.sent(*small)).status
            assert time.monotonic() - began < 5
            answered += 1
            await asyncio.sleep(0.01)
        return answered, await under_way

    answered, analysed = iam.loop.run_until_complete(both())
    assert 200 == analysed.status
    assert answered > 1


def signed(service, body, of, media_type, headers):
    """Body and headers of a request that the administrator has signed."""
    kept = {}
    sent = service.send
    service.send = lambda body, headers, **_: kept.update(body=body, headers=headers)
    try:
        service.post(body, {"Content-Type": media_type, **headers}, service=of)
    finally:
        service.send = sent
    return kept["body"], kept["headers"]
