"""An account as `aws iam get-account-authorization-details` prints it, read into the identities of a world.

What the dump does not hold (the document of an attached policy, a group, a page that was cut off) becomes a warning:
nothing is left out silently.

Source: IAM API Reference, "GetAccountAuthorizationDetails", "UserDetail", "GroupDetail", "RoleDetail".
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policy.model.arn import Arn
from policy.model.document import PolicyDocument
from policy.model.principal import Role, User
from policy.model.reading import PolicyKind
from policy.simulate.account_policies import AccountPolicies, managed_policies
from policy.simulate.members import InputError, is_text, kind_of, listed, text
from policy.simulate.world import Identity
from policy.syntax.faults import clip

_LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")

Detail = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDump:
    """What a dump holds: its accounts (mostly one), users and roles, instance profiles with their role, and doubts."""

    account_ids: tuple[str, ...]
    identities: tuple[Identity, ...]
    instance_profiles: Mapping[str, str]
    """The ARN of each instance profile, and that of its role."""
    warnings: tuple[str, ...]


def read_account(value: object) -> AccountDump:
    """Read the decoded JSON of a dump.

    Raises:
        InputError: it is not of the shape.
    """
    if not isinstance(value, dict) or not any(name in value for name in _LISTS):
        what = kind_of(value) if not isinstance(value, dict) else "an object without its lists"
        raise InputError(
            f"expected what `aws iam get-account-authorization-details` prints (`UserDetailList`, `GroupDetailList`, "
            f"`RoleDetailList`, `Policies`), found {what}"
        )
    reader = _Reader(AccountPolicies(managed_policies(value.get("Policies") or [])))
    return reader.read(value)


class _Reader:
    """One dump as it is read."""

    def __init__(self, policies: AccountPolicies) -> None:
        self._policies = policies
        self._groups: dict[str, tuple[PolicyDocument, ...]] = {}
        self._profiles: dict[str, str] = {}

    def read(self, dump: Detail) -> AccountDump:
        if dump.get("IsTruncated") is True:
            self._policies.warn("the dump is cut off (`IsTruncated`): users, groups, roles or policies are missing")
        for group in _details(dump, "GroupDetailList"):
            self._groups[_required(group, "GroupName")] = tuple(self._own(group, "Group"))
        users = [self._user(detail) for detail in _details(dump, "UserDetailList")]
        roles = [self._role(detail) for detail in _details(dump, "RoleDetailList")]
        identities = (*users, *roles)
        return AccountDump(
            account_ids=tuple(dict.fromkeys(each.principal.account for each in identities)),
            identities=identities,
            instance_profiles=self._profiles,
            warnings=tuple(self._policies.warnings),
        )

    def _user(self, detail: Detail) -> Identity:
        principal = _principal(detail, "user", User)
        owner = f"user/{principal.path_and_name}"
        groups: list[PolicyDocument] = []
        for item in listed(detail.get("GroupList") or [], f"`GroupList` of {owner}"):
            name = text(item, f"a group of {owner}")
            if name in self._groups:
                groups += self._groups[name]
            else:
                self._policies.warn(f"{owner}: the group `{clip(name)}` is missing from the dump")
        return self._identity(detail, principal, (*self._own(detail, "User"), *groups))

    def _role(self, detail: Detail) -> Identity:
        principal = _principal(detail, "role", Role)
        owner = f"role/{principal.path_and_name}"
        for profile in listed(detail.get("InstanceProfileList") or [], f"`InstanceProfileList` of {owner}"):
            if isinstance(profile, dict) and is_text(profile.get("Arn")):
                self._profiles[profile["Arn"]] = principal.arn
        trust = None
        if "AssumeRolePolicyDocument" in detail:
            name = f"{owner} trust policy"
            trust = self._policies.inline(detail["AssumeRolePolicyDocument"], name, PolicyKind.TRUST)
        return self._identity(detail, principal, tuple(self._own(detail, "Role")), trust)

    def _identity(
        self,
        detail: Detail,
        principal: User | Role,
        policies: tuple[PolicyDocument, ...],
        trust: PolicyDocument | None = None,
    ) -> Identity:
        unique_id = detail.get("UserId" if isinstance(principal, User) else "RoleId")
        return Identity(
            principal=principal,
            policies=policies,
            boundary=tuple(self._boundary(detail)),
            trust=trust,
            tags=_tags(detail),
            unique_id=unique_id if is_text(unique_id) else None,
        )

    def _own(self, detail: Detail, kind: str) -> Iterator[PolicyDocument]:
        """The inline policies of a user, group or role, then its attached managed ones."""
        owner = _owner(detail)
        for number, policy in enumerate(_items(detail, f"{kind}PolicyList"), start=1):
            name = policy.get("PolicyName") or number
            yield from _present(self._policies.inline(policy.get("PolicyDocument"), f"{owner} policy {name}"))
        for attached in _items(detail, "AttachedManagedPolicies"):
            arn = text(attached.get("PolicyArn"), f"`PolicyArn` of an attached policy of {owner}")
            yield from _present(self._policies.attached(arn, owner))

    def _boundary(self, detail: Detail) -> Iterator[PolicyDocument]:
        boundary = detail.get("PermissionsBoundary")
        if boundary is None:
            return
        owner = _owner(detail)
        if not isinstance(boundary, dict):
            raise InputError(f"`PermissionsBoundary` of {owner} is {kind_of(boundary)}, expected an object")
        arn = text(boundary.get("PermissionsBoundaryArn"), f"`PermissionsBoundaryArn` of {owner}")
        document = self._policies.attached(arn, f"{owner} (permissions boundary)")
        if document is None:
            self._policies.warn(f"{owner}: its permissions boundary is not known, so it is taken not to limit anything")
        yield from _present(document)


def _principal(detail: Detail, kind: str, make: Callable[..., Any]) -> Any:
    """The user or role of an entry, by its ARN.

    Raises:
        InputError: the ARN is none of the kind.
    """
    given = _required(detail, "Arn")
    try:
        arn = Arn.parse(given)
    except ValueError as error:
        raise InputError(str(error)) from None
    found, _, path_and_name = arn.resource.partition("/")
    if arn.service != "iam" or found != kind or not path_and_name:
        raise InputError(f"`{clip(given, 200)}` is no ARN of a {kind}")
    return make(partition=arn.partition, account=arn.account, path_and_name=path_and_name)


def _owner(detail: Detail) -> str:
    """`role/service/App`, for names of policies and for warnings."""
    return _required(detail, "Arn").rsplit(":", 1)[-1]


def _tags(detail: Detail) -> dict[str, str]:
    tags, owner = {}, _owner(detail)
    for tag in _items(detail, "Tags"):
        name = text(tag.get("Key"), f"the `Key` of a tag of {owner}")
        tags[name] = text(tag.get("Value"), f"the `Value` of a tag of {owner}")
    return tags


def _details(dump: Detail, name: str) -> Iterator[Detail]:
    return _objects(dump.get(name), f"`{name}`")


def _items(detail: Detail, name: str) -> Iterator[Detail]:
    return _objects(detail.get(name), f"`{name}` of {_owner(detail)}")


def _objects(value: object, what: str) -> Iterator[Detail]:
    for number, item in enumerate(listed(value if value is not None else [], what), start=1):
        if not isinstance(item, dict):
            raise InputError(f"entry {number} of {what} is {kind_of(item)}, expected an object")
        yield item


def _required(detail: Detail, name: str) -> str:
    if name not in detail:
        known = next(
            (f" of `{clip(str(detail[other]))}`" for other in ("Arn", "UserName", "RoleName") if other in detail), ""
        )
        raise InputError(f"an entry{known} has no `{name}`")
    return text(detail[name], f"`{name}`")


def _present(document: PolicyDocument | None) -> tuple[PolicyDocument, ...]:
    return (document,) if document is not None else ()
