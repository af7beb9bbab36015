"""What an explanation says of every statement that did not apply, and of what is missing."""

import json

import pytest

from policy.evaluate.reference import decide
from policy.evaluate.statements import Element, failing_conditions, first_mismatch
from policy.explain.explain import explain
from policy.explain.explanation import Explanation, GrantElement
from policy.explain.reasons import reasons
from policy.explain.text import explain_json, explain_text
from policy.model.arn import Arn
from policy.model.policies import Layer, PolicySet
from policy.model.principal import parse_principal
from policy.model.reading import locate, parse
from policy.model.request import Request, RequestContext
from tests.policy.evaluate import test_reference_cross_account as cross_account
from tests.policy.evaluate import test_reference_grants as grants
from tests.policy.evaluate import test_reference_guardrails as guardrails
from tests.policy.evaluate import test_reference_principals as principals
from tests.policy.evaluate import test_reference_same_account as same_account
from tests.policy.evaluate import test_reference_statements as statements
from tests.policy.evaluate.cases import ACCOUNT, KEY, OTHER_USER, ROLE, ROOT, SESSION, USER, Case, allow, deny, levels

LINKED = f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSServiceRoleForAutoScaling/AutoScaling"


def explained(caller: str = SESSION, **policies: object) -> Explanation:
    case = Case(title="", source="", caller=caller, expected=Layer.RESOURCE, **policies)
    return explain(case.request, case.policies, decide(case.request, case.policies))


def with_sid(sid: str, statement: dict[str, object]) -> dict[str, object]:
    return {"Sid": sid, **statement}


WILD = f"arn:aws:iam::{ACCOUNT}:role/*"
WEB = {"Condition": {"StringEquals": {"kms:EncryptionContext:app": "web"}}}

FAILURES = [
    (allow(USER), {}, Element.PRINCIPAL, f"Principal `{USER}` does not name {SESSION}"),
    (
        allow(WILD),
        {},
        Element.PRINCIPAL,
        f"Principal `{WILD}` does not name {SESSION}; a wildcard inside a principal's ARN matches nobody",
    ),
    (allow(None), {}, Element.PRINCIPAL, "it has no Principal, so it is for nobody"),
    (allow(ROLE, Action="kms:Encrypt"), {}, Element.ACTION, "Action `kms:Encrypt` does not cover kms:Decrypt"),
    (allow(ROLE, NotAction="kms:*"), {}, Element.ACTION, "NotAction `kms:*` leaves out kms:Decrypt"),
    (allow(ROLE, Action=None), {}, Element.ACTION, "it has no Action, so it has no effect"),
    (allow(ROLE, Resource=KEY + "0"), {}, Element.RESOURCE, f"Resource `{KEY}0` does not cover {KEY}"),
    (
        allow(ROLE, **WEB),
        {},
        Element.CONDITION,
        "Condition StringEquals kms:EncryptionContext:app: the request has no such key, the policy asks for `web`",
    ),
    (
        allow(ROLE, **WEB),
        {"kms:EncryptionContext:app": "payroll"},
        Element.CONDITION,
        "Condition StringEquals kms:EncryptionContext:app: the request has `payroll`, the policy asks for `web`",
    ),
    (
        allow(ROLE, Condition={"StringEquals": {"kms:EncryptionContextKeys": "app"}}),
        {"kms:EncryptionContextKeys": ["app", "tenant"]},
        Element.CONDITION,
        (
            "Condition StringEquals kms:EncryptionContextKeys: the request has `app`, `tenant`,"
            " the policy asks for `app`, and an operator without ForAnyValue or ForAllValues takes one value"
        ),
    ),
    (
        allow(ROLE, Condition={"Null": {"kms:ViaService": "false"}}),
        {},
        Element.CONDITION,
        "Condition Null kms:ViaService: the request has no such key, the policy asks for `false`",
    ),
]


@pytest.mark.parametrize(("statement", "context", "element", "why"), FAILURES, ids=[why for *_, why in FAILURES])
def test_the_first_element_that_failed_is_named_with_its_values(
    statement: dict[str, object], context: dict[str, str], element: Element, why: str
) -> None:
    explanation = explained(key=[statement], context=context)
    assert [element] == [report.failed for report in explanation.unmet]
    assert f"key policy statement 1 does not apply: {why}" in reasons(explanation)


