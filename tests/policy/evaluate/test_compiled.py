"""The compiled engine: what it promises besides deciding as the reference does."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, replace

import pytest

from policy.evaluate import plan
from policy.evaluate.compiled import _PLANS, CompiledPolicies, combine, compile_policies
from policy.evaluate.compiled_document import compile_document
from policy.evaluate.compiled_grants import compile_grants
from policy.evaluate.decision import Outcome
from policy.evaluate.index import literal_ends
from policy.evaluate.question import ask
from policy.evaluate.reference import decide
from policy.model.arn import Arn
from policy.model.grant import Grant
from policy.model.policies import Layer, PolicySet
from policy.model.principal import parse_principal
from policy.model.reading import parse
from policy.model.request import Request, RequestContext

ACCOUNT = "111122223333"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY = Arn.parse(f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/{KEY_ID}")
SESSION = parse_principal(f"arn:aws:sts::{ACCOUNT}:assumed-role/WebServer/i-0abc")

KEY_POLICY = parse(f"""
allow {{
  principal  arn:aws:iam::{ACCOUNT}:role/WebServer
  action     kms:Decrypt
  resource   *
  when       kms:EncryptionContext:app == "web"
}}
deny {{
  principal  *
  action     kms:*
  resource   *
  when       aws:SourceVpc == "vpc-bad"
}}
""")
POLICIES = PolicySet(resource=KEY_POLICY)


def request(*, action="kms:Decrypt", principal=SESSION, **context):
    keys = {"app": "kms:EncryptionContext:app", "vpc": "aws:SourceVpc"}
    given = RequestContext({keys[name]: value for name, value in context.items()})
    return Request(principal=principal, action=action, resource=KEY, context=given)


def test_the_same_question_in_another_context_is_decided_anew():
    engine = compile_policies(POLICIES)
    outcomes = [
        engine.decide(request(**context)).outcome for context in ({"app": "web"}, {"app": "mail"}, {"vpc": "vpc-bad"})
    ]
    assert [Outcome.ALLOW, Outcome.IMPLICIT_DENY, Outcome.EXPLICIT_DENY] == outcomes


def test_the_same_outcome_of_the_conditions_gives_the_very_same_decision():
    engine = compile_policies(POLICIES)
    assert engine.decide(request(app="web")) is engine.decide(request(app="web", vpc="vpc-1"))


def test_a_decision_names_layer_policy_and_statement():
    (where,) = compile_policies(POLICIES).decide(request(app="web")).determining
    assert (Layer.RESOURCE, 0, 0, KEY_POLICY.statements[0]) == (where.layer, where.policy, where.index, where.statement)


def test_a_batch_is_decided_in_its_order():
    batch = [request(app="web"), request(app="mail"), request(app="web", vpc="vpc-bad")]
    decisions = compile_policies(POLICIES).decide_many(batch)
    assert [decide(each, POLICIES) for each in batch] == decisions


def test_compiled_documents_are_put_together_and_the_same_ones_give_the_same_set():
    identity, resource = compile_document(parse("allow { action kms:*\n resource * }")), compile_document(KEY_POLICY)
    engine = combine(identity=(identity,), resource=resource)
    assert engine is combine(identity=(identity,), resource=resource)
    assert engine is not combine(identity=(compile_document(identity.document),), resource=resource)
    assert engine.decide(request(app="web")).is_allowed


def test_a_document_may_stand_in_two_layers_of_one_set():
    compiled = compile_document(parse("allow { action kms:*\n resource * }"))
    root = compile_document(parse(f"allow {{ principal {ACCOUNT}\n action kms:*\n resource * }}"))
    engine = combine(identity=(compiled, compiled), resource=root, permissions_boundary=(compiled,))
    places = [(where.layer, where.policy) for where in engine.decide(request()).determining]
    assert [(Layer.IDENTITY, 0), (Layer.IDENTITY, 1), (Layer.RESOURCE, 0)] == places


def test_what_is_compiled_cannot_be_changed():
    engine = compile_policies(POLICIES)
    with pytest.raises(FrozenInstanceError):
        engine.resource = None
    with pytest.raises(FrozenInstanceError):
        engine.resource.document = None


def test_many_threads_get_the_answers_that_one_gets():
    callers = [parse_principal(f"arn:aws:sts::{ACCOUNT}:assumed-role/WebServer/i-{number}") for number in range(50)]
    asked = [request(principal=caller, app=app) for caller in callers for app in ("web", "mail")] * 5
    expected = compile_policies(POLICIES).decide_many(asked)
    engine = compile_policies(POLICIES)
    with ThreadPoolExecutor(8) as threads:
        assert expected == list(threads.map(engine.decide, asked))


def test_what_is_remembered_of_callers_is_bounded():
    engine = compile_policies(POLICIES)
    for number in range(_PLANS + 10):
        caller = parse_principal(f"arn:aws:sts::{ACCOUNT}:assumed-role/WebServer/i-{number}")
        assert engine.decide(request(principal=caller, app="web")).is_allowed
    assert len(engine._plans) <= _PLANS


def test_what_is_remembered_of_contexts_is_bounded(monkeypatch):
    monkeypatch.setattr(plan, "_REMEMBERED", 1)
    engine = compile_policies(POLICIES)
    for context in ({"app": "web"}, {"app": "mail"}, {"vpc": "vpc-bad"}, {"app": "web"}):
        assert decide(request(**context), POLICIES) == engine.decide(request(**context))
    assert 1 == len(engine._plans[ask(request())]._decisions)


def test_two_callers_that_are_spelled_alike_are_two_questions():
    user = parse_principal(f"arn:aws:iam::{ACCOUNT}:user/App")
    role = parse_principal(f"arn:aws:iam::{ACCOUNT}:role/App")
    assert ask(request(principal=user)) is not ask(request(principal=role))
    assert ask(request(principal=user)) is ask(request(principal=replace(user)))


def test_of_many_grants_only_the_callers_are_asked():
    others = [grant(f"g{number}", f"arn:aws:iam::{ACCOUNT}:role/Other{number}") for number in range(1000)]
    mine = grant("mine", f"arn:aws:iam::{ACCOUNT}:role/WebServer")
    compiled = compile_grants([*others, mine])
    assert ["mine"] == [candidate.grant.grant_id for candidate in compiled.candidates(ask(request()))]
    assert (mine,) == CompiledPolicies(grants=compiled).decide(request()).grants


def test_a_question_reaches_only_the_statements_that_could_match():
    blocks = [f"allow {{ action kms:Decrypt\n resource {KEY}{number} }}" for number in range(1000)]
    document = compile_document(parse("\n".join([*blocks, f"allow {{ action kms:*\n resource {KEY} }}"])))
    engine = combine(identity=(document,))
    engine.decide(request())
    assert [1000] == [index for index, prepared in enumerate(document._prepared) if prepared is not None]


@pytest.mark.parametrize(
    "pattern",
    [
        f"arn:aws:kms:*:{ACCOUNT}:key/{KEY_ID}",
        f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1234*",
        f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/????abcd-*",
        f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/${{aws:PrincipalTag/key, '{KEY_ID}'}}",
        f"arn:aws:kms:eu-central-1:{ACCOUNT}:*",
        "arn:aws:kms:*",
        "*",
    ],
)
def test_the_index_finds_resources_by_either_end_of_a_pattern(pattern):
    blocks = [f"allow {{ action kms:Decrypt\n resource arn:aws:s3:::bucket{number}/* }}" for number in range(20)]
    document = compile_document(parse("\n".join([*blocks, f'allow {{ action kms:Decrypt\n resource "{pattern}" }}'])))
    assert [20] == document._index.find(ask(request()))
    root = compile_document(parse(f"allow {{ principal {ACCOUNT}\n action kms:*\n resource * }}"))
    assert combine(identity=(document,), resource=root).decide(request()).is_allowed


@pytest.mark.parametrize(
    ("pattern", "ends"),
    [
        ("kms:Decrypt", None),
        ("kms:*", ("kms:", "")),
        ("*", ("", "")),
        ("a*b?c", ("a", "c")),
        ("a?b*c", ("a", "c")),
        ("a${b}c", ("a", "c")),
        ("a${b, 'c}d'}e", ("a", "e")),
        ("a${*}b", ("a", "b")),
        ("}a${b", ("}a", "")),
        ("a*b${c", ("a", "b${c")),
        ("$a{b}", None),
    ],
)
def test_the_literal_ends_of_a_pattern_stop_where_something_may_stand_for_something_else(pattern, ends):
    assert ends == literal_ends(pattern)


def grant(grant_id, grantee):
    return Grant(grant_id=grant_id, key_id=KEY_ID, grantee_principal=grantee, operations=frozenset({"Decrypt"}))
