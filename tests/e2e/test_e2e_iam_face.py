"""IAM's policy simulator and Access Analyzer's policy checks, asked by boto3 and by the AWS CLI."""

import json

import pytest

from tests.e2e.conftest import policy, refusal_of, statement
from tests.e2e.test_e2e_aws_cli import aws
from tests.live import ACCOUNT, ALLOW_KMS, OTHER_REGION, ROOT

ROLE = f"arn:aws:iam::{ACCOUNT}:role/App"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
DECRYPT = json.dumps(ALLOW_KMS)
PUBLIC = json.dumps(policy(statement("Everybody", "*", "kms:Decrypt")))


@pytest.fixture
def iam(served):
    return served.client("admin", "iam")


@pytest.fixture
def analyzer(served):
    return served.client("admin", "accessanalyzer")


def test_boto3_simulates_a_principals_policies(iam):
    answer = iam.simulate_principal_policy(
        PolicySourceArn=ROLE, ActionNames=["kms:Decrypt", "s3:GetObject"], ResourceArns=[KEY]
    )
    assert ["allowed", "implicitDeny"] == [each["EvalDecision"] for each in answer["EvaluationResults"]]
    first, second = answer["EvaluationResults"]
    assert "role" == first["MatchedStatements"][0]["SourcePolicyType"]
    assert ([], {}) == (second["MatchedStatements"], second["EvalDecisionDetails"])
    assert [KEY] == [each["EvalResourceName"] for each in first["ResourceSpecificResults"]]
    assert answer["IsTruncated"] is False


def test_boto3_turns_the_pages_of_a_simulation(iam):
    actions = [f"kms:Action{number}" for number in range(7)]
    pages = iam.get_paginator("simulate_custom_policy").paginate(
        PolicyInputList=[DECRYPT], ActionNames=actions, PaginationConfig={"PageSize": 3}
    )
    assert [3, 3, 1] == [len(page["EvaluationResults"]) for page in pages]


def test_boto3_is_told_the_context_keys(iam):
    asked = json.dumps(
        policy(
            {
                "Effect": "Allow",
                "Action": "kms:*",
                "Resource": "*",
                "Condition": {"Bool": {"aws:SecureTransport": "true"}},
            }
        )
    )
    assert ["aws:SecureTransport"] == iam.get_context_keys_for_custom_policy(PolicyInputList=[asked])["ContextKeyNames"]
    found = iam.get_context_keys_for_principal_policy(PolicySourceArn=ROLE, PolicyInputList=[asked])
    assert ["aws:SecureTransport"] == found["ContextKeyNames"]


def test_a_simulation_says_what_then_happens(served, iam):
    """The role may by the simulator what it may by the service, and nothing else."""
    key = served.client().create_key()["KeyMetadata"]
    made = served.client("alice", "sts").assume_role(RoleArn=ROLE, RoleSessionName="session")["Credentials"]
    role = served.client(session=made)
    calls = {
        "kms:DescribeKey": lambda: role.describe_key(KeyId=key["Arn"]),
        "kms:Encrypt": lambda: role.encrypt(KeyId=key["Arn"], Plaintext=b"text"),
    }
    answer = iam.simulate_principal_policy(PolicySourceArn=ROLE, ActionNames=list(calls), ResourceArns=[key["Arn"]])
    for result in answer["EvaluationResults"]:
        assert "allowed" == result["EvalDecision"]
        calls[result["EvalActionName"]]()


def test_errors_are_those_of_the_sdks_model(iam, analyzer):
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.simulate_principal_policy(PolicySourceArn=f"{ROLE}ication", ActionNames=["kms:Decrypt"])
    with pytest.raises(iam.exceptions.InvalidInputException):
        iam.simulate_custom_policy(PolicyInputList=["{"], ActionNames=["kms:Decrypt"])
    with pytest.raises(analyzer.exceptions.ValidationException) as caught:
        analyzer.validate_policy(policyDocument="{}", policyType="KEY_POLICY")
    assert "fieldValidationFailed" == caught.value.response["reason"]
    with pytest.raises(analyzer.exceptions.InvalidParameterException):
        analyzer.check_no_public_access(policyDocument="{", resourceType="AWS::KMS::Key")


def test_who_may_not_is_denied(served):
    iam, analyzer = served.client("nobody", "iam"), served.client("nobody", "accessanalyzer")
    code, message = refusal_of(iam.simulate_principal_policy, PolicySourceArn=ROLE, ActionNames=["kms:Decrypt"])
    assert "AccessDenied" == code
    assert f"is not authorized to perform: iam:SimulatePrincipalPolicy on resource: {ROLE}" in message
    code, message = refusal_of(analyzer.validate_policy, policyDocument=DECRYPT, policyType="IDENTITY_POLICY")
    assert "AccessDeniedException" == code
    assert "is not authorized to perform: access-analyzer:ValidatePolicy" in message


