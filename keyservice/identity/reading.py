"""Reading an identities file member by member: every fault is collected, each with its place.

Names, paths and limits: IAM API Reference, "CreateUser", "CreateRole", "CreateGroup", "CreateInstanceProfile", "Tag";
AWS Organizations API Reference, "Organization", "OrganizationalUnit".
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

from keyservice.model.identity import NamedPolicy

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
    "seed": (re.compile(r"[A-Z2-7]{16,128}"), "16 to 128 characters of base32"),
    "organization": (re.compile(r"o-[a-z0-9]{10,32}"), "an id like o-a1b2c3d4e5"),
    "root": (re.compile(r"r-[0-9a-z]{4,32}"), "an id like r-ab12"),
    "organizational unit": (re.compile(r"ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}"), "an id like ou-ab12-11111111"),
    "unit": (re.compile(r"r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}"), "an id like r-ab12 or ou-ab12-11111111"),
    "policy ARN": (
        re.compile(r"arn:aws[a-z-]*:iam::(?:[0-9]{12}|aws):policy/[\x21-\x7e]{1,640}"),
        "an ARN like arn:aws:iam::aws:policy/ReadOnlyAccess",
    ),
    "client id": (re.compile(r"[\x21-\x7e]{1,255}"), "1 to 255 printable characters"),
    "URL": (re.compile(r"https?://[\x21-\x7e]{1,247}"), "an URL of at most 255 characters"),
    "MFA device": (
        re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:mfa/[\w+=,.@/-]{1,226}"),
        "an ARN like arn:aws:iam::111122223333:mfa/alice",
    ),
    "secret": (re.compile(r"[\x21-\x7e]{16,128}"), "16 to 128 printable characters"),
    "service principal": (re.compile(r"[a-z0-9][a-z0-9-]{0,62}\.amazonaws\.com"), "a name like ec2.amazonaws.com"),
    "endpoint": (re.compile(r"[a-z0-9][a-z0-9-]{0,62}"), "lower-case letters, digits or -"),
    "title": (re.compile(r"[\w &.-]{1,64}", re.ASCII), "1 to 64 letters, digits, spaces or &.-"),
}


class PolicyUse(StrEnum):
    """What a policy in the file is for."""

    IDENTITY = "identity-based policy"
    TRUST = "role trust policy"
    CONTROL = "organization control policy"
    JWK_SET = "JWK set"
    """No policy, but given as policies are: as it stands, or as the name of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyReading:
    """What the file reader asks about policies, so that it need not know them.

    `file` gives the JSON text of a sound policy file (name, what it is for), converted if it is in the
    text form, or raises ValueError with a line for each fault; `check` gives what is wrong with the JSON text of a
    policy that stands in the file (text, what to call it, what it is for).
    """

    file: Callable[[str, PolicyUse], str]
    check: Callable[[str, str, PolicyUse], Faults]


