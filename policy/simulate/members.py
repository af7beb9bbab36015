"""JSON objects taken apart with care: unknown members, wrong types and missing members are faults of the input."""

from collections.abc import Collection, Mapping
from typing import Any

from policy.syntax.faults import clip, did_you_mean, one_of
from policy.syntax.json_values import NumberText


class InputError(ValueError):
    """A value that is not of the form it should have; the message says which and how."""


def members(value: object, known: Collection[str], what: str) -> Mapping[str, Any]:
    """The members of an object; those that are null are left out, as if absent.

    Raises:
        InputError: it is no object, or has a member that is not known.
    """
    if not isinstance(value, dict):
        raise InputError(f"{what} is {kind_of(value)}, expected an object")
    for name in value:
        if name not in known:
            help_ = did_you_mean(name, known) or f"expected {one_of(known)}"
            raise InputError(f"`{clip(name)}` is no member of {what}; {help_}")
    return {name: member for name, member in value.items() if member is not None}


def text(value: object, what: str) -> str:
    """A string.

    Raises:
        InputError: it is none.
    """
    if not is_text(value):
        raise InputError(f"{what} is {kind_of(value)}, expected a string")
    return str(value)


def texts(value: object, what: str) -> tuple[str, ...]:
    """A string or a list of strings.

    Raises:
        InputError: it is neither.
    """
    if isinstance(value, list):
        return tuple(text(item, f"a value of {what}") for item in value)
    if not is_text(value):
        raise InputError(f"{what} is {kind_of(value)}, expected a string or a list of strings")
    return (str(value),)


def listed(value: object, what: str) -> list[Any]:
    """A list.

    Raises:
        InputError: it is none.
    """
    if not isinstance(value, list):
        raise InputError(f"{what} is {kind_of(value)}, expected a list")
    return value


def text_map(value: object, what: str) -> dict[str, str]:
    """An object of strings.

    Raises:
        InputError: it is none.
    """
    if not isinstance(value, dict):
        raise InputError(f"{what} is {kind_of(value)}, expected an object of strings")
    return {name: text(member, f"`{clip(name)}` of {what}") for name, member in value.items()}


def required(found: Mapping[str, Any], name: str, what: str) -> Any:
    """A member that must be there.

    Raises:
        InputError: it is not.
    """
    if name not in found:
        raise InputError(f"{what} has no `{name}`")
    return found[name]


def read_action(action: str) -> str:
    """An action that a request can have: one of a service, without wildcards.

    Raises:
        InputError: it is none.
    """
    service, colon, name = action.partition(":")
    if not (service and colon and name) or any(character in action for character in "*? \t"):
        raise InputError(f"`{clip(action)}` is no action of a request, expected one such as `kms:Decrypt`")
    return action


def is_text(value: object) -> bool:
    """Whether a decoded value was a JSON string; numbers are decoded to their own kind of text."""
    return isinstance(value, str) and not isinstance(value, NumberText)


def kind_of(value: object) -> str:
    """A JSON value as a message names it."""
    match value:
        case None:
            return "null"
        case bool():
            return "`true`" if value else "`false`"
        case NumberText() | int() | float():
            return f"the number `{clip(str(value))}`"
        case str():
            return f"the string `{clip(value)}`"
        case list():
            return "a list"
        case _:
            return "an object"
