"""Outputs as wire members: dataclass fields under their wire names, absent ones left out."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Annotated, get_args, get_origin, get_type_hints

from keyservice.operations.shapes import Wire, wire_name


def members(output: object, scalar: Callable[[object], object]) -> dict[str, object]:
    """An output (a dataclass, or None for an operation that has none) as wire names and values.

    `scalar` turns what is neither a dataclass, a tuple nor a mapping into what the protocol writes.
    """
    if output is None:
        return {}
    written = {}
    for name, wire in _names(output.__class__):
        value = getattr(output, name)
        if value is not None:
            written[wire] = _value(value, scalar)
    return written


def _value(value: object, scalar: Callable[[object], object]) -> object:
    if type(value) in _PLAIN:  # nearly every member of the operations that are called most
        return scalar(value)
    if isinstance(value, tuple):
        return [_value(item, scalar) for item in value]
    if isinstance(value, Mapping):
        return Entries(value)
    if is_dataclass(value):
        return members(value, scalar)
    return scalar(value)


class Entries(dict[str, object]):
    """A map among the members, whose names are not the API's but values too: XML writes the two differently."""


_PLAIN = frozenset({str, bytes})

_NAMES: dict[type, tuple[tuple[str, str], ...]] = {}


def _names(cls: type) -> tuple[tuple[str, str], ...]:
    """Field and wire name of every member of an output class; worked out once."""
    if cls not in _NAMES:
        _NAMES[cls] = _read_names(cls)
    return _NAMES[cls]


def _read_names(cls: type) -> tuple[tuple[str, str], ...]:
    hints = get_type_hints(cls, include_extras=True)
    return tuple((item.name, _wire(item.name, hints[item.name])) for item in fields(cls))


def _wire(name: str, hint: object) -> str:
    notes = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((note.name for note in notes if isinstance(note, Wire)), wire_name(name))
