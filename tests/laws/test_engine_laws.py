"""Laws of evaluation, and the one that the compiled engine keeps: it decides as the reference does.

`python -m tests.laws.engine --examples 100000` tries that last one at length.
"""

from dataclasses import replace
from itertools import chain

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from policy.evaluate.compiled import combine, compile_policies
from policy.evaluate.compiled_document import compile_document
from policy.evaluate.decision import Outcome
from policy.evaluate.index import index_statements
from policy.evaluate.prepared import PreparedStatement, Use
from policy.evaluate.principal_keys import keys_of_caller, keys_of_entries
from policy.evaluate.principals import Match, match_principals
from policy.evaluate.question import ask
from policy.evaluate.reference import decide
from policy.model.document import Effect, PolicyDocument, Principals
from policy.model.policies import OrganizationLevel, PolicySet
from tests.laws.engine import disagreements
from tests.laws.strategies import (
    callers,
    contexts,
    documents,
    entries,
    grants,
    plain_statements,
    policy_sets,
    requests,
    resource_statements,
    situations,
)

laws = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

LAYERS = ("identity", "session", "permissions_boundary", "vpc_endpoint")
LEVELS = ("service_control", "resource_control")


def every_document(policies, change):
    """The set with a change made to each of its documents."""
    changed = {layer: tuple(map(change, getattr(policies, layer))) for layer in LAYERS}
    for layer in LEVELS:
        levels = getattr(policies, layer)
        changed[layer] = tuple(replace(level, policies=tuple(map(change, level.policies))) for level in levels)
    resource = policies.resource and change(policies.resource)
    return replace(policies, **changed, resource=resource)


def outcome_of(policies, request):
    decision = decide(request, policies)
    return decision.outcome, decision.missing


def covers_resource(prepared, request):
    test = prepared.resource_test(ask(request))
    return test(request.context.lowered()) if callable(test) else test


def is_allowed(policies, request):
    return decide(request, policies).is_allowed


@settings(laws, max_examples=500)
@given(situations)
def test_the_compiled_engine_decides_as_the_reference_does(situation):
    assert [] == disagreements(situation)


@laws
@given(policy_sets, st.lists(requests, max_size=4))
def test_a_batch_decides_each_request_as_if_it_were_alone(policies, batch):
    alone = [compile_policies(policies).decide(request) for request in batch]
    assert alone == compile_policies(policies).decide_many(iter(batch))


@laws
@given(policy_sets, requests)
def test_documents_compiled_one_by_one_decide_as_the_set_does(policies, request):
    combined = combine(
        identity=tuple(map(compile_document, policies.identity)),
        resource=policies.resource and compile_document(policies.resource),
        session=tuple(map(compile_document, policies.session)),
        permissions_boundary=tuple(map(compile_document, policies.permissions_boundary)),
        vpc_endpoint=tuple(map(compile_document, policies.vpc_endpoint)),
    )
    expected = replace(policies, service_control=(), resource_control=(), grants=())
    assert decide(request, expected) == combined.decide(request)


@laws
@given(st.lists(entries, max_size=4), callers)
def test_the_keys_of_entries_and_callers_meet_as_the_definition_matches(listed, caller):
    keys = keys_of_entries(listed)
    found = next((match for key, match in keys_of_caller(caller) if key in keys), Match.NONE)
    principals = Principals(entries=tuple(listed))
    assert match_principals(principals, caller, Effect.ALLOW, has_boundary=False) is found


@laws
@given(documents(resource_statements), requests)
def test_no_index_leaves_out_a_statement_that_matches(document, request):
    question, index = ask(request), index_statements(document.statements)
    prepared = [PreparedStatement.prepare(document, number) for number in range(len(document.statements))]
    found = {
        "principal": set(chain(*index.principals.find(question.caller_keys))),
        "resource": set(chain(*index.resources.find(question.resource_text))),
        "action": set(chain(*index.actions.find(question.action))),
    }
    matching = {
        "principal": {each.index for each in prepared if each.match_caller(question, Use.PLAIN)},
        "resource": {each.index for each in prepared if covers_resource(each, request)},
        "action": {each.index for each in prepared if each.covers_action(question)},
    }
    assert {element: set() for element in found} == {element: matching[element] - found[element] for element in found}


