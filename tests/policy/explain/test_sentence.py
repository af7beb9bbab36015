"""AWS's own sentences. Source: IAM User Guide, "Troubleshoot access denied error messages"."""

import pytest

from policy.evaluate.reference import decide
from policy.explain.sentence import wire_sentence
from policy.model.policies import Layer
from tests.policy.evaluate.cases import ACCOUNT, KEY, ROLE, ROOT, SESSION, USER, Case, allow, deny, levels

NONE = [allow(Action="s3:*")]
RCP = [allow("*", Action="s3:*") | {"Principal": "*"}]
SOURCE = 'IAM User Guide, "Troubleshoot access denied error messages"'


def case(caller: str = USER, **policies: object) -> Case:
    return Case(title="", source=SOURCE, caller=caller, expected=Layer.RESOURCE, **policies)


def sentence(asked: Case) -> str:
    return wire_sentence(asked.request, decide(asked.request, asked.policies))


def refusal(caller: str, because: str) -> str:
    return f"User: {caller} is not authorized to perform: kms:Decrypt on resource: {KEY} {because}"


SENTENCES = [
    (case(key=[allow(ROLE)]), "because no resource-based policy allows the kms:Decrypt action"),
    (case(key=[allow(ROOT)]), "because no identity-based policy allows the kms:Decrypt action"),
    (case(SESSION, key=[allow(ROLE)], boundary=NONE), "because no permissions boundary allows the kms:Decrypt action"),
    (case(SESSION, key=[allow(ROLE)], session=NONE), "because no session policy allows the kms:Decrypt action"),
    (case(key=[allow(USER)], endpoint=NONE), "because no VPC endpoint policy allows the kms:Decrypt action"),
    (case(key=[allow(USER)], scps=levels(NONE)), "because no service control policy allows the kms:Decrypt action"),
    (case(key=[allow(USER)], rcps=levels(RCP)), "because no resource control policy allows the kms:Decrypt action"),
    (case(key=[deny("*")]), "with an explicit deny in a resource-based policy"),
    (case(key=[allow(USER)], identity=[deny()]), "with an explicit deny in an identity-based policy"),
    (case(key=[allow(USER)], boundary=[deny()]), "with an explicit deny in a permissions boundary"),
    (case(SESSION, key=[allow(ROLE)], session=[deny()]), "with an explicit deny in a session policy"),
    (case(key=[allow(USER)], endpoint=[deny("*")]), "with an explicit deny in a VPC endpoint policy"),
    (case(key=[allow(USER)], scps=levels([deny()])), "with an explicit deny in a service control policy"),
]


@pytest.mark.parametrize(("asked", "because"), SENTENCES, ids=[because for _, because in SENTENCES])
def test_each_refusal_has_the_sentence_of_aws(asked: Case, because: str) -> None:
    assert refusal(asked.caller, because) == sentence(asked)


CALLERS = [
    (ROOT, ROOT),
    (ROLE, ROLE),
    (SESSION, SESSION),
    (f"arn:aws:sts::{ACCOUNT}:federated-user/Bob", f"arn:aws:sts::{ACCOUNT}:federated-user/Bob"),
    ("cloudtrail.amazonaws.com", "cloudtrail.amazonaws.com"),
    ("accounts.google.com", "accounts.google.com"),
    ("ANONYMOUS", "anonymous"),
]


@pytest.mark.parametrize(("caller", "name"), CALLERS)
def test_callers_are_named_as_aws_names_them(caller: str, name: str) -> None:
    asked = case(caller, key=[allow(f"arn:aws:iam::{ACCOUNT}:user/Nobody")])
    assert refusal(name, "because no resource-based policy allows the kms:Decrypt action") == sentence(asked)


def test_an_action_on_no_resource_has_no_resource_in_its_sentence() -> None:
    asked = case(action="kms:CreateKey", resource=None)
    expected = (
        f"User: {USER} is not authorized to perform: kms:CreateKey"
        " because no identity-based policy allows the kms:CreateKey action"
    )
    assert expected == sentence(asked)


def test_an_allow_has_no_sentence() -> None:
    with pytest.raises(ValueError, match="allowed"):
        sentence(case(key=[allow(USER)]))
