"""What an operation's input may be: members declared once, as annotated dataclass fields, and read with AWS's errors.

    class EncryptInput:
        key_id: Annotated[str, Text(1, 2048)]
        plaintext: Annotated[bytes, Blob(1, 4096)]

A reader is prepared once for each class. Source: KMS API Reference, "Common Errors"; wording as recorded from AWS, of
lists of texts and of wrong types from other services of its kind (ACM, Lambda, Kinesis).
"""

import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Annotated, ClassVar, Protocol, TypeVar, cast, get_args, get_origin, get_type_hints

from keyservice.errors import VALIDATION, ErrorKind
from keyservice.operations.wording import at_least, at_most, no_base64, wrong_type

T = TypeVar("T")

# Unlike AWS: a longer value is shown by its beginning, so that an error is never larger than what caused it.
_LONGEST_SHOWN = 2048

_LAST_MOMENT = 253_402_300_799  # the end of the year 9999, beyond which no calendar here goes


class Faults:
    """The constraints that an input fails, collected so that all are told at once."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, where: str, must: str, value: str | None = None, *, of: str = "Member") -> None:
        """Note a failed constraint; `value` is shown, None where AWS shows none (blobs, secrets)."""
        shown = "Value" if value is None else f"Value '{value[:_LONGEST_SHOWN]}'"
        self.found.append(f"{shown} at '{where}' failed to satisfy constraint: {of} must {must}")

    def add_null(self, where: str) -> None:
        """Note that there is nothing where there must be something."""
        self.found.append(f"Value null at '{where}' failed to satisfy constraint: Member must not be null")

    def raise_if_any(self) -> None:
        """Raise ValidationException naming every fault."""
        if self.found:
            count = len(self.found)
            noun = "error" if count == 1 else "errors"
            raise VALIDATION(detail=f"{count} validation {noun} detected: {'; '.join(self.found)}")


class Shape(Protocol):
    """How one member is read: faults are noted under `where`, a wrong type is raised at once."""

    def read(self, value: object, where: str, faults: Faults) -> object:
        """The value read."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """A string of `least` to `most` characters, perhaps of a pattern (ASCII); a secret one is never shown.

    The pattern is told as it stands, so it stands as AWS's model has it; `told` is that where Python spells it
    otherwise.
    """

    least: int = 0
    most: int | None = None
    pattern: str | None = None
    secret: bool = False
    told: str | None = None

    def read(self, value: object, where: str, faults: Faults) -> str:
        """The text itself."""
        if not isinstance(value, str):
            raise wrong_type(value, "a String")
        shown = None if self.secret else value
        is_too_long = self.most is not None and len(value) > self.most
        # What is too long is not matched: a pattern is never put to more work than a sound value.
        if self.pattern is not None and not is_too_long and not re.fullmatch(self.pattern, value, re.ASCII):
            faults.add(where, f"satisfy regular expression pattern: {self.told or self.pattern}", shown)
        if is_too_long:
            faults.add(where, at_most(self.most), shown)
        if len(value) < self.least:
            faults.add(where, at_least(self.least), shown)
        return value

    @property
    def constraints(self) -> Sequence[str]:
        """Everything that a text must, in AWS's order."""
        most = [] if self.most is None else [at_most(self.most)]
        pattern = self.told or self.pattern
        of_pattern = [] if pattern is None else [f"satisfy regular expression pattern: {pattern}"]
        return (*most, at_least(self.least), *of_pattern)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a set of texts."""

    values: tuple[str, ...]
    secret: ClassVar[bool] = False

    def read(self, value: object, where: str, faults: Faults) -> str:
        """The text itself."""
        if not isinstance(value, str):
            raise wrong_type(value, "a String")
        if value not in self.values:
            faults.add(where, self.constraints[0], value)
        return value

    @property
    def constraints(self) -> Sequence[str]:
        """What a text must."""
        return (f"satisfy enum value set: [{', '.join(self.values)}]",)


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes, base64 on the wire; `least` to `most` of them."""

    least: int
    most: int

    def read(self, value: object, where: str, faults: Faults) -> bytes:
        """The bytes."""
        if not isinstance(value, str):
            raise wrong_type(value, "a Blob")
        try:
            data = binascii.a2b_base64(value, strict_mode=True)
        except ValueError:
            raise no_base64(value) from None
        if len(value) != (len(data) + 2) // 3 * 4:  # a surplus of padding is no fault to `binascii`
            raise no_base64(value)
        if len(data) > self.most:
            faults.add(where, at_most(self.most))
        if len(data) < self.least:
            faults.add(where, at_least(self.least))
        return data


