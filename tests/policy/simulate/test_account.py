"""Account dumps: what is read of them, what is said of what they lack, and what is refused."""

import json
import re
from typing import Any

import pytest

from policy.model.principal import Role, parse_principal
from policy.simulate.account import AccountDump, read_account
from policy.simulate.json_source import read_json
from policy.simulate.members import InputError
from policy.simulate.world import Identity
from policy.source import Source
from tests.policy.simulate import account_dumps as dumps
from tests.policy.simulate.account_dumps import ACCOUNT, allow, attached, boundary, dump, inline, policy, role, user


def read(value: object) -> AccountDump:
    """The dump, by way of its text, as a file has it."""
    reading = read_json(Source("account.json", json.dumps(value)))
    assert () == reading.diagnostics
    return read_account(reading.value)


def identity(account: AccountDump, name: str) -> Identity:
    return next(each for each in account.identities if each.name == name)


def actions(each: Identity) -> list[tuple[str, ...]]:
    return [statement.actions.values for document in each.policies for statement in document.statements]


def test_users_and_roles_are_read_with_path_tags_and_unique_id() -> None:
    account = read(dumps.small())
    alice = identity(account, "Alice")
    assert ((ACCOUNT,), ()) == (account.account_ids, account.warnings)
    assert parse_principal(f"arn:aws:iam::{ACCOUNT}:user/staff/Alice") == alice.principal
    assert ({"team": "web"}, "AIDAAlice") == (alice.tags, alice.unique_id)
    assert Role(account=ACCOUNT, path_and_name="app/Web") == identity(account, "Web").principal


def test_a_managed_policy_counts_in_its_default_version() -> None:
    assert [("kms:Decrypt", "kms:DescribeKey")] == actions(identity(read(dumps.small()), "Web"))


def test_the_default_version_may_be_known_by_its_id_alone() -> None:
    details = dumps.managed("Uses", policy(allow("kms:Decrypt")))
    for version in details["PolicyVersionList"]:
        del version["IsDefaultVersion"]
    account = read(dump(roles=(role("Web", AttachedManagedPolicies=attached("Uses")),), policies=(details,)))
    assert [("kms:Decrypt",)] == actions(identity(account, "Web"))


def test_a_users_policies_include_those_of_its_groups() -> None:
    assert [("kms:Decrypt", "kms:DescribeKey")] == actions(identity(read(dumps.small()), "Alice"))


def test_an_inline_policy_may_be_url_encoded() -> None:
    assert [("kms:Encrypt",)] == actions(identity(read(dumps.small()), "Bob"))


def test_a_boundary_and_a_trust_policy_are_kept_apart() -> None:
    bounded = identity(read(dumps.small()), "Bounded")
    assert [("kms:Decrypt", "kms:DescribeKey")] == [each.statements[0].actions.values for each in bounded.boundary]
    assert bounded.trust is not None


def test_instance_profiles_lead_to_their_role() -> None:
    profiles = read(dumps.small()).instance_profiles
    assert {f"arn:aws:iam::{ACCOUNT}:instance-profile/Web": f"arn:aws:iam::{ACCOUNT}:role/app/Web"} == profiles


def test_a_policy_that_several_hold_is_read_once() -> None:
    account = read(dumps.small())
    assert identity(account, "Web").policies[0] is identity(account, "Bounded").boundary[0]


def test_a_policy_is_known_by_its_name_in_the_dump() -> None:
    [document] = identity(read(dumps.small()), "Alice").policies
    assert document.source is not None
    assert "group/readers policy Read" == document.source.name


