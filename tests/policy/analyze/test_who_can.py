"""Who can do an action on a key: by which path, under which conditions, from outside, and who holds both classes."""

import json
from dataclasses import replace
from typing import Any

import pytest

from policy.analyze.access import Access, PathKind
from policy.analyze.holders import holders_of
from policy.analyze.who_can import Analysis
from policy.model.arn import Arn
from policy.model.policies import OrganizationLevel
from policy.model.principal import parse_principal
from policy.model.reading import parse
from policy.simulate.account import read_account
from policy.simulate.grants import read_grants
from policy.simulate.world import Account, Key, World
from tests.policy.simulate import account_dumps as dumps
from tests.policy.simulate.account_dumps import (
    ACCOUNT,
    ADMINISTRATOR,
    allow,
    attached,
    delegating,
    dump,
    inline,
    policy,
    role,
    user,
)
from tests.policy.simulate.account_dumps import names as named

KEY = Arn("aws", "kms", "us-east-1", ACCOUNT, "key/files")
WEB = f"arn:aws:iam::{ACCOUNT}:role/Web"
OTHER = "444455556666"
APP_IS_WEB = {"StringEquals": {"kms:EncryptionContext:app": "web"}}


def world(key_policy: object, *identities: Any, grants: object = ()) -> World:
    users = tuple(each for each in identities if "UserName" in each)
    roles = tuple(each for each in identities if "RoleName" in each)
    managed = (dumps.managed("Admin", policy(allow("*")), arn=ADMINISTRATOR),)
    account = read_account(dump(users=users, roles=roles, policies=managed))
    assert () == account.warnings
    key = Key(arn=KEY, policy=parse(json.dumps(key_policy)), grants=read_grants(grants or []))
    return World(accounts=(Account(id=ACCOUNT),), identities=account.identities, keys=(key,))


def who_can(asked: World, action: str = "kms:Decrypt", **context: str) -> dict[str, Access]:
    given = {key: (value,) for key, value in context.items()}
    found = list(Analysis(asked).who_can([action], asked.keys[0], given))
    assert len({access.name for access in found}) == len(found)
    return {access.name.rsplit(":", 1)[-1]: access for access in found}


def paths(access: Access) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [(str(path.kind), path.by, path.when) for path in access.paths]


def test_the_key_policy_names_a_role_on_a_condition() -> None:
    found = who_can(world(policy(named(WEB, "kms:Decrypt", Sid="Use", Condition=APP_IS_WEB)), role("Web")))
    assert ["role/Web"] == list(found)
    condition = 'kms:EncryptionContext:app == "web"'
    assert [("key policy", ('key policy "Use"',), (condition,))] == paths(found["role/Web"])
    assert not found["role/Web"].is_certain


def test_a_condition_whose_key_is_known_is_decided() -> None:
    asked = world(policy(named(WEB, "kms:Decrypt", Condition=APP_IS_WEB)), role("Web"))
    known = who_can(asked, **{"kms:EncryptionContext:app": "web"})
    assert (True, ()) == (known["role/Web"].is_certain, known["role/Web"].paths[0].when)
    assert {} == who_can(asked, **{"kms:EncryptionContext:app": "mobile"})


def test_delegation_leads_to_whoever_holds_an_iam_policy_and_to_the_root_user() -> None:
    uses = inline(policy(allow("kms:Decrypt", str(KEY), Sid="Mine")), "Use")
    found = who_can(world(delegating(), role("Web", RolePolicyList=uses), role("Idle"), user("Al")))
    assert ["root", "role/Web"] == list(found)
    assert [("IAM policy", ('role/Web policy Use "Mine"', 'key policy "IAM"'), ())] == paths(found["role/Web"])
    assert found["role/Web"].is_certain
    assert [PathKind.KEY_POLICY] == [path.kind for path in found["root"].paths]


def test_an_iam_policy_for_another_key_or_without_delegation_leads_nowhere() -> None:
    other = inline(policy(allow("kms:Decrypt", str(KEY).replace("files", "other"))))
    assert ["root"] == list(who_can(world(delegating(), role("Web", RolePolicyList=other))))
    anything = role("Web", AttachedManagedPolicies=attached(ADMINISTRATOR))
    assert {} == who_can(world(policy(named(f"arn:aws:iam::{ACCOUNT}:user/Al", "kms:Encrypt")), anything))


