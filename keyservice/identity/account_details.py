"""The output of `aws iam get-account-authorization-details` as an identities document.

Policies stand in it as objects or, as the API itself has them, as URL-encoded JSON. Source: IAM API Reference,
"GetAccountAuthorizationDetails", "UserDetail", "GroupDetail", "RoleDetail", "ManagedPolicyDetail".
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from keyservice.identity.document import IdentitiesError

Detail = Mapping[str, Any]

_LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")


def document_of_details(details: object) -> dict[str, object]:
    """The identities document of one account's details; pages may be joined before.

    Raises:
        IdentitiesError: it is no such output, or of no account or of several.
    """
    if not isinstance(details, dict) or not any(name in details for name in _LISTS):
        raise IdentitiesError(["expected the output of `aws iam get-account-authorization-details`"])
    try:
        return _document({name: details.get(name) or [] for name in _LISTS})
    except (LookupError, TypeError, AttributeError, ValueError, StopIteration) as error:
        raise IdentitiesError([f"the output is cut short or damaged: {error!r}"]) from None


def _document(lists: Mapping[str, Sequence[Detail]]) -> dict[str, object]:
    accounts = {account for name in _LISTS for detail in lists[name] if (account := _account(detail)) != "aws"}
    if len(accounts) != 1:
        raise IdentitiesError([f"expected the details of one account, found {len(accounts)}"])
    of_aws = [policy for policy in lists["Policies"] if _account(policy) == "aws"]
    own = [policy for policy in lists["Policies"] if _account(policy) != "aws"]
    content = {
        "id": accounts.pop(),
        "managed_policies": [_managed(policy) for policy in own],
        "users": [_user(user) for user in lists["UserDetailList"]],
        "groups": [_holder(group, "Group") for group in lists["GroupDetailList"]],
        "roles": [_role(role) for role in lists["RoleDetailList"]],
        "instance_profiles": [*_profiles(lists["RoleDetailList"])],
    }
    return {"aws_managed_policies": [_managed(policy) for policy in of_aws], "accounts": [content]}


def _account(detail: Detail) -> str:
    return str(detail["Arn"]).split(":")[4]


def _managed(policy: Detail) -> dict[str, object]:
    version = next(version for version in policy["PolicyVersionList"] if version["IsDefaultVersion"])
    return {"name": policy["PolicyName"], "path": policy["Path"], "document": _policy(version["Document"])}


def _user(user: Detail) -> dict[str, object]:
    return _holder(user, "User") | _bounded(user) | {"groups": list(user.get("GroupList", ()))}


def _role(role: Detail) -> dict[str, object]:
    own = {"trust_policy": _policy(role["AssumeRolePolicyDocument"])}
    longest = role.get("MaxSessionDuration")
    return _holder(role, "Role") | _bounded(role) | own | ({"max_session_duration": longest} if longest else {})


def _profiles(roles: Iterable[Detail]) -> Iterator[dict[str, object]]:
    for role in roles:
        for profile in role.get("InstanceProfileList", ()):
            yield {"name": profile["InstanceProfileName"], "role": role["RoleName"]}


def _holder(detail: Detail, kind: str) -> dict[str, object]:
    inline = detail.get(f"{kind}PolicyList", ())
    return {
        "name": detail[f"{kind}Name"],
        "path": detail.get("Path", "/"),
        "policies": [{"name": one["PolicyName"], "document": _policy(one["PolicyDocument"])} for one in inline],
        "attached_policies": [policy["PolicyArn"] for policy in detail.get("AttachedManagedPolicies", ())],
    }


def _bounded(detail: Detail) -> dict[str, object]:
    tags = {tag["Key"]: tag["Value"] for tag in detail.get("Tags", ())}
    boundary = detail.get("PermissionsBoundary")
    return {"tags": tags} | ({"permissions_boundary": boundary["PermissionsBoundaryArn"]} if boundary else {})


def _policy(document: object) -> object:
    return json.loads(unquote(document)) if isinstance(document, str) else document
