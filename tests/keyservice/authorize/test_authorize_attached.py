"""What a principal has of policies, one by one: inline and managed, of its groups, its boundary and its SCPs."""

import json

import pytest

from keyservice.authorize.attached import holder_named, policies_of
from keyservice.authorize.organizations import ALLOW_NOTHING, FULL_AWS_ACCESS
from tests.live import ACCOUNT, ALLOW_ALL, ALLOW_KMS, OTHER_ACCOUNT, apply_identities

ORG, ROOT_ID, UNIT = "o-a1b2c3d4e5", "r-ab12", "ou-ab12-11111111"
OF_AWS = "arn:aws:iam::aws:policy/AdministratorAccess"
OWN = f"arn:aws:iam::{ACCOUNT}:policy/teams/Readers"
DENY = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "kms:Sign", "Resource": "*"}}


def arn(kind, name):
    return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"


@pytest.fixture
def store(service):
    users = [
        {
            "name": "carol",
            "path": "/blue/",
            "groups": ["devs"],
            "policies": [{"name": "mine", "document": ALLOW_KMS}],
            "attached_policies": [OWN, OF_AWS],
            "permissions_boundary": OWN,
        },
        {"name": "dave", "permissions_boundary": ALLOW_ALL, "tags": {"team": "blue"}},
    ]
    apply_identities(
        service.opened,
        {
            "aws_managed_policies": [{"name": "AdministratorAccess", "document": ALLOW_ALL}],
            "accounts": [
                {
                    "id": ACCOUNT,
                    "managed_policies": [{"name": "Readers", "path": "/teams/", "document": ALLOW_KMS}],
                    "groups": [{"name": "devs", "policies": [{"name": "theirs", "document": DENY}]}],
                    "users": users,
                }
            ],
        },
    )
    return service.opened.store


def organized(service, *, unit, management=OTHER_ACCOUNT):
    root = {"id": ROOT_ID, "units": [{"id": UNIT, **unit}]}
    accounts = [{"id": ACCOUNT, "organization": ORG, "parent": UNIT}]
    accounts += [{"id": OTHER_ACCOUNT, "organization": ORG, "parent": ROOT_ID}]
    organization = {"id": ORG, "management_account": management, "root": root}
    apply_identities(service.opened, {"organizations": [organization], "accounts": accounts})


def test_policies_are_known_by_whose_they_are_and_of_what_type(store):
    own = policies_of(store, holder_named(store, arn("user", "blue/carol")))
    assert [
        ("user_carol_mine", "user", "inline"),
        ("Readers", "user-managed", "user-managed"),
        ("AdministratorAccess", "aws-managed", "aws-managed"),
        ("group_devs_theirs", "group", "inline"),
    ] == [(each.source_id, each.source_type, each.kind) for each in own.policies]


def test_a_boundary_is_a_managed_policys_text_or_its_own(store):
    carol, dave = (policies_of(store, holder_named(store, arn("user", name))) for name in ("blue/carol", "dave"))
    assert (ALLOW_KMS, ALLOW_ALL) == (json.loads(carol.boundary), json.loads(dave.boundary))
    assert None is policies_of(store, holder_named(store, arn("role", "App"))).boundary
    assert {"team": "blue"} == dave.tags


@pytest.mark.parametrize(
    "name",
    [
        arn("user", "carol"),
        arn("user", "blue/nobody"),
        arn("role", "blue/carol"),
        arn("group", "blue/devs"),
        arn("user", "blue/carol").replace("arn:aws:", "arn:aws-cn:"),
        arn("user", "dave").replace(ACCOUNT, OTHER_ACCOUNT),
        arn("policy", "teams/Readers"),
    ],
)
def test_only_the_very_arn_names_a_principal(store, name):
    assert None is holder_named(store, name)


def test_a_group_has_its_own_policies_alone(store):
    own = policies_of(store, holder_named(store, arn("group", "devs")))
    assert (["theirs"], None, {}) == ([each.name for each in own.policies], own.boundary, own.tags)


def test_the_scps_of_every_level_that_limits_bind(service, store):
    dave = holder_named(store, arn("user", "dave"))
    assert () == policies_of(store, dave).service_control
    organized(service, unit={"service_control_policies": [DENY]})
    ((whole, deny),) = policies_of(store, dave).service_control
    assert (FULL_AWS_ACCESS, DENY) == (whole, json.loads(deny))
    organized(service, unit={"full_aws_access": False})
    assert ((ALLOW_NOTHING,),) == policies_of(store, dave).service_control


def test_an_account_that_no_scp_limits_is_allowed_by_its_organization(service, store):
    dave = holder_named(store, arn("user", "dave"))
    organized(service, unit={})
    assert ((FULL_AWS_ACCESS,),) == policies_of(store, dave).service_control
    organized(service, unit={"service_control_policies": [DENY]}, management=ACCOUNT)
    assert ((FULL_AWS_ACCESS,),) == policies_of(store, dave).service_control