@dataclass(frozen=True, slots=True)
class Number:
    """An integer in a range."""

    least: int
    most: int

    def read(self, value: object, where: str, faults: Faults) -> int:
        """The integer; a number with no fraction is taken as one, as AWS does."""
        if isinstance(value, bool) or not isinstance(value, int | float) or value % 1 != 0:
            raise wrong_type(value, "an Integer")
        number = int(value)
        if number < self.least:
            faults.add(where, f"have value greater than or equal to {self.least}", str(number))
        if number > self.most:
            faults.add(where, f"have value less than or equal to {self.most}", str(number))
        return number


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A moment in epoch seconds, perhaps with a fraction: how AWS JSON 1.1 writes one."""

    def read(self, value: object, where: str, faults: Faults) -> float:  # noqa: ARG002 - the protocol's parameters
        """The moment."""
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _LAST_MOMENT:
            raise wrong_type(value, "a Timestamp")
        return float(value)


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def read(self, value: object, where: str, faults: Faults) -> bool:  # noqa: ARG002 - the protocol's parameters
        """The boolean."""
        if not isinstance(value, bool):
            raise wrong_type(value, "a Boolean")
        return value


@dataclass(frozen=True, slots=True)
class TextMap:
    """An object of texts: an encryption context."""

    def read(self, value: object, where: str, faults: Faults) -> Mapping[str, str]:
        """The mapping."""
        if not isinstance(value, dict):
            raise wrong_type(value)
        for text in value.values():
            if text is None:
                faults.add(where, "satisfy constraint: [Member must not be null]", of="Map value")
            elif not isinstance(text, str):
                raise wrong_type(text, "a String")
        return value


@dataclass(frozen=True, slots=True)
class NotOffered:
    """A member of AWS's that this service does not have: refused, as leaving it out would do something else."""

    error: ErrorKind = VALIDATION

    def read(self, value: object, where: str, faults: Faults) -> None:  # noqa: ARG002 - the protocol's parameters
        """Nothing."""
        raise self.error(detail=f"The parameter {where} is not supported")


@dataclass(frozen=True, slots=True)
class ListOf:
    """An array of one shape, at most `most` of them."""

    member: Shape
    most: int | None = None

    def read(self, value: object, where: str, faults: Faults) -> tuple[object, ...]:
        """The members."""
        if not isinstance(value, list):
            raise wrong_type(value)
        if self.most is not None and len(value) > self.most:
            faults.add(where, at_most(self.most))
            return ()
        if isinstance(self.member, Text | Choice):
            return self._read_texts(self.member, value, where, faults)
        return tuple(self._read_item(item, f"{where}.{index}.member", faults) for index, item in enumerate(value, 1))

    def _read_item(self, item: object, where: str, faults: Faults) -> object:
        if item is None:
            faults.add_null(where)
            return None
        return self.member.read(item, where, faults)

    def _read_texts(self, member: "Text | Choice", given: list[object], where: str, faults: Faults) -> tuple[str, ...]:
        """A list of texts is told of as a whole: what is in it, and everything that each must."""
        own = Faults()
        texts = tuple(member.read(item, where, own) for item in given if item is not None)
        if own.found or len(texts) < len(given):
            must = ", ".join(f"Member must {constraint}" for constraint in member.constraints)
            shown = ", ".join("null" if item is None else str(item) for item in given)
            faults.add(where, f"satisfy constraint: [{must}]", None if member.secret else f"[{shown}]")
        return texts


@dataclass(frozen=True, slots=True)
class Record:
    """A structure: another dataclass of annotated fields."""

    cls: type

    def read(self, value: object, where: str, faults: Faults) -> object:
        """An instance of the class."""
        if not isinstance(value, dict):
            raise wrong_type(value)
        return _read_members(self.cls, members_of(self.cls), value, f"{where}.", faults)


@dataclass(frozen=True, slots=True)
class Wire:
    """A member whose wire name is not its Python name in camel case."""

    name: str


def wire_name(name: str) -> str:
    """`key_id` as `KeyId`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def lower_camel(name: str) -> str:
    """`KeyId` as `keyId`: how AWS's messages and CloudTrail spell members."""
    return name[:1].lower() + name[1:]


def prepare_reader(cls: type[T]) -> Callable[[Mapping[str, object]], T]:
    """A function from the decoded JSON object to an instance of the input class.

    Members that are absent or null take the field's default; unknown members are ignored, as AWS does.
    The function raises ValidationException (every failed constraint) or SerializationException (a wrong type).
    """
    members = members_of(cls)

    def read(raw: Mapping[str, object]) -> T:
        faults = Faults()
        built = _read_members(cls, members, raw, "", faults)
        faults.raise_if_any()
        return cast("T", built)

    return read


@dataclass(frozen=True, slots=True)
class Member:
    """A field of an input class, taken apart."""

    name: str
    wire: str
    where: str
    shape: Shape
    is_required: bool


_MEMBERS: dict[type, tuple[Member, ...]] = {}


def members_of(cls: type) -> tuple[Member, ...]:
    """The members of an input class, from its annotated fields; worked out once."""
    if cls not in _MEMBERS:
        _MEMBERS[cls] = _members(cls)
    return _MEMBERS[cls]


def _members(cls: type) -> tuple[Member, ...]:
    hints = get_type_hints(cls, include_extras=True)
    return tuple(
        _member(item.name, hints[item.name], item.default is MISSING and item.default_factory is MISSING)
        for item in fields(cls)
    )


def _member(name: str, hint: object, is_required: bool) -> Member:
    # `Annotated[...] | None` is a member that may be absent: the shape is that of the annotated half.
    halves = (hint, *get_args(hint))
    annotated = next((half for half in halves if get_origin(half) is Annotated), None)
    if annotated is None:
        raise TypeError(f"the input member `{name}` has no shape")
    notes = get_args(annotated)[1:]
    wire = next((note.name for note in notes if isinstance(note, Wire)), wire_name(name))
    shape = next(note for note in notes if not isinstance(note, Wire))
    return Member(name, wire, lower_camel(wire), shape, is_required)


def _read_members(
    cls: type, members: tuple[Member, ...], raw: Mapping[str, object], prefix: str, faults: Faults
) -> object:
    values: dict[str, object] = {}
    for member in members:
        value = raw.get(member.wire)
        if value is not None:
            values[member.name] = member.shape.read(value, prefix + member.where, faults)
        elif member.is_required:
            faults.add_null(prefix + member.where)
    return None if faults.found else cls(**values)