class Reader:
    """One reading of one document; what is faulty is noted and read on as if it were absent."""

    def __init__(self, reading: PolicyReading) -> None:
        self.faults: list[str] = []
        self._reading = reading

    def policies(
        self, fields: Fields, place: str, name: str = "policies", use: PolicyUse = PolicyUse.IDENTITY
    ) -> tuple[NamedPolicy, ...]:
        """A list of policies: each as it stands, the name of its file, or either under a name."""
        found = []
        for index, (entry, at) in enumerate(self.entries(fields, name, place)):
            called = self._policy_name(entry, at, f"policy-{index + 1}")
            found.append(NamedPolicy(name=called, document=self.policy(_unnamed(entry), at, use)))
        self.once(f"{place}.{name}", [policy.name for policy in found])
        return tuple(found)

    def _policy_name(self, entry: object, place: str, default: str) -> str:
        if isinstance(entry, str):
            return PurePath(entry).stem
        if isinstance(entry, Mapping) and _is_named(entry):
            fields = self.members(entry, place, ("name",), ("document", "file"))
            if len(fields.keys() & {"document", "file"}) != 1:
                self.fault(place, "expected one of `document` and `file` beside `name`")
            return self.text(fields, "name", place, "policy")
        return default

    def policy(self, value: object, place: str, use: PolicyUse = PolicyUse.IDENTITY) -> str:
        """The JSON text of a policy given as a file name or as it stands."""
        try:
            text = self._reading.file(value, use) if isinstance(value, str) else _printed(value)
            faults: Faults = () if isinstance(value, str) else self._reading.check(text, "policy", use)
            # One spelling for one policy, so that giving it otherwise is no update.
            text = text if faults else json.dumps(json.loads(text), ensure_ascii=False)
        except ValueError as error:
            text, faults = "", str(error).splitlines()
        for fault in faults:
            self.fault(place, fault)
        return text

    def path(self, fields: Fields, place: str) -> str:
        """A path of an identity."""
        path = fields.get("path", "/")
        if isinstance(path, str) and _PATH.fullmatch(path) and len(path) <= 512:
            return path
        self.fault(f"{place}.path", f"`{shown(path)}` is no path: expected `/` or a text like `/division/team/`")
        return "/"

    def tags(self, fields: Fields, place: str) -> Mapping[str, str]:
        """The tags of an identity."""
        tags = fields.get("tags", {})
        if isinstance(tags, Mapping) and len(tags) <= 50 and all(_is_tag(*tag) for tag in tags.items()):
            return dict(tags)
        self.fault(f"{place}.tags", "expected at most 50 members, keys of 1 to 128 and values of up to 256 characters")
        return {}

    def members(
        self, value: object, place: str, required: Sequence[str] = (), optional: Sequence[str] = ()
    ) -> dict[str, object]:
        """The members of a mapping, without those that do not belong there."""
        if not isinstance(value, Mapping):
            self.fault(place, f"expected a mapping with `{'`, `'.join(required)}`, found {_kind(value)}")
            return {}
        known = (*required, *optional)
        for name in value:
            if name not in known:
                self.fault(place, f"`{shown(name)}` is unknown here; expected one of `{'`, `'.join(known)}`")
        for name in required:
            if name not in value:
                self.fault(place, f"`{name}` is missing")
        return {name: value[name] for name in known if name in value}

    def entries(self, fields: Fields, name: str, place: str) -> Iterator[tuple[object, str]]:
        """The entries of a member that is a list, each with its place; a member absent or null is an empty list."""
        value = fields.get(name)
        at = f"{place}.{name}" if place else name
        if value is None:
            return
        if not isinstance(value, list | tuple):
            self.fault(at, f"expected a list, found {_kind(value)}")
            return
        yield from ((entry, f"{at}[{index}]") for index, entry in enumerate(value))

    def text(self, fields: Fields, name: str, place: str, form: str) -> str:
        """A member of a form."""
        return self.formed(fields[name], f"{place}.{name}", form) if name in fields else ""

    def formed(self, value: object, place: str, form: str) -> str:
        """A text of a form; the empty text stands for a faulty one."""
        pattern, expected = _FORMS[form]
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        # A secret is never shown, not even a faulty one.
        value_shown = "the value" if form in {"secret", "seed"} else f"`{shown(value)}`"
        self.fault(place, f"{value_shown} is no {form}: expected {expected}")
        return ""

    def once(self, place: str, names: Sequence[str]) -> None:
        """Note the names that are given more than once."""
        for name, count in Counter(names).items():
            if name and count > 1:
                self.fault(place, f"`{name}` is given {count} times")

    def flag(self, fields: Fields, name: str, place: str, *, default: bool) -> bool:
        """A member that is true or false."""
        value = fields.get(name, default)
        if isinstance(value, bool):
            return value
        self.fault(f"{place}.{name}", f"expected true or false, found {_kind(value)}")
        return default

    def fault(self, place: str, message: str) -> None:
        """Note a fault."""
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


def shown(value: object) -> str:
    """A faulty value as a fault shows it, cut short."""
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
