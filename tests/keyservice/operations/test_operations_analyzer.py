"""Access Analyzer's policy checks: what is found, where it is said to be, and what is refused."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyservice.operations.analyzer_findings import POLICY_TYPES
from tests.keyservice.operations.cases import ANALYZER_PATHS
from tests.live import ACCOUNT, ROOT, open_service

PAGE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html"
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": {"Sid": "Owner", "Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"},
}


@pytest.fixture(scope="module")
def analyzer(tmp_path_factory):
    service = open_service(tmp_path_factory.mktemp("analyzer") / "data")
    yield service
    service.close()


def text(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2)


def allow(**elements):
    return {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", **elements}


def ask(service, operation, query="", **members):
    return service.analyzer(ANALYZER_PATHS[operation] + query, members)


def validate(service, document, policy_type="IDENTITY_POLICY", **members):
    answer = ask(service, "ValidatePolicy", policyDocument=document, policyType=policy_type, **members)
    assert 200 == answer.status, answer.body
    return answer.json["findings"]


def refusal(answer):
    return answer.status, answer.headers["x-amzn-errortype"], answer.json["message"]


def test_a_finding_tells_what_is_wrong_and_where(analyzer):
    document = text(allow(), allow(Action=["kms:Encript", "s3:GetObject"]))
    (finding,) = [each for each in validate(analyzer, document) if each["issueCode"] == "INVALID_ACTION"]
    assert "ERROR" == finding["findingType"]
    assert "`kms:Encript` is no action of AWS KMS. Did you mean `kms:Encrypt`?" == finding["findingDetails"]
    assert f"{PAGE}#access-analyzer-reference-policy-checks-error-invalid-action" == finding["learnMoreLink"]
    (location,) = finding["locations"]
    assert [{"value": "Statement"}, {"index": 1}, {"value": "Action"}, {"index": 0}] == location["path"]
    start, end = location["span"]["start"], location["span"]["end"]
    assert '"kms:Encript"' == document[start["offset"] : end["offset"]]
    line = document.splitlines()[start["line"] - 1]
    assert '"kms:Encript"' == line[start["column"] : end["column"]]


@pytest.mark.parametrize(
    ("document", "policy_type", "code", "kind"),
    [
        (text(allow(Principal="*")), "IDENTITY_POLICY", "UNSUPPORTED_PRINCIPAL", "ERROR"),
        (text(allow(Principal={"AWS": ROOT})), "SERVICE_CONTROL_POLICY", "SCP_SYNTAX_ERROR_PRINCIPAL", "ERROR"),
        (text(allow(Principal={"AWS": ROOT})), "RESOURCE_CONTROL_POLICY", "RCP_SYNTAX_ERROR_PRINCIPAL", "ERROR"),
        (text(allow(Action=[])), "IDENTITY_POLICY", "EMPTY_ARRAY_ACTION", "SUGGESTION"),
        (text(allow(Resource=[])), "IDENTITY_POLICY", "EMPTY_ARRAY_RESOURCE", "SUGGESTION"),
        (text(allow(Action=["kms:*", "kms:Decrypt"])), "IDENTITY_POLICY", "REDUNDANT_ACTION", "SUGGESTION"),
        (text(allow(Action="iam:PassRole")), "IDENTITY_POLICY", "PASS_ROLE_WITH_STAR_IN_RESOURCE", "SECURITY_WARNING"),
        (json.dumps({"Statement": allow()}), "IDENTITY_POLICY", "MISSING_VERSION", "WARNING"),
        ("allow { }", "IDENTITY_POLICY", "JSON_SYNTAX_ERROR", "ERROR"),
        ("{", "IDENTITY_POLICY", "JSON_SYNTAX_ERROR", "ERROR"),
        ("", "RESOURCE_POLICY", "JSON_SYNTAX_ERROR", "ERROR"),
        ("\ufeff{}", "RESOURCE_POLICY", "JSON_SYNTAX_ERROR", "ERROR"),
        ("[" * 10_000, "IDENTITY_POLICY", "JSON_SYNTAX_ERROR", "ERROR"),
    ],
)
def test_findings_have_the_codes_of_awss_checks(analyzer, document, policy_type, code, kind):
    found = [each for each in validate(analyzer, document, policy_type) if each["issueCode"] == code]
    assert kind in {each["findingType"] for each in found}


def test_a_rule_that_aws_does_not_have_goes_by_its_own_name(analyzer):
    document = text(allow(Action=["kms:PutKeyPolicy"]))
    found = {each["issueCode"]: each["learnMoreLink"] for each in validate(analyzer, document)}
    assert PAGE == found["CHANGE_ANY_KEY_POLICY"]


def test_a_key_policy_and_a_trust_policy_are_known_for_what_they_are(analyzer):
    assert [] == [each for each in validate(analyzer, json.dumps(KEY_POLICY), "RESOURCE_POLICY") if is_error(each)]
    trust = text({"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole"})
    assert [] == [each for each in validate(analyzer, trust, "RESOURCE_POLICY") if is_error(each)]
    kind = {"validatePolicyResourceType": "AWS::IAM::AssumeRolePolicyDocument"}
    with_resource = text({"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole", "Resource": "*"})
    codes = {each["issueCode"] for each in validate(analyzer, with_resource, "RESOURCE_POLICY", **kind)}
    assert "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE" in codes


def is_error(finding):
    return finding["findingType"] == "ERROR"


def test_findings_come_in_pages(analyzer):
    document = text(allow(Action=[f"kms:No{number}" for number in range(5)]))
    whole = validate(analyzer, document)
    members = {"policyDocument": document, "policyType": "IDENTITY_POLICY"}
    found, query = [], "?maxResults=2"
    while query:
        answer = ask(analyzer, "ValidatePolicy", query, **members).json
        assert len(answer["findings"]) <= 2
        found += answer["findings"]
        query = f"?maxResults=2&nextToken={answer['nextToken']}" if "nextToken" in answer else ""
    assert whole == found
    token = ask(analyzer, "ValidatePolicy", "?maxResults=2", **members).json["nextToken"]
    other = {**members, "policyDocument": text(allow(Action="kms:No"))}
    for wrong in (token, "x"):
        answer = ask(analyzer, "ValidatePolicy", f"?nextToken={wrong}", **other)
        assert (400, "ValidationException", "Invalid nextToken") == refusal(answer)


@pytest.mark.parametrize(
    ("members", "query", "said"),
    [
        ({"policyType": "KEY_POLICY"}, "", "policyType"),
        ({"policyDocument": None}, "", "policyDocument"),
        ({"policyDocument": " " * 65_537}, "", "policyDocument"),
        ({"policyDocument": 7}, "", "converted to a String"),
        ({"locale": "EO"}, "", "locale"),
        ({"validatePolicyResourceType": "AWS::S3::Bucket"}, "", "RESOURCE_POLICY"),
        ({}, "?maxResults=0", "maxResults"),
        ({}, "?maxResults=x", "Integer"),
        ({}, "?maxResults=1&maxResults=2", "given twice"),
        ({}, "?other=1", "unknown"),
    ],
)
def test_bad_input_is_told(analyzer, members, query, said):
    asked = {"policyDocument": text(allow()), "policyType": "IDENTITY_POLICY", **members}
    status, code, message = refusal(ask(analyzer, "ValidatePolicy", query, **asked))
    assert (400, "ValidationException") == (status, code)
    assert said in message


def test_a_body_that_is_no_json_cannot_be_parsed(analyzer):
    answer = analyzer.post(
        b"{", {"Content-Type": "application/json"}, service="access-analyzer", path="/policy/validation"
    )
    assert (400, "ValidationException") == refusal(answer)[:2]
    assert "cannotParse" == answer.json["reason"]


def check(service, document, access, policy_type="IDENTITY_POLICY"):
    return ask(service, "CheckAccessNotGranted", policyDocument=document, policyType=policy_type, access=[access])


def test_access_that_is_not_granted_passes(analyzer):
    answer = check(analyzer, text(allow()), {"actions": ["kms:Encrypt"]})
    assert {
        "result": "PASS",
        "message": "The policy document does not grant access to perform one or more of the listed actions or "
        "resources.",
    } == answer.json


def test_access_that_is_granted_fails_with_the_statements_that_grant_it(analyzer):
    document = text(allow(Action="s3:*"), allow(Sid="Decrypts"), allow(Action="kms:*"))
    answer = check(analyzer, document, {"actions": ["kms:Decrypt"], "resources": ["*"]}).json
    assert ("FAIL", "The policy document grants access to perform one or more of the listed actions or resources.") == (
        answer["result"],
        answer["message"],
    )
    begins = "One or more of the listed actions or resources in the statement with"
    assert [
        {"description": f"{begins} sid: Decrypts.", "statementIndex": 1, "statementId": "Decrypts"},
        {"description": f"{begins} index: 2.", "statementIndex": 2},
    ] == answer["reasons"]


def test_a_resources_policy_is_checked_as_one(analyzer):
    answer = check(analyzer, json.dumps(KEY_POLICY), {"actions": ["kms:Decrypt"]}, "RESOURCE_POLICY").json
    assert ("FAIL", "Owner") == (answer["result"], answer["reasons"][0]["statementId"])


@pytest.mark.parametrize(
    ("document", "access", "code"),
    [
        ("{", {"actions": ["kms:*"]}, "InvalidParameterException"),
        ("allow { }", {"actions": ["kms:*"]}, "InvalidParameterException"),
        (text(allow(Principal="*")), {"actions": ["kms:*"]}, "InvalidParameterException"),
        (text(allow()), {}, "InvalidParameterException"),
        (text(allow()), {"actions": ["Decrypt"]}, "InvalidParameterException"),
        (text(allow()), {"resources": ["arn:aws:s3:*:*:bucket"]}, "InvalidParameterException"),
        (text(allow()), {"actions": ["kms:*"] * 101}, "ValidationException"),
    ],
)
def test_what_cannot_be_checked_is_refused(analyzer, document, access, code):
    assert (400, code) == refusal(check(analyzer, document, access))[:2]


def test_more_work_than_a_moments_is_refused_at_once(analyzer):
    document = json.dumps(
        {"Statement": allow(Action=[f"s3:*{number}*" for number in range(4500)])}, separators=(",", ":")
    )
    resources = [f"arn:aws:s3:::{'*a' * 900}{number}" for number in range(100)]
    answer = check(analyzer, document, {"resources": resources})
    assert (422, "UnprocessableEntityException") == refusal(answer)[:2]


def test_a_policy_open_to_everybody_fails_and_others_pass(analyzer):
    open_ = {"Version": "2012-10-17", "Statement": {**KEY_POLICY["Statement"], "Principal": "*"}}
    answer = ask(analyzer, "CheckNoPublicAccess", policyDocument=json.dumps(open_), resourceType="AWS::KMS::Key").json
    assert {
        "result": "FAIL",
        "message": "The resource policy grants public access for the given resource type.",
        "reasons": [
            {
                "description": "Public access granted in the following statement with sid: Owner.",
                "statementIndex": 0,
                "statementId": "Owner",
            }
        ],
    } == answer
    asked = {"policyDocument": json.dumps(KEY_POLICY), "resourceType": "AWS::KMS::Key"}
    answer = ask(analyzer, "CheckNoPublicAccess", **asked).json
    message = "The resource policy does not grant public access for the given resource type."
    assert {"result": "PASS", "message": message} == answer
    bucket = text({"Sid": "Bob", "Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"]})
    asked = {"policyDocument": bucket, "resourceType": "AWS::S3::Bucket"}
    assert "FAIL" == ask(analyzer, "CheckNoPublicAccess", **asked).json["result"]


def test_resource_types_that_are_none_are_refused(analyzer):
    asked = {"policyDocument": json.dumps(KEY_POLICY), "resourceType": "AWS::EC2::Instance"}
    assert (400, "ValidationException") == refusal(ask(analyzer, "CheckNoPublicAccess", **asked))[:2]


def test_only_a_post_is_answered_and_only_when_it_is_signed_for_the_service(analyzer):
    asked = json.dumps({"policyDocument": text(allow()), "policyType": "IDENTITY_POLICY"}).encode()
    how = {"service": "access-analyzer", "path": "/policy/validation"}
    assert (404, "UnknownOperationException") == refusal(analyzer.post(asked, {}, method="PUT", **how))[:2]
    wrong = analyzer.post(asked, {}, **{**how, "service": "kms"})
    assert (403, "InvalidSignatureException") == refusal(wrong)[:2]
    assert (403, "MissingAuthenticationTokenException") == refusal(analyzer.post(asked, {}, user=None, **how))[:2]
    denied = analyzer.post(asked, {}, user="nobody", **how)
    status, code, message = refusal(denied)
    assert (403, "AccessDeniedException") == (status, code)
    assert f"arn:aws:iam::{ACCOUNT}:user/nobody is not authorized to perform: access-analyzer:ValidatePolicy" in message


def test_the_trail_holds_the_call_without_the_policy(analyzer):
    analyzer.entries()
    validate(analyzer, text(allow()))
    (entry,) = analyzer.entries()
    event = entry["event"]
    assert ("access-analyzer.amazonaws.com", "ValidatePolicy") == (event["eventSource"], event["eventName"])
    assert {"policyType": "IDENTITY_POLICY"} == event["requestParameters"]
    assert "free" == entry["usage"]["class"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["Allow", "*", "kms:Decrypt", "${aws:x", "é\ud83d\ude00"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Version", "Statement", "Effect", "Action", "NotAction", "Resource", "Principal", "Condition"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(value=JSON, policy_type=st.sampled_from(sorted(POLICY_TYPES)), cut=st.integers(0, 12))
def test_whatever_a_policy_is_its_findings_are_in_it(analyzer, value, policy_type, cut):
    document = json.dumps({"Statement": value}, ensure_ascii=False)
    document = document[: len(document) - cut]
    for finding in validate(analyzer, document, policy_type):
        assert finding["findingDetails"]
        for location in finding["locations"]:
            start, end = location["span"]["start"], location["span"]["end"]
            assert 0 <= start["offset"] <= end["offset"] <= len(document)
            assert document.split("\n")[start["line"] - 1][start["column"] :].startswith(
                document[start["offset"] : end["offset"]].split("\n")[0]
            )
            at = json.loads(document) if location["path"] else None
            for step in location["path"]:
                ((kind, name),) = step.items()
                assert name in at if kind == "key" else at is not None
                at = None if kind == "key" else at[name]
    for operation, more in (
        ("CheckAccessNotGranted", {"policyType": "RESOURCE_POLICY", "access": [{"actions": ["kms:*"]}]}),
        ("CheckNoPublicAccess", {"resourceType": "AWS::KMS::Key"}),
    ):
        assert ask(analyzer, operation, policyDocument=document, **more).status in {200, 400}