@laws
@given(policy_sets, requests, st.data())
def test_a_deny_never_adds_access(policies, request, data):
    layer = data.draw(st.sampled_from(("identity", "session", "permissions_boundary", "vpc_endpoint", "resource")))
    statements = resource_statements if layer == "resource" else plain_statements
    deny = replace(data.draw(statements), effect=Effect.DENY)

    def with_deny(document):
        return replace(document, statements=(deny, *document.statements))

    if layer == "resource":
        changed = replace(policies, resource=with_deny(policies.resource or PolicyDocument(statements=())))
    else:
        assume(getattr(policies, layer))
        first, *others = getattr(policies, layer)
        changed = replace(policies, **{layer: (with_deny(first), *others)})
    assert is_allowed(policies, request) or not is_allowed(changed, request)


@laws
@given(policy_sets, requests, documents(plain_statements), st.sampled_from((*LAYERS[1:], *LEVELS)))
def test_a_layer_that_only_limits_never_adds_access(policies, request, document, layer):
    assume(not getattr(policies, layer))
    added = OrganizationLevel(org="Root", policies=(document,)) if layer in LEVELS else document
    limited = replace(policies, **{layer: (added,)})
    assert is_allowed(policies, request) or not is_allowed(limited, request)


@laws
@given(policy_sets, requests, documents(plain_statements))
def test_an_identity_based_allow_never_takes_access_away(policies, request, document):
    allows = tuple(statement for statement in document.statements if statement.effect is Effect.ALLOW)
    more = replace(policies, identity=(*policies.identity, replace(document, statements=allows)))
    assert is_allowed(more, request) or not is_allowed(policies, request)


@laws
@given(policy_sets, requests, grants)
def test_a_grant_never_takes_access_away(policies, request, grant):
    more = replace(policies, grants=(*policies.grants, grant))
    assert is_allowed(more, request) or not is_allowed(policies, request)


@laws
@given(policy_sets, requests, st.randoms(use_true_random=False))
def test_the_order_of_statements_and_policies_does_not_matter(policies, request, random):
    def shuffled(items):
        return tuple(random.sample(items, len(items)))

    mixed = every_document(policies, lambda document: replace(document, statements=shuffled(document.statements)))
    mixed = replace(
        mixed, grants=shuffled(mixed.grants), **{layer: shuffled(getattr(mixed, layer)) for layer in LAYERS}
    )
    assert outcome_of(policies, request) == outcome_of(mixed, request)


@laws
@given(policy_sets, requests)
def test_saying_it_twice_does_not_matter(policies, request):
    twice = every_document(policies, lambda document: replace(document, statements=document.statements * 2))
    twice = replace(twice, grants=twice.grants * 2, **{layer: getattr(twice, layer) * 2 for layer in LAYERS})
    assert outcome_of(policies, request) == outcome_of(twice, request)


@laws
@given(policy_sets, requests)
def test_what_determined_a_decision_is_in_the_policies_and_has_its_effect(policies, request):
    decision = decide(request, policies)
    effects = {where.statement.effect for where in decision.determining}
    assert effects <= {Effect.DENY if decision.outcome is Outcome.EXPLICIT_DENY else Effect.ALLOW}
    assert all(grant in policies.grants and decision.is_allowed for grant in decision.grants)
    assert (decision.missing is not None) == (decision.outcome is Outcome.IMPLICIT_DENY)


@laws
@given(requests, contexts)
def test_what_no_policy_allows_is_denied_on_every_key(request, context):
    assume(request.resource is not None and request.resource.is_kms_key and request.action.startswith("kms:"))
    asked = replace(request, context=context)
    assert Outcome.IMPLICIT_DENY is decide(asked, PolicySet()).outcome
