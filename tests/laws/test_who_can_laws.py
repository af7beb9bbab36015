"""Laws of who-can: it agrees with asking the engine for every principal, and what it leaves open can go either way."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy.analyze.who_can import Analysis
from policy.evaluate.reference import decide
from policy.model.arn import Arn
from policy.model.principal import parse_principal
from policy.simulate.world import Account, Identity, Key, World
from tests.laws.strategies import (
    AWAY,
    HOME,
    KEY,
    contexts,
    documents,
    grants,
    guarded_limits,
    levels,
    limits,
    mostly,
    plain_statements,
    resource_statements,
    seldom,
)

laws = settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

IDENTITIES = tuple(
    map(
        parse_principal,
        (
            f"arn:aws:iam::{HOME}:user/Alice",
            f"arn:aws:iam::{HOME}:user/division/Bob",
            f"arn:aws:iam::{HOME}:role/service/App",
            f"arn:aws:iam::{HOME}:role/Ap",
            f"arn:aws:iam::{HOME}:role/aws-service-role/ec2.amazonaws.com/AWSServiceRoleForEC2",
            f"arn:aws:iam::{AWAY}:role/App",
        ),
    )
)
SESSIONS = (f"arn:aws:sts::{HOME}:assumed-role/App/i-1", f"arn:aws:sts::{AWAY}:assumed-role/App/i-1")
ROOTS = (HOME, AWAY)
CALLERS = (*IDENTITIES, *map(parse_principal, SESSIONS), *map(parse_principal, ROOTS))

# What follows from the caller, which no request says otherwise.
OF_CALLER = ("aws:principal", "aws:username", "aws:userid", "kms:calleraccount", "aws:resourceaccount")

identities = st.tuples(
    *(
        st.builds(
            Identity,
            principal=st.just(principal),
            policies=mostly(st.lists(documents(plain_statements), min_size=1, max_size=2).map(tuple), st.just(())),
            boundary=seldom(limits),
            tags=st.dictionaries(st.just("team"), st.sampled_from(("web", "Alice")), max_size=1),
        )
        for principal in IDENTITIES
    )
)
accounts = st.tuples(
    *(
        st.builds(Account, id=st.just(id_), service_control=levels(limits), resource_control=levels(guarded_limits))
        for id_ in (HOME, AWAY)
    )
)
keys = st.builds(
    Key,
    arn=st.just(Arn.parse(KEY)),
    policy=documents(resource_statements),
    grants=mostly(st.just(()), st.lists(grants, min_size=1, max_size=2).map(tuple), 2),
)
worlds = st.builds(
    World,
    accounts=accounts,
    identities=identities,
    keys=st.tuples(keys),
    session_policies=st.fixed_dictionaries({session: seldom(limits) for session in SESSIONS}),
    vpc_endpoint=seldom(guarded_limits),
)
actions = st.sampled_from(("kms:Decrypt", "kms:DescribeKey", "kms:CreateGrant", "kms:RetireGrant"))


def allowed(world, principal, action, context):
    request = world.request(principal, action, Arn.parse(KEY), context)
    return decide(request, world.policies_for(request)).is_allowed


@laws
@given(worlds, actions, contexts)
def test_who_can_agrees_with_asking_the_engine_for_every_principal(world, action, context):
    given_ = dict(context.spelled())
    found = {access.principal for access in Analysis(world).who_can([action], world.keys[0], given_, is_complete=True)}
    expected = {principal for principal in CALLERS if allowed(world, principal, action, given_)}
    assert expected == {principal for principal in CALLERS if principal in found}


@laws
@given(worlds, actions, contexts)
def test_what_is_open_goes_either_way_and_nothing_else_does(world, action, context):
    given_ = {key: values for key, values in context.spelled() if not key.lower().startswith(OF_CALLER)}
    found = {access.principal: access for access in Analysis(world).who_can([action], world.keys[0])}
    for principal in CALLERS:
        is_allowed = allowed(world, principal, action, given_)
        if is_allowed:
            assert principal in found
        elif principal in found:
            assert not found[principal].is_certain


@laws
@given(worlds, contexts)
def test_several_actions_at_once_are_each_by_itself(world, context):
    given_, asked = dict(context.spelled()), ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:CreateGrant"]
    analysis, key = Analysis(world), world.keys[0]
    together = {
        (access.principal, action)
        for access in analysis.who_can(asked, key, given_, is_complete=True)
        for action in access.actions
    }
    each = {
        (access.principal, action)
        for action in asked
        for access in analysis.who_can([action], key, given_, is_complete=True)
    }
    assert each == together