HEADLINES = [
    (explained(key=[allow(USER)]), "the key policy names neither the role nor its account 111122223333"),
    (explained(USER), "there is no key policy, which this caller needs"),
    (explained(key=[allow(ROLE, **WEB)]), "no Allow of the key policy applies to"),
    (explained(key=[allow(ROOT)]), "the key policy leaves it to the IAM policies of account 111122223333, but"),
    (
        explained(key=[allow(ROOT)], identity=[allow(Action="kms:Encrypt")]),
        "but no identity-based policy of the caller allows",
    ),
    (
        explained(OTHER_USER, key=[allow("*")]),
        "the caller is of account 444455556666, the resource of account 111122223333",
    ),
    (explained(key=[allow(ROLE)], boundary=[allow(Action="s3:*")]), "no permissions boundary allows kms:Decrypt"),
    (explained(key=[allow(ROLE)], session=[allow(Action="s3:*")]), "no session policy allows kms:Decrypt"),
    (
        explained(key=[allow(ROLE)], scps=levels([allow()], [allow(Action="s3:*")])),
        "no service control policy of level 1 allows kms:Decrypt, and every level must",
    ),
    (explained("ANONYMOUS", key=[allow(ROLE)]), "the key policy names no anonymous"),
    (explained(ROOT, key=[allow(ROLE)]), "the key policy names no account 111122223333"),
]


@pytest.mark.parametrize(("explanation", "headline"), HEADLINES, ids=[text for _, text in HEADLINES])
def test_an_implicit_deny_says_what_is_missing(explanation: Explanation, headline: str) -> None:
    assert headline in reasons(explanation)[0]


def test_what_came_nearest_is_told_first() -> None:
    statements = [
        with_sid("Other", allow(USER)),
        with_sid("Action", allow(ROLE, Action="kms:Encrypt")),
        with_sid("Condition", allow(ROLE, **WEB)),
    ]
    _, *misses, rest = reasons(explained(key=statements))
    assert ["Condition", "Action"] == [miss.split('"')[1] for miss in misses]
    assert "1 more statement does not apply" == rest


def test_many_near_misses_are_counted_and_all_are_in_the_explanation() -> None:
    explanation = explained(key=[allow(USER)] * 9)
    assert "4 more statements do not apply" == reasons(explanation)[-1]
    assert 9 == len(explanation.unmet)


def test_a_statement_that_names_the_caller_is_told_where_identity_policies_are_missing() -> None:
    because = reasons(explained(key=[allow(ROOT), with_sid("Files", allow(ROLE, **WEB))]))
    assert any('"Files" does not apply: Condition' in reason for reason in because)


def test_an_allow_names_what_allowed() -> None:
    because = reasons(explained(USER, key=[with_sid("Delegate", allow(ROOT))], identity=[with_sid("Use", allow())]))
    assert (
        'identity-based policy statement "Use" allows it',
        f'key policy statement "Delegate" gives account {ACCOUNT} the say',
    ) == because


def test_an_allow_by_a_grant_names_the_grant() -> None:
    grants = [{"GrantId": "abc", "GranteePrincipal": ROLE, "Operations": ["Decrypt"]}]
    assert (f"grant abc to {ROLE} allows it",) == reasons(explained(key=[allow(USER)], grants=grants))


def test_an_explicit_deny_names_every_denying_statement() -> None:
    because = reasons(explained(key=[allow(ROLE), with_sid("No", deny("*"))], identity=[deny()]))
    assert ('key policy statement "No" denies it', "identity-based policy statement 1 denies it") == because


def test_what_needs_no_statement_says_so() -> None:
    s3 = {"action": "s3:GetObject", "resource": "arn:aws:s3:::photos/cat.jpg", "resource_account": ACCOUNT}
    assert ("the root user of the account needs no statement",) == reasons(explained(ROOT, **s3))
    asked = explained(USER, action="sts:GetCallerIdentity", resource=None)
    assert ("sts:GetCallerIdentity needs no permission",) == reasons(asked)


GRANTS = [
    ({"KeyId": KEY + "0"}, GrantElement.KEY, f"KeyId: it is for `{KEY}0`"),
    ({"Operations": ["Encrypt"]}, GrantElement.OPERATIONS, "Operations: `Encrypt` do not cover kms:Decrypt"),
    ({"GranteePrincipal": USER}, GrantElement.GRANTEE, f"GranteePrincipal: `{USER}` is not {SESSION}"),
    (
        {"Constraints": {"EncryptionContextSubset": {"app": "web"}}},
        GrantElement.CONSTRAINTS,
        "Constraints: EncryptionContextSubset {'app': 'web'}, the request has none",
    ),
]