WARNINGS: list[tuple[Any, str]] = [
    (
        dump(roles=(role("Web", AttachedManagedPolicies=attached("Gone")),)),
        f"role/Web: the document of the attached policy `arn:aws:iam::{ACCOUNT}:policy/Gone` is missing from the dump",
    ),
    (dump(users=(user("Al", GroupList=["gone"]),)), "user/Al: the group `gone` is missing from the dump"),
    (
        dump(roles=(role("Web", PermissionsBoundary=boundary("Gone")),)),
        "role/Web: its permissions boundary is not known, so it is taken not to limit anything",
    ),
    (
        dump(roles=(role("Web", RolePolicyList=inline({"Statement": {"Effect": "Alow"}})),)),
        "role/Web policy Own is left out, as it could not be read: ",
    ),
    (dump(roles=(role("Web", RolePolicyList=inline("%7Bnot json")),)), "role/Web policy Own is left out"),
    (dump(roles=(role("Web", RolePolicyList=[{"PolicyName": "Own"}]),)), "the policy document is null"),
    (
        dump(
            roles=(role("Web", AttachedManagedPolicies=attached("P")),),
            policies=({"Arn": f"arn:aws:iam::{ACCOUNT}:policy/P"},),
        ),
        f"the policy `arn:aws:iam::{ACCOUNT}:policy/P` has no default version in the dump",
    ),
    ({**dump(roles=(role("Web"),)), "IsTruncated": True}, "the dump is cut off (`IsTruncated`)"),
]


@pytest.mark.parametrize(("value", "warning"), WARNINGS, ids=[warning[:60] for _, warning in WARNINGS])
def test_what_is_not_known_is_a_warning(value: object, warning: str) -> None:
    assert any(warning in each for each in read(value).warnings)


def test_a_policy_nobody_holds_is_not_read() -> None:
    broken = dumps.managed("Broken", {"Statement": {"Effect": "Alow"}})
    assert () == read(dump(roles=(role("Web"),), policies=(broken,))).warnings


REFUSED: list[tuple[object, str]] = [
    ([], "found a list"),
    ("x", "found the string `x`"),
    (None, "found null"),
    ({}, "found an object without its lists"),
    ({"Roles": []}, "found an object without its lists"),
    ({"RoleDetailList": {}}, "`RoleDetailList` is an object, expected a list"),
    ({"RoleDetailList": [7]}, "entry 1 of `RoleDetailList` is the number `7`, expected an object"),
    ({"RoleDetailList": [{"RoleName": "Web"}]}, "an entry of `Web` has no `Arn`"),
    ({"RoleDetailList": [role("Web", Arn="Web")]}, "`Web` is not an ARN"),
    ({"RoleDetailList": [role("Web", Arn=["x"])]}, "`Arn` is a list, expected a string"),
    ({"RoleDetailList": [user("Al")]}, "is no ARN of a role"),
    ({"RoleDetailList": [role("Web", Tags=[{"Key": 1}])]}, "the `Key` of a tag of role/Web is the number `1`"),
    ({"RoleDetailList": [role("Web", Tags="x")]}, "`Tags` of role/Web is the string `x`, expected a list"),
    ({"RoleDetailList": [role("Web", AttachedManagedPolicies=[{}])]}, "`PolicyArn` of an attached policy of role/Web"),
    ({"RoleDetailList": [role("Web", PermissionsBoundary=3)]}, "`PermissionsBoundary` of role/Web is the number `3`"),
    ({"RoleDetailList": [], "Policies": [{}]}, "`Arn` of policy 1 of `Policies` is null"),
    ({"UserDetailList": [user("Al", GroupList=7)]}, "`GroupList` of user/Al is the number `7`"),
    ({"GroupDetailList": [{"Arn": "a"}]}, "has no `GroupName`"),
]


@pytest.mark.parametrize(("value", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_what_has_another_shape_is_refused(value: object, message: str) -> None:
    reading = read_json(Source("account.json", json.dumps(value)))
    with pytest.raises(InputError, match=re.escape(message)):
        read_account(reading.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"UserDetailList": [', "account.json:1:"),
        ('{"a": 1, "a": 2}', "account.json:1:"),
        ("[" * 100_000, "account.json:1:"),
        ("", "account.json:1:1"),
        ('{"a": NaN}', "account.json:1:"),
        ('{"a": "' + "x" * 300_000, "account.json:1:7"),
        ("\ufeff{", "account.json:1:"),
    ],
    ids=["cut off", "twice", "deep", "empty", "NaN", "large and cut off", "marked"],
)
def test_broken_json_is_told_with_its_position(text: str, message: str) -> None:
    reading = read_json(Source("account.json", text))
    assert reading.diagnostics
    assert reading.diagnostics[0].place.startswith(message)
