"""Policies are found in whatever holds them, with their kind and their places; what cannot be known is no finding."""

import json
from textwrap import dedent

import pytest

from policy.lint.finding import Finding
from policy.lint.project import Options, lint_source
from policy.lint.sources import policies_in
from policy.model.kinds import PolicyKind
from policy.source import Source

KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Enable IAM policies",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": "kms:*",
            "Resource": "*",
        },
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:role/App"},
            "Action": ["kms:Encrypt", "kms:Decypt"],
            "Resource": "*",
        },
    ],
}


def lint(name: str, text: str, kind: PolicyKind | None = None) -> tuple[Finding, ...]:
    return lint_source(Source(name, text), Options(kind=kind)).findings


def places(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    """Each finding's rule, and the text it points at."""
    found = []
    for finding in findings:
        diagnostic = finding.diagnostic
        found.append((finding.rule.name, diagnostic.source.text[diagnostic.span.start : diagnostic.span.end]))
    return found


TEMPLATE = dedent("""\
    AWSTemplateFormatVersion: "2010-09-09"
    Parameters:
      Account: {Type: String}
    Resources:
      Key:
        Type: AWS::KMS::Key
        Properties:
          KeyPolicy:
            Version: 2012-10-17
            Statement:
              - Effect: Allow
                Principal:
                  AWS: !Sub arn:aws:iam::${AWS::AccountId}:root
                Action: kms:*
                Resource: "*"
              - Sid: Use
                Effect: Allow
                Principal: {AWS: !GetAtt Role.Arn}
                Action:
                  - kms:Decrypt
                  - kms:Encrpyt
                Resource: '*'
                Condition:
                  StringEquals:
                    kms:ViaService: !Sub "s3.${AWS::Region}.amazonaws.com"
              - !If [IsProduction, !Ref Statement, !Ref "AWS::NoValue"]
      Role:
        Type: AWS::IAM::Role
        Properties:
          AssumeRolePolicyDocument:
            Version: "2012-10-17"
            Statement:
              Effect: Allow
              Principal: {Service: [ec2.amazonaws.com]}
              Action: [sts:AssumeRole]
          Policies:
            - PolicyName: Use
              PolicyDocument:
                Version: "2012-10-17"
                Statement:
                  - Effect: Allow
                    Action: kms:Decrypt
                    Resource: {"Fn::GetAtt": [Key, Arn]}
    """)


def test_a_template_in_yaml_gives_its_policies_with_their_kinds() -> None:
    found = policies_in(Source("stack.yaml", TEMPLATE)).found
    assert [PolicyKind.KEY, PolicyKind.TRUST, PolicyKind.IDENTITY] == [each.kind for each in found]


def test_a_finding_in_a_template_stands_at_its_line() -> None:
    assert [("unknown-kms-action", "kms:Encrpyt")] == places(lint("stack.yaml", TEMPLATE))


def test_a_template_is_known_without_its_suffix() -> None:
    assert [("unknown-kms-action", "kms:Encrpyt")] == places(lint("<stdin>", TEMPLATE))


def test_a_template_in_json_gives_the_same() -> None:
    template = {"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": KEY_POLICY}}}}
    assert [("unknown-kms-action", '"kms:Decypt"')] == places(lint("stack.json", json.dumps(template, indent=1)))