@pytest.mark.parametrize(("part", "element", "why"), GRANTS, ids=[why for *_, why in GRANTS])
def test_a_grant_that_does_not_apply_says_why(part: dict[str, object], element: GrantElement, why: str) -> None:
    grant = {"GrantId": "abc", "GranteePrincipal": ROLE, "Operations": ["Decrypt"], **part}
    explanation = explained(key=[allow(USER)], grants=[grant])
    assert [element] == [report.failed for report in explanation.grants]
    assert f"grant abc does not apply: {why}" in reasons(explanation)


def test_layers_that_do_not_bind_are_told() -> None:
    key = [allow(LINKED.replace("sts", "iam").replace("assumed-role", "role").removesuffix("/AutoScaling"))]
    explanation = explained(LINKED, key=key, scps=levels([deny()]))
    assert (Layer.SERVICE_CONTROL,) == explanation.exempt
    assert "The service control policy does not bind this request." in explain_text(explanation)


TEXT = """policy "files"

allow "Web" {
  principal  arn:aws:iam::111122223333:role/App
  action     kms:Decrypt
  resource   *
}
"""


def explained_text(context: dict[str, str]) -> Explanation:
    request = Request(
        principal=parse_principal(SESSION),
        action="kms:Decrypt",
        resource=Arn.parse(KEY),
        context=RequestContext(context),
    )
    policies = PolicySet(resource=locate(parse(TEXT, "files.policy")))
    return explain(request, policies, decide(request, policies))


def test_the_text_shows_the_statements_own_lines() -> None:
    lines = explain_text(explained_text({"aws:SecureTransport": "true"})).splitlines()
    assert f"allow: {SESSION} kms:Decrypt {KEY}" == lines[0]
    assert '  - key policy statement "Web" (files.policy:3) allows it' == lines[1]
    assert ["   --> files.policy:3", '  3 | allow "Web" {'] == lines[2:4]
    assert ["  Request context:", "    aws:SecureTransport = true"] == lines[-2:]


def test_the_json_form_is_json_and_tells_the_same() -> None:
    value = json.loads(json.dumps(explain_json(explained_text({}))))
    assert "allow" == value["decision"]
    assert value["message"] is None
    expected = {"layer": "resource-based policy", "policy": 0, "statement": 0, "sid": "Web", "effect": "Allow"}
    assert [{**expected, "file": "files.policy", "line": 3}] == value["determining"]


def test_the_json_form_of_a_deny_has_aws_message_and_every_failed_condition() -> None:
    value = explain_json(explained(key=[allow(ROLE, **WEB)], context={"kms:EncryptionContext:app": "payroll"}))
    assert "implicit deny" == value["decision"]
    assert value["message"].startswith(f"User: {SESSION} is not authorized")
    condition = {
        "operator": "StringEquals",
        "key": "kms:EncryptionContext:app",
        "policy_values": ["web"],
        "request_values": ["payroll"],
    }
    assert [[condition]] == [unmet["conditions"] for unmet in value["unmet"]]


EVERY_CASE = [
    *same_account.CASES,
    *cross_account.CASES,
    *principals.CASES,
    *guardrails.CASES,
    *grants.CASES,
    *statements.CASES,
]


@pytest.mark.parametrize("case", EVERY_CASE, ids=str)
def test_every_report_agrees_with_the_definition(case: Case) -> None:
    request = case.request
    for report in explain(request, case.policies, decide(request, case.policies)).statements:
        failing = failing_conditions(report.statement, report.document, request)
        assert (
            Element.PRINCIPAL if not report.match else first_mismatch(report.statement, report.document, request)
        ) == report.failed
        if report.failed is Element.CONDITION:
            assert list(failing) == [failed.condition for failed in report.conditions]


@pytest.mark.parametrize("case", EVERY_CASE, ids=str)
def test_every_decision_has_reasons_and_prints(case: Case) -> None:
    explanation = explain(case.request, case.policies, decide(case.request, case.policies))
    assert reasons(explanation)
    assert explain_text(explanation).startswith(f"{explanation.decision.outcome}: ")
    assert json.dumps(explain_json(explanation))
