"""A JSON text to its value, or to diagnostics with positions: for files that are no policies, such as account dumps."""

import json
from dataclasses import dataclass
from typing import Any

from policy.diagnostics import Diagnostic
from policy.source import Source, Span
from policy.syntax.faults import Faults
from policy.syntax.json_values import decode, parse_json
from policy.syntax.reading import without_mark

# The reader that knows positions is slow; a larger text is told its first fault only.
_LARGEST_FOR_POSITIONS = 256 * 1024


@dataclass(frozen=True, slots=True)
class JsonReading:
    """The value of a JSON text; with diagnostics there is none."""

    value: Any = None
    diagnostics: tuple[Diagnostic, ...] = ()


def read_json(source: Source) -> JsonReading:
    """Read a JSON text."""
    source = without_mark(source)
    try:
        return JsonReading(decode(source.text))
    except json.JSONDecodeError as error:
        return JsonReading(diagnostics=_all_faults(source) or (_fault(source, error.msg, error.pos),))
    except RecursionError:
        return JsonReading(diagnostics=_all_faults(source) or (_fault(source, "values nest too deep", 0),))
    except ValueError as error:
        # A name that stands twice, or a NaN: the fast reader does not say where.
        return JsonReading(diagnostics=_all_faults(source) or (_fault(source, str(error), 0),))


def _all_faults(source: Source) -> tuple[Diagnostic, ...]:
    if len(source.text) > _LARGEST_FOR_POSITIONS:
        return ()
    faults = Faults(source)
    parse_json(source, faults)
    return faults.diagnostics


def _fault(source: Source, message: str, place: int) -> Diagnostic:
    place = min(place, len(source.text))
    return Diagnostic(
        code="json-syntax",
        message=f"this is no JSON: {message[:1].lower()}{message[1:]}",
        source=source,
        span=Span(place, place + 1),
    )