def test_clients_of_another_region_are_answered(served):
    iam = served.client("admin", "iam", region=OTHER_REGION)
    assert [] == iam.get_context_keys_for_custom_policy(PolicyInputList=[DECRYPT])["ContextKeyNames"]
    analyzer = served.client("admin", "accessanalyzer", region=OTHER_REGION)
    access = [{"actions": ["s3:GetObject"]}]
    answer = analyzer.check_access_not_granted(policyDocument=DECRYPT, access=access, policyType="IDENTITY_POLICY")
    assert "PASS" == answer["result"]


def test_boto3_turns_the_pages_of_findings(analyzer):
    document = json.dumps(policy({"Effect": "Allow", "Action": [f"kms:No{n}" for n in range(5)], "Resource": "*"}))
    pages = analyzer.get_paginator("validate_policy").paginate(
        policyDocument=document, policyType="IDENTITY_POLICY", PaginationConfig={"PageSize": 2}
    )
    findings = [finding for page in pages for finding in page["findings"]]
    assert 5 == len([each for each in findings if each["issueCode"] == "INVALID_ACTION"])
    assert len(findings) == len({json.dumps(each) for each in findings})


COMMANDS = {
    "SimulatePrincipalPolicy": (
        *("iam", "simulate-principal-policy", "--policy-source-arn", ROLE),
        *("--action-names", "kms:Decrypt", "kms:Encrypt", "--resource-arns", KEY),
    ),
    "SimulateCustomPolicy": (
        *("iam", "simulate-custom-policy", "--policy-input-list", DECRYPT, "--action-names", "kms:Decrypt"),
        *("--context-entries", "ContextKeyName=aws:SourceIp,ContextKeyValues=10.0.0.1,ContextKeyType=ip"),
    ),
    "GetContextKeysForCustomPolicy": ("iam", "get-context-keys-for-custom-policy", "--policy-input-list", DECRYPT),
    "GetContextKeysForPrincipalPolicy": ("iam", "get-context-keys-for-principal-policy", "--policy-source-arn", ROLE),
    "ValidatePolicy": (
        *("accessanalyzer", "validate-policy", "--policy-document", DECRYPT),
        *("--policy-type", "IDENTITY_POLICY", "--locale", "EN"),
    ),
    "CheckNoPublicAccess": (
        *("accessanalyzer", "check-no-public-access", "--policy-document", PUBLIC),
        *("--resource-type", "AWS::KMS::Key"),
    ),
    "CheckAccessNotGranted": (
        *("accessanalyzer", "check-access-not-granted", "--policy-document", DECRYPT),
        *("--access", "actions=kms:Decrypt", "--policy-type", "IDENTITY_POLICY"),
    ),
}
ANSWERS = {
    "SimulatePrincipalPolicy": lambda told: (
        ["allowed"] * 2 == [each["EvalDecision"] for each in told["EvaluationResults"]]
    ),
    "SimulateCustomPolicy": lambda told: "allowed" == told["EvaluationResults"][0]["EvalDecision"],
    "GetContextKeysForCustomPolicy": lambda told: [] == told["ContextKeyNames"],
    "GetContextKeysForPrincipalPolicy": lambda told: [] == told["ContextKeyNames"],
    "ValidatePolicy": lambda told: isinstance(told["findings"], list),
    "CheckNoPublicAccess": lambda told: ("FAIL", 0) == (told["result"], told["reasons"][0]["statementIndex"]),
    "CheckAccessNotGranted": lambda told: "FAIL" == told["result"],
}


@pytest.mark.parametrize("operation", list(COMMANDS))
def test_the_cli_is_answered_and_whoever_may_not_is_denied(served, operation):
    status, answer, told = aws(served, "admin", *COMMANDS[operation])
    assert (0, "") == (status, told)
    assert ANSWERS[operation](answer)
    status, answer, told = aws(served, "nobody", *COMMANDS[operation])
    assert (True, None) == (status != 0, answer)
    assert f"when calling the {operation} operation: User: arn:aws:iam::{ACCOUNT}:user/nobody is not authorized" in told


def test_the_cli_finds_what_the_linter_finds(served):
    key_policy = json.dumps(policy(statement("Owner", ROOT, ["kms:*", "kms:Encript"])))
    given = ("--policy-document", key_policy, "--policy-type", "RESOURCE_POLICY")
    status, answer, told = aws(served, "admin", "accessanalyzer", "validate-policy", *given)
    assert (0, "") == (status, told)
    codes = {finding["issueCode"] for finding in answer["findings"]}
    assert "INVALID_ACTION" in codes
