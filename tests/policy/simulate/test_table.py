"""The table of requests: a JSON object a line, with every layer, and every fault answered."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from policy.simulate.table import Table
from tests.policy.evaluate.cases import ACCOUNT, KEY, OTHER, OTHER_USER, ROLE, ROOT, SESSION, USER, allow, deny


def doc(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def line(principal: str = SESSION, *, request: dict[str, Any] | None = None, **members: object) -> dict[str, Any]:
    asked = {"principal": principal, "action": "kms:Decrypt", "resource": KEY, **(request or {})}
    return {"id": "1", "request": asked, **members}


def answer(value: object) -> dict[str, Any]:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Table().answer(text)


NONE = doc(allow(Action="s3:*"))
FULL = doc(allow(Action="*"))
STAR_FULL = doc({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})
STAR_NONE = doc({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"})
GRANT = {"KeyId": KEY, "GrantId": "abc", "GranteePrincipal": ROLE, "IssuingAccount": ROOT, "Operations": ["Decrypt"]}
NAMED = doc(allow(ROLE))
DELEGATED = doc(allow(ROOT, Action="kms:*"))

LAYERS = [
    ("allow", line(resource_policy=NAMED)),
    ("allow", line(resource_policy=DELEGATED, identity_policies=[doc(allow())])),
    ("implicit deny", line(resource_policy=DELEGATED, identity_policies=[NONE])),
    ("explicit deny", line(resource_policy=NAMED, identity_policies=[doc(deny())])),
    ("implicit deny", line(resource_policy=NAMED, session_policies=[NONE])),
    ("allow", line(resource_policy=NAMED, session_policies=[NONE, FULL])),
    ("implicit deny", line(resource_policy=NAMED, permissions_boundaries=[NONE])),
    ("allow", line(resource_policy=NAMED, permissions_boundaries=[FULL])),
    (
        "implicit deny",
        line(resource_policy=NAMED, scps=[{"org": "r-1", "policies": [FULL]}, {"org": "ou-1", "policies": [NONE]}]),
    ),
    ("allow", line(resource_policy=NAMED, scps=[{"org": "r-1", "policies": [FULL, NONE]}])),
    ("implicit deny", line(resource_policy=NAMED, rcps=[{"org": "r-1", "policies": [STAR_NONE]}])),
    ("allow", line(resource_policy=NAMED, rcps=[{"org": "r-1", "policies": [STAR_FULL]}])),
    ("implicit deny", line(resource_policy=NAMED, endpoint_policies=[doc(allow("*", Action="s3:*"))])),
    ("allow", line(resource_policy=NAMED, endpoint_policies=[doc(allow("*"))])),
    ("allow", line(resource_policy=doc(allow(USER)), grants=[GRANT])),
    ("implicit deny", line(resource_policy=doc(allow(USER)), grants=[{**GRANT, "Operations": ["Encrypt"]}])),
    (
        "implicit deny",
        line(
            resource_policy=doc(allow(USER)), grants=[{**GRANT, "Constraints": {"EncryptionContextEquals": {"a": "b"}}}]
        ),
    ),
    (
        "allow",
        line(
            "rds.amazonaws.com",
            resource_policy=doc(allow(USER)),
            grants=[{"KeyId": KEY, "GranteeServicePrincipal": "rds.amazonaws.com", "Operations": ["Decrypt"]}],
        ),
    ),
    ("allow", line("ANONYMOUS", resource_policy=doc(allow("*")))),
    ("implicit deny", line(OTHER_USER, resource_policy=doc(allow("*")))),
    ("allow", line(USER, request={"action": "kms:CreateKey", "resource": "*"}, identity_policies=[FULL])),
    ("allow", line(USER, request={"action": "kms:CreateKey", "resource": None}, identity_policies=[FULL])),
    (
        "implicit deny",
        line(
            USER,
            request={"action": "s3:GetObject", "resource": "arn:aws:s3:::b/c", "resource_account": OTHER},
            identity_policies=[FULL],
        ),
    ),
    (
        "allow",
        line(
            USER,
            request={"action": "s3:GetObject", "resource": "arn:aws:s3:::b/c", "resource_account": ACCOUNT},
            identity_policies=[FULL],
        ),
    ),
]


@pytest.mark.parametrize(("decision", "asked"), LAYERS)
def test_every_layer_has_its_say(decision: str, asked: dict[str, Any]) -> None:
    answered = answer(asked)
    assert ["id", "decision", "reasons"] == list(answered)
    assert ("1", decision) == (answered["id"], answered["decision"])
    assert answered["reasons"]
    assert all(isinstance(reason, str) for reason in answered["reasons"])


def test_one_line_may_have_every_layer() -> None:
    everything = line(
        request={"context": {"kms:EncryptionContext:app": "web", "kms:EncryptionContextKeys": ["app", "tenant"]}},
        identity_policies=[doc(allow())],
        resource_policy=doc(
            allow(
                ROOT,
                Condition={
                    "StringEquals": {"kms:EncryptionContext:app": "web"},
                    "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["app", "tenant"]},
                },
            )
        ),
        session_policies=[FULL],
        permissions_boundaries=[FULL],
        scps=[{"org": "r-1", "policies": [FULL]}],
        rcps=[{"org": "r-1", "policies": [STAR_FULL]}],
        endpoint_policies=[doc(allow("*"))],
        grants=[GRANT],
    )
    assert "allow" == answer(everything)["decision"]


def test_the_context_is_complete_as_given() -> None:
    condition = {"Condition": {"StringEquals": {"kms:CallerAccount": ACCOUNT}}}
    assert "implicit deny" == answer(line(resource_policy=doc(allow(ROLE, **condition))))["decision"]


FAULTS = [
    (b"{", "the line is no JSON"),
    (b"\xff", "the line is not UTF-8"),
    (b"[" * 100_000, "the line nests too deep"),
    (b"[]", "the line is a list, expected an object"),
    (b'{"id": 1, "id": 2}', "a name stands twice"),
    ({"id": "1"}, "the line has no `request`"),
    (line(resourcepolicy=NAMED), "`resourcepolicy` is no member of the line; did you mean `resource_policy`?"),
    (line(request={"princpal": "x"}), "did you mean `principal`?"),
    (line("Alice"), "`Alice` is no principal"),
    (line(request={"action": "Decrypt"}), "`Decrypt` is no action of a request"),
    (line(request={"action": "kms:*"}), "`kms:*` is no action of a request"),
    (line(request={"resource": "files"}), "`files` is not an ARN"),
    (line(request={"resource": 5}), "`resource` is the number `5`, expected a string"),
    (line(request={"context": []}), "`context` is no object"),
    (line(request={"context": {"a": 1}}), "the context key `a` is the number `1`"),
    (line(request={"context": {"a": [True]}}), "a value of the context key `a` is `true`, expected a string"),
    (line(request={"context": {"a": "1", "A": "2"}}), "the context key `A` is given twice"),
    (line(identity_policies=doc(allow())), "`identity_policies` is an object, expected a list"),
    (line(identity_policies=["x"]), "identity_policies[0] is the string `x`, expected a policy document"),
    (line(resource_policy=doc({"Effect": "Alow"})), "`Alow` is no effect"),
    (line(identity_policies=[NAMED]), "Principal"),
    (line(scps=[{"org": "r-1", "policies": [{}]}]), "Statement"),
    (line(scps=[{"policies": [], "orgs": 1}]), "did you mean `org`?"),
    (line(grants=[{}]), "grant 1 has neither `GranteePrincipal` nor `GranteeServicePrincipal`"),
    (line(grants=[{"GranteePrincipal": ROLE, "Operations": []}]), "grant 1 has no `KeyId`"),
    (line(grants=[{**GRANT, "Operations": "Decrypt"}]), "`Operations` of grant 1 is the string `Decrypt`"),
    (line(grants=[{**GRANT, "Constraint": {}}]), "did you mean `Constraints`?"),
    (
        line(grants=[{**GRANT, "Constraints": {"EncryptionContextEquals": {"a": 1}}}]),
        "`a` of `EncryptionContextEquals`",
    ),
]


@pytest.mark.parametrize(("value", "message"), FAULTS, ids=[message for _, message in FAULTS])
def test_a_fault_in_a_line_is_its_answer(value: object, message: str) -> None:
    answered = answer(value)
    assert ["id", "error"] == list(answered)
    assert message in answered["error"]


def test_all_faults_of_a_document_are_told() -> None:
    error = answer(line(resource_policy=doc({"Effect": "Alow", "Principal": "*", "Acton": "*", "Resource": 5})))[
        "error"
    ]
    assert ["Alow", "Acton", "Resource"] == [word for word in ("Alow", "Acton", "Resource") if word in error]
    assert "resource_policy:" in error


def test_other_lines_are_still_answered_in_order() -> None:
    table = Table()
    lines = [json.dumps({**line(resource_policy=NAMED), "id": number}).encode() for number in range(4)]
    lines[2] = b'{"id": 2, "request": 5}'
    answers = list(table.answers([*lines, b"  \n"]))
    assert [0, 1, 2, 3] == [each["id"] for each in answers]
    assert [False, False, True, False] == ["error" in each for each in answers]
    assert table.has_faults


@pytest.mark.parametrize("identifier", ["a", 7, 1.5, None, True, ["x"]])
def test_the_id_comes_back_as_it_was(identifier: object) -> None:
    assert identifier == answer({**line(resource_policy=NAMED), "id": identifier})["id"]


def test_a_line_is_answered_before_the_next_is_read() -> None:
    read: list[int] = []

    def lines() -> Iterator[bytes]:
        for number in range(3):
            read.append(number)
            yield json.dumps(line(resource_policy=NAMED)).encode()

    answers = Table().answers(lines())
    next(answers)
    assert [0] == read


def test_lines_may_hold_any_text() -> None:
    context = {"kms:EncryptionContext:😀": "\ud800"}
    policy = doc(allow(ROLE, Condition={"StringEquals": {"kms:EncryptionContext:😀": "\ud800"}}))
    answered = answer(line(request={"context": context}, resource_policy=policy))
    assert "allow" == json.loads(json.dumps(answered))["decision"]


@pytest.mark.parametrize("pattern", ["*a" * 10_000 + "b", "*?a" * 10_000 + "b", "?" * 20_000])
@pytest.mark.parametrize("operator", ["StringLike", "StringNotLike"])
def test_a_hostile_pattern_costs_no_more_than_its_length(operator: str, pattern: str) -> None:
    policy = doc(allow(ROLE, Condition={operator: {"kms:EncryptionContext:app": pattern}}))
    began = time.process_time()
    answered = answer(line(request={"context": {"kms:EncryptionContext:app": "a" * 20_000}}, resource_policy=policy))
    # By backtracking it would take years; by following every place in the text, ten seconds and more.
    assert time.process_time() - began < 3
    assert all(len(reason) < 1_000 for reason in answered["reasons"])