def test_a_grant_leads_to_its_grantee_under_its_constraints() -> None:
    grant = {
        "KeyId": "files",
        "GrantId": "g1",
        "GranteePrincipal": WEB,
        "Operations": ["Decrypt"],
        "Constraints": {"EncryptionContextSubset": {"app": "web"}},
    }
    access = who_can(world(policy(named("*", "s3:*")), role("Web"), grants=[grant]))["role/Web"]
    assert [("grant", (f"grant g1 to {WEB}",), ('kms:EncryptionContext:app == "web"',))] == paths(access)
    unbound = {name: value for name, value in grant.items() if name != "Constraints"}
    assert who_can(world(policy(named("*", "s3:*")), role("Web"), grants=[unbound]))["role/Web"].is_certain


def test_several_paths_are_all_told() -> None:
    uses = inline(policy(allow("kms:Decrypt")), "Use")
    found = who_can(world(delegating(named(WEB, "kms:Decrypt", Sid="Use")), role("Web", RolePolicyList=uses)))
    assert ["key policy", "IAM policy"] == [str(path.kind) for path in found["role/Web"].paths]


def test_a_deny_that_depends_on_the_request_is_told_as_unless() -> None:
    no_mfa = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "kms:*",
        "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    }
    access = who_can(world(policy(named(WEB, "kms:Decrypt"), no_mfa), role("Web")))["role/Web"]
    assert (False, ("aws:MultiFactorAuthPresent? == false",)) == (access.is_certain, access.unless)


