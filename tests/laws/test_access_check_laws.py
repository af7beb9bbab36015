"""Laws of the checks of one policy: whatever the engine allows, they have said that the policy may grant it."""

from itertools import product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy.analyze.access_checks import Access, granting_access, granting_everybody
from policy.analyze.overlap import overlap, surely_covers
from policy.evaluate.reference import decide
from policy.model.pattern import wildcard_matches
from policy.model.policies import PolicySet
from policy.model.principal import RootUser, parse_principal
from policy.model.reading import parse
from policy.model.request import Request
from tests.laws.strategies import documents, plain_statements, requests, resource_statements

laws = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
small_patterns = st.text("ab*?", max_size=5)
TEXTS = tuple("".join(letters) for length in range(7) for letters in product("ab", repeat=length))
EVERYTHING = parse('{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')
DELEGATION = parse(
    """{"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Principal": {"AWS": ["111122223333", "111122223334"]},
    "Action": "*", "Resource": "*"}}"""
)
# GetCallerIdentity, which needs no permission, is none of them.
on_keys = requests.filter(
    lambda request: request.resource is not None and request.resource.is_kms_key and request.action[:4] == "kms:"
)
STRANGER = parse_principal("arn:aws:iam::999999999999:user/stranger")


@laws
@given(small_patterns, small_patterns)
def test_patterns_overlap_when_a_text_is_of_both(one, other):
    found = any(wildcard_matches(one, text) and wildcard_matches(other, text) for text in TEXTS)
    assert found == overlap(one, other)


@laws
@given(small_patterns, small_patterns)
def test_what_a_pattern_surely_covers_it_matches(wider, narrower):
    missed = [text for text in TEXTS if wildcard_matches(narrower, text) and not wildcard_matches(wider, text)]
    assert not (missed and surely_covers(wider, narrower))


@laws
@given(documents(plain_statements), on_keys)
def test_what_an_identity_policy_allows_it_is_said_to_grant(document, request):
    delegated = PolicySet(identity=(document,), resource=DELEGATION)
    if not isinstance(request.principal, RootUser) and decide(request, delegated).is_allowed:
        assert granting_access(
            document, Access(actions=(request.action,), resources=(request.resource_text,)), of_resource=False
        )


@laws
@given(documents(resource_statements), on_keys)
def test_what_a_key_policy_allows_it_is_said_to_grant(document, request):
    if decide(request, PolicySet(resource=document)).is_allowed:
        assert granting_access(
            document, Access(actions=(request.action,), resources=(request.resource_text,)), of_resource=True
        )


@laws
@given(documents(resource_statements), on_keys)
def test_what_a_key_policy_allows_a_stranger_who_shows_nothing_it_grants_to_everybody(document, request):
    asked = Request(principal=STRANGER, action=request.action, resource=request.resource)
    identity = PolicySet(resource=document, identity=(EVERYTHING,))
    if decide(asked, identity).is_allowed and not _names_stranger(document):
        assert granting_everybody(document)


def _names_stranger(document):
    return any(
        "999999999999" in entry.value
        for statement in document.statements
        if statement.principals
        for entry in statement.principals.entries
    )
