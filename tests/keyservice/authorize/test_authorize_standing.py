"""What is worked out once for a caller holds for exactly as long as the directory's records of it do."""

from dataclasses import replace

import pytest

from keyservice.auth.caller import Caller, CallerKind, Session
from keyservice.authorize.context import context_of_caller, lowered, offered_encryption_context, principal_of
from keyservice.authorize.standing import Standings
from keyservice.model.identity import NamedPolicy
from tests.live import ACCOUNT, REGION

ALICE = Caller(
    kind=CallerKind.USER,
    arn=f"arn:aws:iam::{ACCOUNT}:user/alice",
    account=ACCOUNT,
    unique_id="AIDA",
    access_key_id="AKIAALICE",
    name="alice",
)


def role_session(**session):
    return Caller(
        kind=CallerKind.ROLE_SESSION,
        arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/App/s",
        account=ACCOUNT,
        unique_id="AROA:s",
        access_key_id="ASIA",
        name="App",
        issuer_arn=f"arn:aws:iam::{ACCOUNT}:role/App",
        session_name="s",
        session=Session(issued=0.0, expires=3600.0, **session),
    )


def test_a_standing_is_used_again_until_the_user_changes(service):
    store = service.opened.store
    standings = Standings(store, REGION)
    first = standings.of(ALICE)
    assert standings.of(replace(ALICE)) is first
    with store.change() as change:
        policy = NamedPolicy(name="more", document='{"Version":"2012-10-17","Statement":[]}')
        change.put_user(replace(store.user(ACCOUNT, "alice"), policies=(policy,)))
    assert (policy.document,) == standings.of(ALICE).identity


def test_a_standing_is_not_used_for_another_caller_of_the_same_access_key(service):
    standings = Standings(service.opened.store, REGION)
    assert ALICE == standings.of(ALICE).caller
    bob = replace(ALICE, name="bob", arn=ALICE.arn.replace("alice", "bob"))
    assert bob == standings.of(bob).caller


def test_session_tags_take_the_place_of_the_roles_in_any_case(service):
    standing = Standings(service.opened.store, REGION).of(role_session(tags={"TEAM": "red", "x": "1"}))
    assert ("red",) == standing.context["aws:principaltag/team"]
    assert ("1",) == standing.context["aws:principaltag/x"]
    plain = Standings(service.opened.store, REGION).of(role_session())
    assert ("blue",) == plain.context["aws:principaltag/team"]


def test_a_session_brings_its_policies(service):
    assert ("{}",) == Standings(service.opened.store, REGION).of(role_session(session_policies=("{}",))).session


def test_names_that_differ_only_in_case_are_one_key_with_several_values():
    assert {"a/b": ("1", "2"), "c": ("3", "4", "5")} == lowered({"A/b": "1", "a/B": "2", "C": ("3", "4"), "c": "5"})


def test_an_encryption_context_offers_its_pairs_and_its_keys():
    assert {
        "kms:EncryptionContext:App": "web",
        "kms:EncryptionContext:tenant": "7",
        "kms:EncryptionContextKeys": ("App", "tenant"),
    } == offered_encryption_context({"App": "web", "tenant": "7"})
    assert {} == offered_encryption_context({})


@pytest.mark.parametrize(
    ("caller", "arn", "keys"),
    [
        (ALICE, ALICE.arn, {"aws:PrincipalType": "User", "aws:username": "alice", "aws:userid": "AIDA"}),
        (
            role_session(source_identity="me", mfa_authenticated=True, instance_id="i-0abc"),
            f"arn:aws:iam::{ACCOUNT}:role/App",
            {
                "aws:PrincipalType": "AssumedRole",
                "aws:SourceIdentity": "me",
                "aws:MultiFactorAuthPresent": "true",
                "aws:TokenIssueTime": "1970-01-01T00:00:00Z",
                "ec2:SourceInstanceARN": f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-0abc",
            },
        ),
        (
            replace(ALICE, kind=CallerKind.ROOT, arn=f"arn:aws:iam::{ACCOUNT}:root", name=None),
            f"arn:aws:iam::{ACCOUNT}:root",
            {"aws:PrincipalType": "Account"},
        ),
    ],
    ids=["user", "role session", "root"],
)
def test_a_caller_brings_the_global_keys_of_its_kind(caller, arn, keys):
    values = context_of_caller(caller, {"team": "blue"}, REGION)
    assert arn == values["aws:PrincipalArn"]
    assert "blue" == values["aws:PrincipalTag/team"]
    assert keys == {key: values[key] for key in keys}
    assert ACCOUNT == principal_of(caller).account


def test_a_service_has_none_of_an_accounts_keys():
    service_caller = Caller(
        kind=CallerKind.SERVICE, arn="", account="", unique_id="", access_key_id="", name="ec2.amazonaws.com"
    )
    assert {
        "aws:PrincipalIsAWSService": "true",
        "aws:PrincipalServiceName": "ec2.amazonaws.com",
        "aws:PrincipalServiceNamesList": ("ec2.amazonaws.com",),
    } == context_of_caller(service_caller, {}, REGION)