def test_a_deny_that_surely_applies_leaves_nobody() -> None:
    no = {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    assert {} == who_can(world(delegating(named(WEB, "kms:Decrypt"), no), role("Web")))


def test_a_control_policy_that_depends_on_the_request_is_told() -> None:
    asked = world(policy(named(WEB, "kms:Decrypt")), role("Web"))
    document = parse(json.dumps(policy(allow("*", Condition={"StringEquals": {"aws:RequestedRegion": "us-east-1"}}))))
    level = OrganizationLevel(org="Root", policies=(document,))
    asked = replace(asked, accounts=(Account(id=ACCOUNT, service_control=(level,)),))
    access = who_can(asked)["role/Web"]
    assert (False, ('aws:RequestedRegion == "us-east-1"',)) == (access.is_certain, access.when)


def test_tags_are_known_but_of_a_role_whose_sessions_may_bring_their_own() -> None:
    tagged = {"StringEquals": {"aws:PrincipalTag/team": "web"}}
    tagging = {"Effect": "Allow", "Principal": "*", "Action": ["sts:AssumeRole", "sts:TagSession"]}
    people = (
        user("Al", Tags=[{"Key": "team", "Value": "web"}], UserPolicyList=inline(policy(allow("kms:*")))),
        user("Bo", UserPolicyList=inline(policy(allow("kms:*")))),
        role("Web", RolePolicyList=inline(policy(allow("kms:*")))),
        role("Tagged", RolePolicyList=inline(policy(allow("kms:*"))), AssumeRolePolicyDocument=policy(tagging)),
    )
    found = who_can(world(policy(named(ACCOUNT, "kms:*", Condition=tagged)), *people))
    assert [("user/Al", True), ("role/Tagged", False)] == [
        (name, access.is_certain) for name, access in found.items() if name != "root"
    ]


def test_everyone_is_told_as_everyone_else() -> None:
    found = who_can(world(policy(named("*", "kms:Decrypt")), role("Web")))
    assert {"everyone else", "role/Web"} <= found.keys()
    assert "needs an IAM policy of its own account" in found["everyone else"].notes[0]


def test_everyone_of_the_own_account_is_nobody_else() -> None:
    own = {"StringEquals": {"kms:CallerAccount": ACCOUNT}}
    found = who_can(world(policy(named("*", "kms:Decrypt", Condition=own)), role("Web")))
    assert ["root", "role/Web"] == list(found)
    abroad = {"StringEquals": {"kms:CallerAccount": OTHER}}
    found = who_can(world(policy(named("*", "kms:Decrypt", Condition=abroad)), role("Web")))
    assert ["everyone else"] == list(found)
    assert f'kms:CallerAccount == "{OTHER}"' in found["everyone else"].paths[0].when


def test_principals_of_other_accounts_need_their_own_policies() -> None:
    guest = f"arn:aws:iam::{OTHER}:role/Guest"
    found = who_can(world(policy(named([guest, OTHER], "kms:Decrypt")), role("Web")))
    assert [f"if the IAM policies of account {OTHER}, which are not known, allow it"] == list(found["role/Guest"].notes)
    assert "stands for all of account" in found["root"].notes[0]


def test_services_and_names_that_are_not_in_the_account_are_told() -> None:
    service = {"Effect": "Allow", "Principal": {"Service": "rds.amazonaws.com"}, "Action": "kms:*", "Resource": "*"}
    gone = f"arn:aws:iam::{ACCOUNT}:role/Gone"
    found = who_can(world(policy(service, named(gone, "kms:Decrypt")), role("Web")))
    assert ["rds.amazonaws.com", "role/Gone"] == list(found)
    assert f"is not among the users and roles of account {ACCOUNT}" in found["role/Gone"].notes


def test_a_grant_for_a_service_alone_is_told_with_its_condition() -> None:
    only = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    access = who_can(world(policy(named(WEB, "kms:CreateGrant", Condition=only)), role("Web")), "kms:CreateGrant")
    assert ("kms:GrantIsForAWSResource == true",) == access["role/Web"].paths[0].when


def test_a_resource_with_variables_is_open() -> None:
    uses = inline(policy(allow("kms:Decrypt", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/${{aws:SourceVpc}}")))
    access = who_can(world(delegating(), role("Web", RolePolicyList=uses)))["role/Web"]
    assert "the resource is `arn:aws:kms:" in access.paths[0].when[0]


def test_admins_and_users_are_told_apart_and_those_who_are_both_are_flagged() -> None:
    people = (
        role("Admin", RolePolicyList=inline(policy(allow(["kms:PutKeyPolicy", "kms:DescribeKey"])))),
        role("Web", RolePolicyList=inline(policy(allow(["kms:Decrypt", "kms:DescribeKey"])))),
        role("Both", AttachedManagedPolicies=attached(ADMINISTRATOR)),
        role("Reader", RolePolicyList=inline(policy(allow("kms:DescribeKey")))),
    )
    asked = world(delegating(), *people)
    holders = holders_of(Analysis(asked), asked.keys[0], {})

    def short(principals: Any) -> list[str]:
        return [principal.arn.rsplit(":", 1)[-1] for principal in principals]

    assert {"root", "role/Admin", "role/Both"} == set(short(holders.admins))
    assert {"root", "role/Web", "role/Both"} == set(short(holders.users))
    assert ["role/Both"] == short(holders.both)


def test_ways_that_are_alike_are_told_together() -> None:
    asked = world(delegating(), role("Both", AttachedManagedPolicies=attached(ADMINISTRATOR)))
    holders = holders_of(Analysis(asked), asked.keys[0], {})
    assert 1 == len(holders.admins[parse_principal(f"arn:aws:iam::{ACCOUNT}:role/Both")])


TEAM = "aws:RequestTag/team"


CONTRADICTIONS = [
    {"StringEquals": {TEAM: "a"}, "StringLike": {TEAM: "b*"}},
    {"StringEquals": {TEAM: ["a", "b"]}, "StringNotEquals": {TEAM: ["a", "b"]}},
    {"StringLike": {TEAM: "a*"}, "Null": {TEAM: "true"}},
    {"StringEquals": {TEAM: "a"}, "StringEqualsIfExists": {TEAM: "b"}},
]


@pytest.mark.parametrize("condition", CONTRADICTIONS, ids=str)
def test_conditions_that_contradict_each_other_make_no_path(condition: object) -> None:
    assert {} == who_can(world(policy(named(WEB, "kms:Decrypt", Condition=condition)), role("Web")))


def test_conditions_on_one_key_that_meet_make_a_path() -> None:
    condition = {"StringEquals": {TEAM: ["a", "b"]}, "StringLike": {TEAM: "b*"}}
    assert ["role/Web"] == list(who_can(world(policy(named(WEB, "kms:Decrypt", Condition=condition)), role("Web"))))


def test_the_two_statements_of_a_path_must_agree() -> None:
    def asked(team: str) -> World:
        own = policy(allow("kms:Decrypt", Condition={"StringEquals": {TEAM: team}}))
        delegation = named(f"arn:aws:iam::{ACCOUNT}:root", "kms:*", Condition={"StringEquals": {TEAM: "a"}})
        return world(policy(delegation), role("Web", RolePolicyList=inline(own)))

    assert "role/Web" in who_can(asked("a"))
    assert "role/Web" not in who_can(asked("b"))


def test_a_deny_that_comes_with_every_allow_leaves_no_path() -> None:
    deny = named("*", "kms:Decrypt", Effect="Deny", Condition={"StringNotEquals": {TEAM: "a"}})
    for team, found in (("a", ["role/Web"]), ("b", [])):
        use = named(WEB, "kms:Decrypt", Condition={"StringEquals": {TEAM: team}})
        assert found == list(who_can(world(policy(use, deny), role("Web"))))