@pytest.mark.parametrize(
    "unknown",
    [
        {"Ref": "Thing"},
        {"Fn::GetAtt": ["Thing", "Arn"]},
        {"Fn::Join": ["", ["a", {"Ref": "Thing"}]]},
        {"Fn::If": ["Production", "a", {"Ref": "Thing"}]},
        {"Fn::Sub": "x${Thing}"},
        {"Fn::Sub": ["x${Name}", {"Name": {"Ref": "Thing"}}]},
        {"Fn::Join": [{"Ref": "Thing"}, ["a", "b"]]},
        {"Fn::FindInMap": ["Map", {"Ref": "AWS::Region"}, "Arn"]},
        "${self:custom.names.${opt:stage}}",
        "{{resolve:ssm:thing}}",
    ],
)
@pytest.mark.parametrize("element", ["Sid", "Effect", "Principal", "Action", "Resource", "Condition"])
def test_what_a_deployment_decides_is_never_a_finding(unknown: object, element: str) -> None:
    statement = {**KEY_POLICY["Statement"][1], "Action": "kms:Decrypt"}  # type: ignore[dict-item]  # a JSON literal
    values = {
        "Condition": {"StringEquals": {"kms:ViaService": unknown, "aws:PrincipalTag/a": ["b", unknown]}},
        "Principal": {"AWS": [unknown]},
    }
    statement[element] = values.get(element, unknown)
    policy = {"Version": "2012-10-17", "Statement": [KEY_POLICY["Statement"][0], statement]}
    template = {"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}}}}
    assert [] == places(lint("stack.json", json.dumps(template)))


@pytest.mark.parametrize("element", ["Principal", "Condition"])
def test_an_element_may_be_unknown_as_a_whole(element: str) -> None:
    statement = {**KEY_POLICY["Statement"][1], "Action": "kms:Decrypt", element: {"Ref": "Thing"}}  # type: ignore[dict-item]  # a JSON literal
    policy = {"Version": {"Ref": "V"}, "Statement": [statement, {"Fn::If": ["A", statement, {"Ref": "AWS::NoValue"}]}]}
    template = {"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}}}}
    assert ["old-version"] == [finding.rule.name for finding in lint("stack.json", json.dumps(template))]


def test_a_plan_gives_the_policies_in_its_strings() -> None:
    values = {"policy": json.dumps(KEY_POLICY), "description": 'a "Statement" about keys'}
    plan = {
        "format_version": "1.2",
        "planned_values": {
            "root_module": {
                "resources": [{"address": "aws_kms_key.a", "type": "aws_kms_key", "values": values}],
                "child_modules": [
                    {
                        "resources": [
                            {
                                "type": "aws_iam_role",
                                "values": {"assume_role_policy": json.dumps(KEY_POLICY).replace("kms:", "sts:")},
                            }
                        ]
                    }
                ],
            }
        },
        "resource_changes": [{"type": "aws_kms_key", "change": {"before": values, "after": values}}],
        "prior_state": {"values": {"root_module": {"resources": [{"type": "aws_kms_key", "values": values}]}}},
    }
    source = Source("plan.json", json.dumps(plan))
    assert [PolicyKind.KEY, PolicyKind.TRUST] == [found.kind for found in policies_in(source).found]
    findings = lint_source(source, Options()).findings
    assert ("unknown-kms-action", '\\"kms:Decypt\\"') in places(findings)


def test_resource_changes_serve_where_nothing_else_is_planned() -> None:
    after = {"policy": json.dumps(KEY_POLICY)}
    plan = {"resource_changes": [{"type": "aws_kms_key", "change": {"before": after, "after": after}}]}
    assert 1 == len(policies_in(Source("plan.json", json.dumps(plan))).found)


def test_an_answer_of_get_key_policy_is_read() -> None:
    answer = {"Policy": json.dumps(KEY_POLICY, indent=2), "PolicyName": "default"}
    assert [("unknown-kms-action", '\\"kms:Decypt\\"')] == places(lint("answer.json", json.dumps(answer)))


def test_an_answer_of_get_policy_version_is_read() -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Lits*", "Resource": "*"}]}
    answer = {"PolicyVersion": {"Document": policy, "VersionId": "v1", "IsDefaultVersion": True}}
    assert [("pattern-without-action", '"kms:Lits*"')] == places(lint("answer.json", json.dumps(answer)))


def test_a_list_of_templates_gives_the_policies_of_all() -> None:
    template = {"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": KEY_POLICY}}}}
    found = lint("stacks.json", json.dumps([template, {}, template]))
    assert ["unknown-kms-action"] * 2 == [finding.rule.name for finding in found]
    assert ["wrong-type"] == [finding.rule.name for finding in lint("list.json", json.dumps(KEY_POLICY["Statement"]))]


def test_other_json_holds_no_policy() -> None:
    assert () == policies_in(Source("package.json", '{"name": "x", "version": "1"}')).found


def test_broken_yaml_is_one_finding_with_a_place() -> None:
    findings = lint("stack.yaml", "Resources:\n  Key: [a\n  b: c\n")
    assert ["json-syntax"] == [finding.rule.name for finding in findings]
    assert "stack.yaml:3:" in findings[0].diagnostic.place


@pytest.mark.parametrize("text", ["a: &a [*a]\n", "a: !!python/object:os.system x\n", "? [a]\n: b\n", "", "- \n"])
def test_odd_yaml_is_never_a_traceback(text: str) -> None:
    lint("stack.yaml", text)


def test_a_name_that_stands_twice_in_a_template_is_a_finding() -> None:
    findings = lint("stack.json", '{"Resources": {"Key": {"Type": "a", "Type": "b"}}}')
    assert [("duplicate-element", '"Type"')] == places(findings)


def test_a_broken_template_in_json_is_not_taken_for_a_policy() -> None:
    findings = lint("stack.json", '{"Resources": {"Key": {"Type" "AWS::KMS::Key"}}}')
    assert ["json-syntax"] == [finding.rule.name for finding in findings]


@pytest.mark.parametrize(
    ("policy", "kind"),
    [
        ("allow {\n action kms:Decrypt\n resource *\n}\n", PolicyKind.IDENTITY),
        ("allow {\n principal *\n action kms:Decrypt\n resource *\n}\n", PolicyKind.KEY),
        ("allow {\n principal *\n action s3:*\n resource *\n}\n", PolicyKind.RESOURCE),
        ("allow {\n principal service ec2.amazonaws.com\n action sts:AssumeRole\n}\n", PolicyKind.TRUST),
    ],
)
def test_the_kind_is_told_by_principals_and_actions(policy: str, kind: PolicyKind) -> None:
    from policy.lint.kinds import detect_kind
    from policy.model.reading import parse

    assert kind == detect_kind(parse(policy))


