"""AWS's simulator input: its decisions, matched statements with AWS's positions, and missing context keys."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from policy.diagnostics import PolicyError
from policy.evaluate.compiled_document import compile_document
from policy.simulate.custom import simulate_custom
from policy.simulate.custom_input import read_custom
from policy.syntax.json_values import NumberText
from tests.policy.evaluate.cases import KEY, OTHER_USER, ROLE, ROOT, USER, allow, deny

# AWS CLI Command Reference, "simulate-custom-policy", Examples.
DOCUMENTED = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",'
    '"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
)


def simulate(**given: Any) -> dict[str, Any]:
    """The first result of a call, whose policies are given as their statements."""
    return results(**given)[0]


def results(**given: Any) -> list[dict[str, Any]]:
    value = {"ActionNames": ["kms:Decrypt"], "PolicyInputList": [], **given}
    answer = simulate_custom(read_custom(value))
    assert answer["IsTruncated"] is False
    found: list[dict[str, Any]] = answer["EvaluationResults"]
    return found


def text(*statements: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def at(time: str) -> list[dict[str, Any]]:
    return [{"ContextKeyName": "aws:CurrentTime", "ContextKeyValues": [time], "ContextKeyType": "date"}]


def test_the_documented_examples_come_out_as_documented() -> None:
    call = {"PolicyInputList": [DOCUMENTED], "ActionNames": ["dynamodb:CreateBackup"]}
    result = simulate(**call, ContextEntries=at("2019-04-25T11:00:00Z"))
    assert ("dynamodb:CreateBackup", "*", "allowed") == (
        result["EvalActionName"],
        result["EvalResourceName"],
        result["EvalDecision"],
    )
    [matched] = result["MatchedStatements"]
    assert "PolicyInputList.1" == matched["SourcePolicyId"]
    assert ({"Line": 1, "Column": 38}, {"Line": 1, "Column": 167}) == (matched["StartPosition"], matched["EndPosition"])
    assert [] == result["MissingContextValues"]
    early = simulate(**call, ContextEntries=at("2014-04-25T11:00:00Z"))
    assert ("implicitDeny", []) == (early["EvalDecision"], early["MatchedStatements"])


def test_a_key_that_nobody_gave_is_missing() -> None:
    result = simulate(PolicyInputList=[DOCUMENTED], ActionNames=["dynamodb:CreateBackup"])
    assert ("implicitDeny", ["aws:CurrentTime"]) == (result["EvalDecision"], result["MissingContextValues"])


def test_keys_of_statements_about_other_actions_are_not_missing() -> None:
    condition = {"Bool": {"aws:SecureTransport": "true"}}
    policy = text(allow(), allow(Action="s3:*", Condition=condition))
    assert [] == simulate(PolicyInputList=[policy])["MissingContextValues"]


def test_variables_are_missing_too() -> None:
    policy = text(allow(Action="s3:GetObject", Resource="arn:aws:s3:::home/${aws:username}/*"))
    call = {"ActionNames": ["s3:GetObject"], "ResourceArns": ["arn:aws:s3:::home/Alice/file"]}
    assert ["aws:username"] == simulate(PolicyInputList=[policy], **call)["MissingContextValues"]
    known = simulate(PolicyInputList=[policy], CallerArn=USER, **call)
    assert ("allowed", []) == (known["EvalDecision"], known["MissingContextValues"])


def test_a_key_without_resource_policy_is_left_to_the_identity_based_policies() -> None:
    result = simulate(PolicyInputList=[text(allow())], ResourceArns=[KEY])
    assert "allowed" == result["EvalDecision"]
    assert "arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}" == result["EvalResourceName"]
    [specific] = result["ResourceSpecificResults"]
    assert (KEY, "allowed") == (specific["EvalResourceName"], specific["EvalResourceDecision"])
    assert ["PolicyInputList.1"] == [each["SourcePolicyId"] for each in specific["MatchedStatements"]]


def test_a_resource_policy_counts_as_it_stands() -> None:
    call = {"ResourceArns": [KEY], "CallerArn": ROLE}
    allowed = simulate(**call, ResourcePolicy=text(allow(ROLE)))
    assert ("allowed", ["ResourcePolicy"]) == (
        allowed["EvalDecision"],
        [each["SourcePolicyId"] for each in allowed["MatchedStatements"]],
    )
    assert "resource" == allowed["MatchedStatements"][0]["SourcePolicyType"]
    without = simulate(**call, PolicyInputList=[text(allow())], ResourcePolicy=text(allow(USER)))
    assert "implicitDeny" == without["EvalDecision"]


def test_across_accounts_both_must_allow() -> None:
    call = {"ResourceArns": [KEY], "CallerArn": OTHER_USER, "ResourcePolicy": text(allow(OTHER_USER))}
    assert "implicitDeny" == simulate(**call)["EvalDecision"]
    assert "allowed" == simulate(**call, PolicyInputList=[text(allow())])["EvalDecision"]


def test_the_owner_of_a_resource_that_does_not_say_is_given() -> None:
    bucket = "arn:aws:s3:::files/a"
    call = {"ActionNames": ["s3:GetObject"], "ResourceArns": [bucket], "CallerArn": OTHER_USER}
    policies = {"ResourcePolicy": text(allow(OTHER_USER, Action="s3:*"))}
    assert "allowed" == simulate(**call, **policies)["EvalDecision"]
    assert "implicitDeny" == simulate(**call, **policies, ResourceOwner=ROOT)["EvalDecision"]


def test_an_explicit_deny_is_the_only_statement_matched() -> None:
    result = simulate(PolicyInputList=[text(allow()), text(deny(Sid="No"))])
    assert ("explicitDeny", ["PolicyInputList.2"]) == (
        result["EvalDecision"],
        [each["SourcePolicyId"] for each in result["MatchedStatements"]],
    )


def test_of_several_resources_the_most_restrictive_decision_is_on_top() -> None:
    other = KEY.replace("1234abcd", "ffff0000")
    result = simulate(PolicyInputList=[text(allow(Resource=KEY))], ResourceArns=[KEY, other])
    assert "implicitDeny" == result["EvalDecision"]
    specific = [each["EvalResourceDecision"] for each in result["ResourceSpecificResults"]]
    assert ["allowed", "implicitDeny"] == specific


def test_a_boundary_and_the_organisation_are_told_apart() -> None:
    none = text(allow(Action="s3:*"))
    levels = [{"ServiceControlPolicyInputList": [text(allow(Action="*"))]}, {"ServiceControlPolicyInputList": [none]}]
    bounded = simulate(PolicyInputList=[text(allow())], PermissionsBoundaryPolicyInputList=[none])
    assert ("implicitDeny", {"AllowedByPermissionsBoundary": False}) == (
        bounded["EvalDecision"],
        bounded["PermissionsBoundaryDecisionDetail"],
    )
    organized = simulate(PolicyInputList=[text(allow())], OrderedOrganizationPolicyInputList=levels)
    assert ("implicitDeny", {"AllowedByOrganizations": False}) == (
        organized["EvalDecision"],
        organized["OrganizationsDecisionDetail"],
    )


def test_each_action_has_a_result() -> None:
    found = results(PolicyInputList=[text(allow())], ActionNames=["kms:Decrypt", "kms:Encrypt"])
    assert ["allowed", "implicitDeny"] == [each["EvalDecision"] for each in found]


def test_a_group_may_be_the_caller() -> None:
    group = "arn:aws:iam::111122223333:group/staff"
    assert "allowed" == simulate(PolicyInputList=[text(allow())], CallerArn=group)["EvalDecision"]


def test_types_of_policies_are_told_apart_across_accounts() -> None:
    call = {"ResourceArns": [KEY], "CallerArn": OTHER_USER, "ResourcePolicy": text(allow(OTHER_USER))}
    denied = simulate(**call)
    details = {"IAM Policy": "implicitDeny", "Resource Policy": "allowed"}
    assert details == denied["EvalDecisionDetails"] == denied["ResourceSpecificResults"][0]["EvalDecisionDetails"]
    allowed = simulate(**call, PolicyInputList=[text(allow())])
    assert {"IAM Policy": "allowed", "Resource Policy": "allowed"} == allowed["EvalDecisionDetails"]


def test_within_an_account_the_details_are_empty_or_missing() -> None:
    named = simulate(PolicyInputList=[text(allow())], ResourceArns=[KEY], CallerArn=USER)
    assert {} == named["EvalDecisionDetails"]
    assert "EvalDecisionDetails" not in named["ResourceSpecificResults"][0]
    assert "EvalDecisionDetails" not in simulate(PolicyInputList=[text(allow())], CallerArn=USER)


def test_details_end_where_the_organisation_denies() -> None:
    levels = [{"ServiceControlPolicyInputList": [text(allow(Action="s3:*"))]}]
    call = {"ResourceArns": [KEY], "CallerArn": OTHER_USER, "ResourcePolicy": text(allow(OTHER_USER))}
    assert "EvalDecisionDetails" not in simulate(**call, OrderedOrganizationPolicyInputList=levels)


def test_a_long_answer_comes_in_pages() -> None:
    call = {"ActionNames": [f"kms:Action{number}" for number in range(5)], "PolicyInputList": []}
    found, marker = [], None
    for is_truncated in (True, True, False):
        page = {"MaxItems": 2} | ({"Marker": marker} if marker else {})
        answer = simulate_custom(read_custom(json.loads(json.dumps({**call, **page}), parse_int=NumberText)))
        assert is_truncated is answer["IsTruncated"] is ("Marker" in answer)
        found += [each["EvalActionName"] for each in answer["EvaluationResults"]]
        marker = answer.get("Marker")
    assert call["ActionNames"] == found


REFUSED: list[tuple[object, str]] = [
    ([], "the input is a list"),
    ({}, "the input has no `ActionNames`"),
    ({"ActionNames": ["kms:Decrypt"]}, "the input has no `PolicyInputList`"),
    ({"ActionName": []}, "did you mean `ActionNames`?"),
    ({"ActionNames": ["kms:*"], "PolicyInputList": []}, "`kms:*` is no action"),
    ({"ActionNames": ["a:b"], "PolicyInputList": {}}, "`PolicyInputList` is an object, expected a list"),
    ({"ActionNames": ["a:b"], "PolicyInputList": [{}]}, "`PolicyInputList.1` is an object, expected a string"),
    ({"ActionNames": ["a:b"], "PolicyInputList": [], "ResourceArns": ["x"]}, "`x` is not an ARN"),
    ({"ActionNames": ["a:b"], "PolicyInputList": [], "ResourcePolicy": "{}"}, "needs `CallerArn`"),
    ({"ActionNames": ["a:b"], "PolicyInputList": [], "CallerArn": "Alice"}, "`Alice` is not an ARN"),
    ({"ActionNames": ["a:b"], "PolicyInputList": [], "ResourceOwner": USER}, "`ResourceOwner` is"),
    ({"ActionNames": ["a:b"], "PolicyInputList": [], "MaxItems": NumberText(1001)}, "expected a number from 1 to 1000"),
    ({"ActionNames": ["a:b"], "PolicyInputList": [], "Marker": "7"}, "which no answer to this input had"),
    ({"ActionNames": ["a:b"], "PolicyInputList": [], "ContextEntries": [{}]}, "has no `ContextKeyName`"),
    (
        {
            "ActionNames": ["a:b"],
            "PolicyInputList": [],
            "ContextEntries": [{"ContextKeyName": "a"}, {"ContextKeyName": "A"}],
        },
        "the context key `A` is given twice",
    ),
]


@pytest.mark.parametrize(("value", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_an_input_of_another_shape_is_refused(value: object, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        read_custom(value)


def test_the_faults_of_all_policies_are_told() -> None:
    with pytest.raises(PolicyError) as caught:
        read_custom({"ActionNames": ["a:b"], "PolicyInputList": ["{", '{"Statement": {"Effect": "Alow"}}']})
    assert {"PolicyInputList.1", "PolicyInputList.2"} == {each.source.name for each in caught.value.diagnostics}


def test_a_thousand_resources_of_many_accounts_are_tried_on_policies_that_are_compiled_once(monkeypatch):
    compiled = []
    monkeypatch.setattr(
        "policy.simulate.custom_engines.compile_document",
        lambda document: compiled.append(document) or compile_document(document),
    )
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}
    resources = [f"arn:aws:kms:us-east-1:{number:012}:key/a" for number in range(1000)]
    answer = simulate_custom(
        read_custom(
            {"PolicyInputList": [json.dumps(policy)], "ActionNames": ["kms:Decrypt"], "ResourceArns": resources}
        )
    )
    assert 1000 == len(answer["EvaluationResults"][0]["ResourceSpecificResults"])
    assert 1 == len([document for document in compiled if document.source.name == "PolicyInputList.1"])


def test_a_policy_is_of_the_type_that_is_said_of_its_source():
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}
    simulation = read_custom({"PolicyInputList": [json.dumps(policy)], "ActionNames": ["kms:Decrypt"]})
    (result,) = simulate_custom(replace(simulation, source_types={"PolicyInputList.1": "user"}))["EvaluationResults"]
    assert "user" == result["MatchedStatements"][0]["SourcePolicyType"]
