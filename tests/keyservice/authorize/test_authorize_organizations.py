"""An organization's control policies bind every call, and its accounts are known by where they hang."""

import json

import pytest

from tests.live import ACCOUNT, ALLOW_ALL, OTHER_ACCOUNT, ROOT, apply_identities

ORG, ROOT_ID, PROD, DEEP = "o-a1b2c3d4e5", "r-ab12", "ou-ab12-11111111", "ou-ab12-22222222"
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}],
}


def deny(action, **more):
    return {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": action, "Resource": "*", **more}}


def allow(action):
    return {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}}


def organized(service, *, root=None, prod=None, deep=None, account=None, management=OTHER_ACCOUNT):
    tree = {"id": PROD, **(prod or {}), "units": [{"id": DEEP, **(deep or {})}]}
    apply_identities(
        service.opened,
        {
            "organizations": [
                {"id": ORG, "management_account": management, "root": {"id": ROOT_ID, **(root or {}), "units": [tree]}}
            ],
            "accounts": [
                {"id": ACCOUNT, "organization": ORG, "parent": DEEP, **(account or {})},
                {"id": OTHER_ACCOUNT, "organization": ORG, "parent": ROOT_ID},
            ],
        },
    )


@pytest.mark.parametrize("level", ["root", "prod", "deep", "account"])
def test_a_deny_at_any_level_binds_the_accounts_principals(service, level):
    assert 200 == service.call("ListKeys").status
    organized(service, **{level: {"service_control_policies": [deny("kms:ListKeys")]}})
    answer = service.call("ListKeys")
    assert "AccessDeniedException" == answer.type
    assert answer.message.endswith("with an explicit deny in a service control policy")
    assert 200 == service.call("ListAliases").status
    organized(service)
    assert 200 == service.call("ListKeys").status


def test_every_level_must_allow(service):
    only = {"full_aws_access": False, "service_control_policies": [allow("kms:List*")]}
    organized(service, prod=only)
    assert 200 == service.call("ListKeys").status
    answer = service.call("CreateKey")
    assert answer.message.endswith("because no service control policy allows the kms:CreateKey action")
    organized(service, prod={"full_aws_access": False})
    assert 400 == service.call("ListKeys").status


def test_scps_do_not_bind_the_management_account(service):
    organized(service, root={"service_control_policies": [deny("kms:ListKeys")]}, management=ACCOUNT)
    assert 200 == service.call("ListKeys").status
    assert 400 == service.call("ListKeys", user="foreign").status


def test_rcps_bind_whoever_reaches_the_accounts_resources(service):
    statement = {"Effect": "Allow", "Principal": {"AWS": OTHER_ACCOUNT}, "Action": "kms:Encrypt", "Resource": "*"}
    key = service.make_key({**KEY_POLICY, "Statement": [*KEY_POLICY["Statement"], statement]})["Arn"]
    sound = {"KeyId": key, "Plaintext": "AAAA"}
    assert 200 == service.call("Encrypt", sound, user="foreign").status
    organized(service, prod={"resource_control_policies": [deny("kms:Encrypt", Principal="*")]})
    for user in ("admin", "foreign"):
        answer = service.call("Encrypt", sound, user=user)
        assert answer.message.endswith("with an explicit deny in a resource control policy")
    assert 200 == service.call("DescribeKey", {"KeyId": key}).status


@pytest.mark.parametrize(
    ("key", "operator", "value"),
    [
        ("aws:PrincipalOrgID", "StringEquals", ORG),
        ("aws:ResourceOrgID", "StringEquals", ORG),
        ("aws:ResourceAccount", "StringEquals", ACCOUNT),
        ("aws:PrincipalOrgPaths", "ForAnyValue:StringEquals", f"{ORG}/{ROOT_ID}/{PROD}/{DEEP}/"),
        ("aws:ResourceOrgPaths", "ForAnyValue:StringLike", f"{ORG}/{ROOT_ID}/{PROD}/*"),
    ],
)
def test_policies_may_ask_for_the_organization(service, key, operator, value):
    statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/alice"}, "Resource": "*"}
    conditional = {**statement, "Action": "kms:DescribeKey", "Condition": {operator: {key: value}}}
    made = service.make_key({**KEY_POLICY, "Statement": [*KEY_POLICY["Statement"], conditional]})["KeyId"]
    organized(service)
    assert 200 == service.call("DescribeKey", {"KeyId": made}, user="alice").status
    apply_identities(service.opened, {"accounts": [{"id": ACCOUNT}]})
    expected = 200 if key == "aws:ResourceAccount" else 400
    assert expected == service.call("DescribeKey", {"KeyId": made}, user="alice").status


def test_managed_policies_and_boundaries_count_by_their_arns(service):
    arn = f"arn:aws:iam::{ACCOUNT}:policy/Lists"

    def applied(action, **user):
        managed = [{"name": "Lists", "document": allow(action)}]
        users = [{"name": "bob", "policies": [], **user}]
        apply_identities(service.opened, {"accounts": [{"id": ACCOUNT, "managed_policies": managed, "users": users}]})

    assert 400 == service.call("ListKeys", user="bob").status
    applied("kms:ListKeys", attached_policies=[arn])
    assert 200 == service.call("ListKeys", user="bob").status
    applied("kms:ListAliases", attached_policies=[arn])
    assert 400 == service.call("ListKeys", user="bob").status
    applied("kms:ListAliases", policies=[ALLOW_ALL], permissions_boundary=arn)
    assert 200 == service.call("ListAliases", user="bob").status
    answer = service.call("ListKeys", user="bob")
    assert answer.message.endswith("because no permissions boundary allows the kms:ListKeys action")


def test_whoever_is_created_anew_inherits_nothing(service):
    """The key policy, a grant and a trust policy mean who had the name when they were put."""
    store = service.opened.store
    alice = store.user(ACCOUNT, "alice")
    statement = {"Effect": "Allow", "Principal": {"AWS": alice.arn}, "Action": "kms:DescribeKey", "Resource": "*"}
    policy = {**KEY_POLICY, "Statement": [*KEY_POLICY["Statement"], statement]}
    key = service.make_key(policy)["KeyId"]
    granted = {"KeyId": key, "GranteePrincipal": alice.arn, "Operations": ["Encrypt"]}
    assert 200 == service.call("CreateGrant", granted).status
    encrypt = {"KeyId": key, "Plaintext": "AAAA"}
    role = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/App", "RoleSessionName": "session"}
    form = "&".join(
        f"{name}={text}" for name, text in {"Action": "AssumeRole", "Version": "2011-06-15", **role}.items()
    )
    assert 200 == service.call("DescribeKey", {"KeyId": key}, user="alice").status
    assert 200 == service.call("Encrypt", encrypt, user="alice").status
    assert 200 == service.sts(form, user="alice").status
    with store.change() as change:
        change.delete_identity(alice)
    apply_identities(service.opened, {"accounts": [{"id": ACCOUNT, "users": [{"name": "alice"}]}]})
    assert alice.user_id != store.user(ACCOUNT, "alice").user_id
    assert 400 == service.call("DescribeKey", {"KeyId": key}, user="alice").status
    assert 400 == service.call("Encrypt", encrypt, user="alice").status
    assert 403 == service.sts(form, user="alice").status
    shown = json.loads(service.call("GetKeyPolicy", {"KeyId": key}).json["Policy"])
    assert alice.user_id == shown["Statement"][1]["Principal"]["AWS"]
    service.call("PutKeyPolicy", {"KeyId": key, "Policy": json.dumps(policy)})
    assert 200 == service.call("DescribeKey", {"KeyId": key}, user="alice").status