@pytest.mark.parametrize(
    "policy",
    [
        "deny {\n action kms:Decrypt\n resource *\n}\n",
        "deny {\n principal *\n action kms:*\n resource *\n}\n",
    ],
)
def test_a_kind_that_could_be_another_is_left_open(policy: str) -> None:
    from policy.lint.kinds import detect_kind
    from policy.model.reading import parse

    assert detect_kind(parse(policy)) is None


def test_a_lock_out_is_an_error_where_the_kind_is_stated_and_a_warning_where_it_is_guessed() -> None:
    text = "allow {\n principal arn:aws:iam::111122223333:role/App\n action kms:Decrypt\n resource *\n}\n"
    stated, guessed = lint("a.policy", text, PolicyKind.KEY), lint("a.policy", text)
    assert ["error"] == [finding.diagnostic.severity for finding in stated]
    assert ["warning"] == [finding.diagnostic.severity for finding in guessed]


def test_a_merge_in_yaml_gives_the_members_of_what_is_merged() -> None:
    text = dedent("""\
        Common: &common
          Effect: Allow
          Action: kms:ListKeys
        Resources:
          P:
            Type: AWS::IAM::ManagedPolicy
            Properties:
              PolicyDocument:
                Version: 2012-10-17
                Statement:
                  - <<: *common
                    Resource: "*"
        """)
    assert [] == places(lint("stack.yaml", text))


def test_a_role_whose_policy_cannot_work_is_found_only_where_that_is_sure() -> None:
    from policy.lint.page import page_of
    from policy.lint.table import rule_named

    rule = rule_named("iam-policy-without-delegation")
    assert rule is not None
    bad = page_of(rule).bad_policy

    def found(text: str) -> bool:
        return rule in [finding.rule for finding in lint("stack.yaml", text)]

    assert found(bad)
    assert not found(bad.replace("{AWS: !GetAtt Admin.Arn}", "{AWS: [!GetAtt Admin.Arn, !GetAtt App.Arn]}"))
    assert not found(bad.replace("{AWS: !GetAtt Admin.Arn}", "{AWS: !Ref Somebody}"))
    assert not found(
        bad.replace(
            "- Effect: Allow\n            Principal",
            "- !Ref Statement\n          - Effect: Allow\n            Principal",
        )
    )
    assert not found(bad.replace("!GetAtt Key.Arn", "!GetAtt Other.Arn"))


def actions_in(template: dict[str, object], action: object) -> list[str]:
    """The messages about a policy with the action, in a template."""
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": statement}
    resources = {"P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": policy}}}
    found = lint("stack.json", json.dumps({"Resources": resources, **template}))
    return [each.diagnostic.message.split("`")[1] for each in found if each.rule.name == "unknown-kms-action"]


@pytest.mark.parametrize(
    "action",
    [
        {"Fn::Join": [":", ["kms", "Decypt"]]},
        {"Fn::Join": ["", ["kms:", {"Ref": "Verb"}]]},
        {"Fn::Sub": "kms:${Verb}"},
        {"Fn::Sub": ["kms:${Name}", {"Name": {"Fn::Join": ["", ["De", "cypt"]]}}]},
        ["kms:Encrypt", {"Fn::Sub": "kms:${Verb}"}],
    ],
    ids=str,
)
def test_what_follows_from_the_template_is_worked_out(action: object) -> None:
    parameters = {"Verb": {"Type": "String", "Default": "Decypt"}}
    assert ["kms:Decypt"] == actions_in({"Parameters": parameters}, action)


@pytest.mark.parametrize(
    "parameter",
    [
        {"Type": "String"},
        {"Type": "String", "Default": ""},
        {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/verb"},
        {"Type": "CommaDelimitedList", "Default": "a,b"},
    ],
    ids=str,
)
def test_a_parameter_without_a_text_of_its_own_is_unknown(parameter: object) -> None:
    assert [] == actions_in({"Parameters": {"Verb": parameter}}, {"Fn::Sub": "kms:${Verb}"})


def test_the_account_of_a_template_is_one_and_has_its_name_in_messages() -> None:
    root = "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"
    text = dedent(f"""\
        Resources:
          Key:
            Type: AWS::KMS::Key
            Properties:
              KeyPolicy:
                Version: "2012-10-17"
                Statement:
                  - Effect: Allow
                    Principal: {{AWS: [!Sub "{root}", !Join ["", [!Sub "arn:aws:iam::${{AWS::AccountId}}", ":root"]]]}}
                    Action: kms:*
                    Resource: "*"
        """)
    [finding] = lint("stack.yaml", text)
    assert "redundant-principal" == finding.rule.name
    assert "`arn:aws:iam::${AWS::AccountId}:root` is listed already" == finding.diagnostic.message


@pytest.mark.parametrize(("kind", "is_public"), [("AWS::EC2::VPCEndpoint", False), ("AWS::SQS::QueuePolicy", True)])
def test_a_vpc_endpoint_may_be_for_everybody_who_comes_through_it(kind: str, is_public: bool) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    template = {"Resources": {"It": {"Type": kind, "Properties": {"PolicyDocument": policy}}}}
    names = [name for name, _ in places(lint("stack.json", json.dumps(template)))]
    assert is_public is ("open-to-world" in names)
    assert is_public or not names
