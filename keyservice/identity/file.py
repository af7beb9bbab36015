"""The identities file: what it may say, member by member. Every fault is collected, each with its place.

Names, paths and limits: IAM API Reference, "CreateUser", "CreateRole", "CreateGroup", "CreateInstanceProfile", "Tag".
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import fields as parts_of
from itertools import chain
from pathlib import PurePath

from keyservice.identity.document import IdentitiesError
from keyservice.model.identity import Account, Group, Instance, InstanceProfile, NamedPolicy, Role, User

Faults = Sequence[str]
Fields = Mapping[str, object]

_NAME = r"[\w+=,.@-]"
_PATH = re.compile(r"/(?:[\x21-\x7e]+/)?")
_FORMS: dict[str, tuple[re.Pattern[str], str]] = {
    "account": (re.compile(r"[0-9]{12}"), "12 digits"),
    "user": (re.compile(_NAME + "{1,64}", re.ASCII), "1 to 64 letters, digits or _+=,.@-"),
    "role": (re.compile(_NAME + "{1,64}", re.ASCII), "1 to 64 letters, digits or _+=,.@-"),
    "group": (re.compile(_NAME + "{1,128}", re.ASCII), "1 to 128 letters, digits or _+=,.@-"),
    "instance profile": (re.compile(_NAME + "{1,128}", re.ASCII), "1 to 128 letters, digits or _+=,.@-"),
    "policy": (re.compile(_NAME + "{1,128}", re.ASCII), "1 to 128 letters, digits or _+=,.@-"),
    "instance": (re.compile(r"i-[0-9a-zA-Z]{1,32}"), "an id like i-0abc"),
    "access key id": (re.compile(r"(?!ASIA)\w{16,128}", re.ASCII), "16 to 128 letters or digits, and not ASIA…"),
    "secret": (re.compile(r"[\x21-\x7e]{16,128}"), "16 to 128 printable characters"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyReading:
    """What the file reader asks about policies, so that it need not know them.

    `file` gives the JSON text of a sound policy file (name, whether it is a trust policy), converted if it is in the
    text form, or raises ValueError with a line for each fault; `check` gives what is wrong with the JSON text of a
    policy that stands in the file (text, what to call it, whether it is a trust policy).
    """

    file: Callable[[str, bool], str]
    check: Callable[[str, str, bool], Faults]


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedAccessKey:
    """An access key that the file asks for: imported with id and secret, or made (both None)."""

    account: str
    user_name: str
    access_key_id: str | None = None
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identities:
    """What a file asks for. Unique ids are empty: the plan keeps or gives them."""

    accounts: tuple[Account, ...] = ()
    users: tuple[User, ...] = ()
    groups: tuple[Group, ...] = ()
    roles: tuple[Role, ...] = ()
    instance_profiles: tuple[InstanceProfile, ...] = ()
    instances: tuple[Instance, ...] = ()
    access_keys: tuple[WantedAccessKey, ...] = ()


_PARTS = tuple(part.name for part in parts_of(Identities))
_SECTIONS = _PARTS[1:]  # what an account's entry may hold beside its id


def read_identities(document: object, reading: PolicyReading) -> Identities:
    """What the document of an identities file asks for.

    Raises:
        IdentitiesError: with every fault that was found, each behind its place: `accounts[0].roles[2].trust_policy: …`.
    """
    reader = _Reader(reading)
    identities = reader.identities(document)
    if reader.faults:
        raise IdentitiesError(reader.faults)
    return identities


class _Reader:
    """One reading of one document; what is faulty is noted and read on as if it were absent."""

    def __init__(self, reading: PolicyReading) -> None:
        self.faults: list[str] = []
        self._reading = reading

    def identities(self, document: object) -> Identities:
        accounts: list[Identities] = []
        fields = self._members(document, "", required=("accounts",))
        for entry, place in self._entries(fields, "accounts", ""):
            accounts.append(self._account(self._members(entry, place, required=("id",), optional=_SECTIONS), place))
        whole = Identities(
            **{name: tuple(chain.from_iterable(getattr(part, name) for part in accounts)) for name in _PARTS}
        )
        self._once("accounts", [account.id for account in whole.accounts])
        self._once("instances", [instance.id for instance in whole.instances])
        self._once("access_keys", [key.access_key_id for key in whole.access_keys if key.access_key_id])
        return whole

    def _account(self, fields: Fields, place: str) -> Identities:
        account = self._text(fields, "id", place, "account")
        whole = Identities(
            accounts=(Account(id=account),),
            users=tuple(self._user(account, *entry) for entry in self._entries(fields, "users", place)),
            groups=tuple(self._group(account, *entry) for entry in self._entries(fields, "groups", place)),
            roles=tuple(self._role(account, *entry) for entry in self._entries(fields, "roles", place)),
            instance_profiles=tuple(
                self._instance_profile(account, *entry) for entry in self._entries(fields, "instance_profiles", place)
            ),
            instances=tuple(self._instance(account, *entry) for entry in self._entries(fields, "instances", place)),
            access_keys=tuple(
                self._access_key(account, *entry) for entry in self._entries(fields, "access_keys", place)
            ),
        )
        # Names are unique in an account whatever their case (IAM API Reference, "CreateUser").
        self._once(f"{place}.users", [user.name.lower() for user in whole.users])
        self._once(f"{place}.groups", [group.name.lower() for group in whole.groups])
        self._once(f"{place}.roles", [role.name.lower() for role in whole.roles])
        self._once(f"{place}.instance_profiles", [profile.name.lower() for profile in whole.instance_profiles])
        return whole

    def _user(self, account: str, entry: object, place: str) -> User:
        fields = self._members(entry, place, ("name",), ("path", "groups", "policies", "permissions_boundary", "tags"))
        groups = self._entries(fields, "groups", place)
        return User(
            account=account,
            name=self._text(fields, "name", place, "user"),
            path=self._path(fields, place),
            user_id="",
            groups=tuple(self._formed(group, at, "group") for group, at in groups),
            policies=self._policies(fields, place),
            permissions_boundary=self._boundary(fields, place),
            tags=self._tags(fields, place),
        )

    def _group(self, account: str, entry: object, place: str) -> Group:
        fields = self._members(entry, place, ("name",), ("path", "policies"))
        return Group(
            account=account,
            name=self._text(fields, "name", place, "group"),
            path=self._path(fields, place),
            group_id="",
            policies=self._policies(fields, place),
        )

    def _role(self, account: str, entry: object, place: str) -> Role:
        optional = ("path", "policies", "permissions_boundary", "tags", "max_session_duration")
        fields = self._members(entry, place, ("name", "trust_policy"), optional)
        trust = (
            self._policy(fields["trust_policy"], f"{place}.trust_policy", trust=True)
            if "trust_policy" in fields
            else ""
        )
        return Role(
            account=account,
            name=self._text(fields, "name", place, "role"),
            path=self._path(fields, place),
            role_id="",
            trust_policy=trust,
            policies=self._policies(fields, place),
            permissions_boundary=self._boundary(fields, place),
            tags=self._tags(fields, place),
            max_session_duration=self._duration(fields, place),
        )

    def _instance_profile(self, account: str, entry: object, place: str) -> InstanceProfile:
        fields = self._members(entry, place, ("name", "role"))
        name = self._text(fields, "name", place, "instance profile")
        return InstanceProfile(account=account, name=name, role=self._text(fields, "role", place, "role"))

    def _instance(self, account: str, entry: object, place: str) -> Instance:
        fields = self._members(entry, place, ("id", "instance_profile"))
        profile = self._text(fields, "instance_profile", place, "instance profile")
        return Instance(account=account, id=self._text(fields, "id", place, "instance"), instance_profile=profile)

    def _access_key(self, account: str, entry: object, place: str) -> WantedAccessKey:
        fields = self._members(entry, place, ("user",), ("access_key_id", "secret"))
        user = self._text(fields, "user", place, "user")
        if "access_key_id" not in fields and "secret" not in fields:
            return WantedAccessKey(account=account, user_name=user)
        if "access_key_id" not in fields or "secret" not in fields:
            self._fault(place, "`access_key_id` and `secret` come together, or neither to have them made")
            return WantedAccessKey(account=account, user_name=user)
        return WantedAccessKey(
            account=account,
            user_name=user,
            access_key_id=self._text(fields, "access_key_id", place, "access key id"),
            secret=self._text(fields, "secret", place, "secret"),
        )

    def _policies(self, fields: Fields, place: str) -> tuple[NamedPolicy, ...]:
        found = []
        for index, (entry, at) in enumerate(self._entries(fields, "policies", place)):
            name = self._policy_name(entry, at, f"policy-{index + 1}")
            found.append(NamedPolicy(name=name, document=self._policy(_unnamed(entry), at)))
        self._once(f"{place}.policies", [policy.name for policy in found])
        return tuple(found)

    def _policy_name(self, entry: object, place: str, default: str) -> str:
        if isinstance(entry, str):
            return PurePath(entry).stem
        if isinstance(entry, Mapping) and _is_named(entry):
            fields = self._members(entry, place, ("name",), ("document", "file"))
            if len(fields.keys() & {"document", "file"}) != 1:
                self._fault(place, "expected one of `document` and `file` beside `name`")
            return self._text(fields, "name", place, "policy")
        return default

    def _boundary(self, fields: Fields, place: str) -> str | None:
        boundary = fields.get("permissions_boundary")
        return None if boundary is None else self._policy(boundary, f"{place}.permissions_boundary")

    def _policy(self, value: object, place: str, *, trust: bool = False) -> str:
        """The JSON text of a policy given as a file name or as it stands."""
        try:
            text = self._reading.file(value, trust) if isinstance(value, str) else _printed(value)
            faults: Faults = () if isinstance(value, str) else self._reading.check(text, "policy", trust)
            # One spelling for one policy, so that giving it otherwise is no update.
            text = text if faults else json.dumps(json.loads(text), ensure_ascii=False)
        except ValueError as error:
            text, faults = "", str(error).splitlines()
        for fault in faults:
            self._fault(place, fault)
        return text

    def _path(self, fields: Fields, place: str) -> str:
        path = fields.get("path", "/")
        if isinstance(path, str) and _PATH.fullmatch(path) and len(path) <= 512:
            return path
        self._fault(f"{place}.path", f"`{_shown(path)}` is no path: expected `/` or a text like `/division/team/`")
        return "/"

    def _duration(self, fields: Fields, place: str) -> int:
        text = str(fields.get("max_session_duration", 3600))
        if re.fullmatch(r"[0-9]{4,5}", text) and 3600 <= int(text) <= 43200:
            return int(text)
        self._fault(f"{place}.max_session_duration", f"`{_shown(text)}`: expected 3600 to 43200 seconds")
        return 3600

    def _tags(self, fields: Fields, place: str) -> Mapping[str, str]:
        tags = fields.get("tags", {})
        if isinstance(tags, Mapping) and len(tags) <= 50 and all(_is_tag(*tag) for tag in tags.items()):
            return dict(tags)
        self._fault(f"{place}.tags", "expected at most 50 members, keys of 1 to 128 and values of up to 256 characters")
        return {}

    def _members(
        self, value: object, place: str, required: Sequence[str] = (), optional: Sequence[str] = ()
    ) -> dict[str, object]:
        """The members of a mapping, without those that do not belong there."""
        if not isinstance(value, Mapping):
            self._fault(place, f"expected a mapping with `{'`, `'.join(required)}`, found {_kind(value)}")
            return {}
        known = (*required, *optional)
        for name in value:
            if name not in known:
                self._fault(place, f"`{_shown(name)}` is unknown here; expected one of `{'`, `'.join(known)}`")
        for name in required:
            if name not in value:
                self._fault(place, f"`{name}` is missing")
        return {name: value[name] for name in known if name in value}

    def _entries(self, fields: Fields, name: str, place: str) -> Iterator[tuple[object, str]]:
        """The entries of a member that is a list, each with its place; a member absent or null is an empty list."""
        value = fields.get(name)
        at = f"{place}.{name}" if place else name
        if value is None:
            return
        if not isinstance(value, list | tuple):
            self._fault(at, f"expected a list, found {_kind(value)}")
            return
        yield from ((entry, f"{at}[{index}]") for index, entry in enumerate(value))

    def _text(self, fields: Fields, name: str, place: str, form: str) -> str:
        return self._formed(fields[name], f"{place}.{name}", form) if name in fields else ""

    def _formed(self, value: object, place: str, form: str) -> str:
        pattern, expected = _FORMS[form]
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        # A secret is never shown, not even a faulty one.
        shown = "the value" if form == "secret" else f"`{_shown(value)}`"
        self._fault(place, f"{shown} is no {form}: expected {expected}")
        return ""

    def _once(self, place: str, names: Sequence[str]) -> None:
        for name, count in Counter(names).items():
            if name and count > 1:
                self._fault(place, f"`{name}` is given {count} times")

    def _fault(self, place: str, message: str) -> None:
        self.faults.append(f"{place}: {message}" if place else message)


def _is_named(entry: Mapping[object, object]) -> bool:
    """A policy document has a Statement; what gives it a name has none."""
    return "Statement" not in entry and bool(entry.keys() & {"name", "document", "file"})


def _unnamed(entry: object) -> object:
    if isinstance(entry, Mapping) and _is_named(entry):
        return entry.get("document", entry.get("file"))
    return entry


def _is_tag(key: object, value: object) -> bool:
    return isinstance(key, str) and isinstance(value, str) and 1 <= len(key) <= 128 and len(value) <= 256


def _printed(value: object) -> str:
    if not isinstance(value, Mapping):
        message = f"expected a policy document or the name of its file, found {_kind(value)}"
        raise ValueError(message)  # noqa: TRY004 - a fault of the file like the others that are collected
    return json.dumps(value, ensure_ascii=False)


def _kind(value: object) -> str:
    names = {str: "text", dict: "a mapping", list: "a list", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), "a number")


def _shown(value: object) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
