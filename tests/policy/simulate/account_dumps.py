"""Account dumps in the shape of `aws iam get-account-authorization-details`, small by hand and large by number."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

ACCOUNT = "111122223333"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: object, resource: object = "*", **more: object) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def managed(name: str, document: object, *, arn: str | None = None) -> dict[str, Any]:
    """A managed policy in two versions, of which the second counts."""
    return {
        "PolicyName": name,
        "PolicyId": f"ANPA{name}",
        "Arn": arn or f"arn:aws:iam::{ACCOUNT}:policy/{name}",
        "Path": "/",
        "DefaultVersionId": "v2",
        "AttachmentCount": 1,
        "PolicyVersionList": [
            {"VersionId": "v1", "IsDefaultVersion": False, "Document": policy(allow("*"))},
            {"VersionId": "v2", "IsDefaultVersion": True, "Document": document},
        ],
    }


def attached(*names: str) -> list[dict[str, str]]:
    arns = [name if name.startswith("arn:") else f"arn:aws:iam::{ACCOUNT}:policy/{name}" for name in names]
    return [{"PolicyName": arn.rsplit("/")[-1], "PolicyArn": arn} for arn in arns]


def inline(document: object, name: str = "Own") -> list[dict[str, object]]:
    return [{"PolicyName": name, "PolicyDocument": document}]


def role(name: str, *, path: str = "/", **more: object) -> dict[str, Any]:
    trust = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    arn = f"arn:aws:iam::{ACCOUNT}:role{path}{name}"
    return {
        "Path": path,
        "RoleName": name,
        "RoleId": f"AROA{name}",
        "Arn": arn,
        "CreateDate": "2026-01-01T00:00:00+00:00",
        "AssumeRolePolicyDocument": trust,
        "InstanceProfileList": [],
        "RolePolicyList": [],
        "AttachedManagedPolicies": [],
        "Tags": [],
        "RoleLastUsed": {},
        **more,
    }


def user(name: str, *, path: str = "/", **more: object) -> dict[str, Any]:
    return {
        "Path": path,
        "UserName": name,
        "UserId": f"AIDA{name}",
        "Arn": f"arn:aws:iam::{ACCOUNT}:user{path}{name}",
        "CreateDate": "2026-01-01T00:00:00+00:00",
        "GroupList": [],
        "AttachedManagedPolicies": [],
        "Tags": [],
        **more,
    }


def group(name: str, **more: object) -> dict[str, Any]:
    arn = f"arn:aws:iam::{ACCOUNT}:group/{name}"
    return {"Path": "/", "GroupName": name, "GroupId": f"AGPA{name}", "Arn": arn, "GroupPolicyList": [], **more}


def dump(
    *,
    users: tuple[Any, ...] = (),
    groups: tuple[Any, ...] = (),
    roles: tuple[Any, ...] = (),
    policies: tuple[Any, ...] = (),
) -> dict[str, Any]:
    return {
        "UserDetailList": list(users),
        "GroupDetailList": list(groups),
        "RoleDetailList": list(roles),
        "Policies": list(policies),
    }


def small() -> dict[str, Any]:
    """One of everything: a role with a managed policy, a user by her group, a boundary, an encoded inline policy."""
    uses = policy(allow(["kms:Decrypt", "kms:DescribeKey"], Sid="Uses"))
    return dump(
        users=(
            user("Alice", path="/staff/", GroupList=["readers"], Tags=[{"Key": "team", "Value": "web"}]),
            user("Bob", UserPolicyList=inline(quote(json.dumps(policy(allow("kms:Encrypt")))))),
        ),
        groups=(group("readers", GroupPolicyList=inline(uses, "Read")),),
        roles=(
            role("Web", path="/app/", AttachedManagedPolicies=attached("Uses"), InstanceProfileList=[profile("Web")]),
            role("Bounded", AttachedManagedPolicies=attached(ADMINISTRATOR), PermissionsBoundary=boundary("Uses")),
            role("Idle"),
        ),
        policies=(managed("Uses", uses), managed("Admin", policy(allow("*")), arn=ADMINISTRATOR)),
    )


def profile(name: str) -> dict[str, Any]:
    return {"InstanceProfileName": name, "Arn": f"arn:aws:iam::{ACCOUNT}:instance-profile/{name}", "Roles": []}


def boundary(name: str) -> dict[str, str]:
    arn = attached(name)[0]["PolicyArn"]
    return {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": arn}


def delegating(*more: dict[str, Any]) -> dict[str, Any]:
    """A key policy that leaves everything to the account's IAM policies, and more."""
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    return policy({"Sid": "IAM", "Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}, *more)


def names(who: object, action: object, **more: object) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": who}, "Action": action, "Resource": "*", **more}


def large(roles: int, users: int, keys: int) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """A dump of so many roles and users, and so many key policies by the name of their key."""
    arns = [f"arn:aws:kms:us-east-1:{ACCOUNT}:key/key{number:03}" for number in range(keys)]

    def own(number: int) -> list[dict[str, object]]:
        deny = {"Effect": "Deny", "Action": "kms:ScheduleKeyDeletion", "Resource": "*"}
        return inline(policy(allow("kms:Encrypt", arns[number % keys]), deny))

    shared = [managed(f"Shared{n}", policy(allow(["kms:Decrypt", "s3:*"], arns[n % keys :: 7]))) for n in range(30)]
    account = dump(
        users=tuple(user(f"U{n}", GroupList=[f"G{n % 10}"], UserPolicyList=own(n)) for n in range(users)),
        groups=tuple(group(f"G{n}", AttachedManagedPolicies=attached(f"Shared{n}")) for n in range(10)),
        roles=tuple(
            role(
                f"R{n}",
                path="/app/",
                RolePolicyList=own(n),
                AttachedManagedPolicies=attached(f"Shared{n % 30}", f"Shared{n * 7 % 30}"),
            )
            for n in range(roles)
        ),
        policies=tuple(shared),
    )
    policies = {
        f"key{number:03}": delegating(
            names([f"arn:aws:iam::{ACCOUNT}:role/app/R{number % roles}"], ["kms:Put*", "kms:Create*"], Sid="Admins"),
            names(
                f"arn:aws:iam::{ACCOUNT}:user/U{number % users}",
                "kms:Decrypt",
                Condition={"StringEquals": {"kms:EncryptionContext:app": "web"}},
            ),
        )
        for number in range(keys)
    }
    return account, policies


def write(directory: Path, account: object, policies: dict[str, Any]) -> list[str]:
    """Write a dump and its key policies; the options that name them."""
    (directory / "account.json").write_text(json.dumps(account))
    options = ["--account", "account.json"]
    for name, document in policies.items():
        (directory / f"{name}.json").write_text(json.dumps(document))
        options += ["--key-policy", f"{name}.json"]
    return options
