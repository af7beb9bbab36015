"""Keys that follow, and the policies that a world brings to a request."""

import pytest

from policy.evaluate.decision import Outcome
from policy.model.arn import Arn
from policy.model.principal import Role, User, parse_principal
from policy.simulate.context import with_following
from policy.simulate.world import Account, Identity, Key, World
from tests.policy.evaluate.cases import (
    ACCOUNT,
    FEDERATED,
    KEY,
    OTHER_USER,
    ROLE,
    ROOT,
    SESSION,
    USER,
    allow,
    document,
    levels,
)

FOLLOWING = [
    (USER, {"aws:PrincipalArn": USER, "aws:PrincipalType": "User", "aws:username": "Alice"}),
    (ROOT, {"aws:PrincipalArn": ROOT, "aws:PrincipalType": "Account", "aws:userid": ACCOUNT}),
    (SESSION, {"aws:PrincipalArn": ROLE, "aws:PrincipalType": "AssumedRole"}),
    (ROLE, {"aws:PrincipalArn": ROLE, "aws:PrincipalType": "AssumedRole"}),
    (FEDERATED, {"aws:PrincipalArn": FEDERATED, "aws:PrincipalType": "FederatedUser"}),
]


@pytest.mark.parametrize(("caller", "expected"), FOLLOWING)
def test_keys_follow_from_the_caller(caller: str, expected: dict[str, str]) -> None:
    common = {"aws:PrincipalAccount": ACCOUNT, "aws:PrincipalIsAWSService": "false", "kms:CallerAccount": ACCOUNT}
    found = with_following({}, parse_principal(caller), "kms:Decrypt")
    assert {**expected, **common} == {key: values[0] for key, values in found.items()}


def test_a_service_is_of_no_account() -> None:
    found = with_following({}, parse_principal("rds.amazonaws.com"), "kms:Decrypt")
    expected = {"aws:PrincipalServiceName": ("rds.amazonaws.com",), "aws:PrincipalIsAWSService": ("true",)}
    assert expected == found


def test_what_is_given_is_never_changed() -> None:
    given = {"AWS:principalarn": ("x",)}
    assert ("x",) == with_following(given, parse_principal(USER), "kms:Decrypt")["AWS:principalarn"]
    assert "aws:PrincipalArn" not in with_following(given, parse_principal(USER), "kms:Decrypt")


def test_the_names_of_the_encryption_context_keep_their_case() -> None:
    given = {"kms:EncryptionContext:App": ("web",), "KMS:encryptioncontext:tenant": ("a",)}
    found = with_following(given, parse_principal("ANONYMOUS"), "kms:Decrypt")
    assert ("App", "tenant") == found["kms:EncryptionContextKeys"]


def test_keys_of_kms_follow_only_for_kms() -> None:
    assert "kms:CallerAccount" not in with_following({}, parse_principal(USER), "s3:GetObject")


def test_a_grant_call_that_no_service_makes_is_not_for_an_aws_resource() -> None:
    key = "kms:GrantIsForAWSResource"
    assert ("false",) == with_following({}, parse_principal(USER), "kms:CreateGrant")[key]
    assert key not in with_following({}, parse_principal(USER), "kms:Decrypt")
    assert key not in with_following({}, parse_principal("rds.amazonaws.com"), "kms:CreateGrant")
    through_ec2 = {"kms:ViaService": ("ec2.us-east-1.amazonaws.com",)}
    assert key not in with_following(through_ec2, parse_principal(USER), "kms:CreateGrant")


NONE = [allow(Action="s3:*")]
ALICE = Identity(
    principal=User(account=ACCOUNT, path_and_name="Alice"), policies=(document(allow()),), tags={"team": "web"}
)
APP = Identity(principal=Role(account=ACCOUNT, path_and_name="service/App"), policies=(document(allow()),))


def world(*identities: Identity, key: list[dict[str, object]], **more: object) -> World:
    made = Key(arn=Arn.parse(KEY), policy=document(*key), aliases=("alias/app",), facts={"kms:KeySpec": ("HMAC_256",)})
    return World(identities=identities, keys=(made,), **more)


def outcome(made: World, caller: str) -> Outcome:
    return made.ask(parse_principal(caller), "kms:Decrypt", Arn.parse(KEY)).decision.outcome


def test_a_world_brings_the_policies_of_caller_and_key() -> None:
    assert Outcome.ALLOW == outcome(world(ALICE, key=[allow(ROOT)]), USER)
    assert Outcome.IMPLICIT_DENY == outcome(world(key=[allow(ROOT)]), USER)
    assert Outcome.IMPLICIT_DENY == outcome(world(ALICE, key=[allow(ROOT)]), OTHER_USER)


def test_a_session_finds_its_role_whatever_the_path() -> None:
    trial = world(APP, key=[allow(ROOT)]).ask(parse_principal(SESSION), "kms:Decrypt", Arn.parse(KEY))
    assert Outcome.ALLOW == trial.decision.outcome
    assert (f"arn:aws:iam::{ACCOUNT}:role/service/App",) == trial.request.context["aws:PrincipalArn"]


def test_tags_and_facts_become_condition_keys() -> None:
    context = world(ALICE, key=[allow(ROOT)]).ask(parse_principal(USER), "kms:Decrypt", Arn.parse(KEY)).request.context
    assert [("web",), ("HMAC_256",), ("alias/app",)] == [
        context[key] for key in ("aws:PrincipalTag/team", "kms:KeySpec", "kms:ResourceAliases")
    ]


def test_a_world_brings_boundaries_sessions_and_the_organisation() -> None:
    bounded = Identity(principal=APP.principal, policies=APP.policies, boundary=(document(*NONE),))
    account = Account(id=ACCOUNT, service_control=levels(NONE))
    assert Outcome.IMPLICIT_DENY == outcome(world(bounded, key=[allow(ROLE)]), SESSION)
    assert Outcome.IMPLICIT_DENY == outcome(
        world(APP, key=[allow(ROLE)], session_policies={SESSION: (document(*NONE),)}), SESSION
    )
    assert Outcome.IMPLICIT_DENY == outcome(world(APP, key=[allow(ROLE)], accounts=(account,)), SESSION)


def test_a_role_is_assumed_by_its_trust_policy() -> None:
    trust = document(allow(USER, Action="sts:AssumeRole", Resource=None))
    role = Identity(principal=APP.principal, trust=trust)
    trial = World(identities=(role,)).ask(parse_principal(USER), "sts:AssumeRole", Arn.parse(APP.principal.arn))
    assert Outcome.ALLOW == trial.decision.outcome
