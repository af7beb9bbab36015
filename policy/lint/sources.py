"""The policies in a file: IAM JSON and the text form as they are, and those inside of templates and plans."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import yaml

from policy.diagnostics import Diagnostic
from policy.lint.embedded import Rendered, find_policies
from policy.lint.intrinsics import resolve, with_names
from policy.lint.values import from_json, from_yaml
from policy.model.kinds import PolicyKind
from policy.source import Source, Span
from policy.syntax.faults import Faults, clip
from policy.syntax.json_values import JsonArray, JsonObject, JsonValue, decode, parse_json
from policy.syntax.reading import is_json

Locate = Callable[[Span], tuple[Source, Span]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A policy to lint. `kind` is None where nothing says it; `rendered` leads back to the file it is embedded in."""

    source: Source
    kind: PolicyKind | None = None
    is_partial: bool = False
    file: Source | None = None
    rendered: Rendered | None = None

    def wording(self, message: str) -> str:
        """A message about this policy, in the words of the file."""
        return with_names(message) if self.rendered is not None else message

    def place(self, span: Span) -> tuple[Source, Span]:
        """Where a span of this policy is in the file."""
        if self.file is None or self.rendered is None:
            return self.source, span
        return self.file, self.rendered.original(span)


@dataclass(frozen=True, slots=True)
class Policies:
    """What a file holds: policies, or the faults for which it cannot be read."""

    found: tuple[Found, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


_YAML_SUFFIXES = frozenset({".yaml", ".yml"})
_YAML_START = re.compile(r"^(?:AWSTemplateFormatVersion|Resources|Transform|Version|Statement)[ \t]*:", re.MULTILINE)
_TEMPLATE_WORDS = re.compile(r'"(?:Resources|AWSTemplateFormatVersion|planned_values|resource_changes)"\s*:')


def policies_in(source: Source, kind: PolicyKind | None = None) -> Policies:
    """The policies in a file; `kind` is what the caller says they are."""
    if is_json(source.text):
        return _in_json(source, kind)
    if is_yaml(source):
        return _in_yaml(source, kind)
    return Policies((Found(source=source, kind=kind),))


def is_yaml(source: Source) -> bool:
    """Whether a file is YAML, by its name or, for names that say nothing, by its first words."""
    suffix = PurePath(source.name).suffix.lower()
    return suffix in _YAML_SUFFIXES or (suffix != ".policy" and _YAML_START.search(source.text) is not None)


def _in_json(source: Source, kind: PolicyKind | None) -> Policies:
    try:
        value = decode(source.text)
    except (ValueError, RecursionError):
        return _in_broken_json(source, kind)
    if _is_policy_itself(value):
        return Policies((Found(source=source, kind=kind),))
    try:
        return _embedded(source, find_policies(resolve(from_json(source.text))), kind)
    except RecursionError:
        faults = Faults(source)
        faults.add("json-syntax", Span(0, 1), "values nest too deep, as no template's do")
        return Policies(diagnostics=faults.diagnostics)


def _is_policy_itself(value: Any) -> bool:
    """Whether it is a policy, or was to be one: a list of statements is none, and the reader says so."""
    if isinstance(value, list):
        return any(isinstance(each, dict) and "Effect" in each for each in value)
    if not isinstance(value, dict):
        return True
    return "Statement" in value or ("Version" in value and value.keys() <= {"Version", "Id"})


def _in_broken_json(source: Source, kind: PolicyKind | None) -> Policies:
    """Of a template that is no JSON only the faults of JSON are said: it is no policy."""
    if _TEMPLATE_WORDS.search(source.text) is None:
        return Policies((Found(source=source, kind=kind),))
    faults = Faults(source)
    value = parse_json(source, faults)
    if value is not None and not faults.has_errors:
        _refuse_duplicates(value, faults)
    return Policies(diagnostics=faults.diagnostics)


def _refuse_duplicates(value: JsonValue, faults: Faults) -> None:
    """Record the names that stand twice in an object: all else that is wrong with JSON is recorded already."""
    rest = [value]
    while rest:
        each = rest.pop()
        if isinstance(each, JsonArray):
            rest.extend(each.items)
        elif isinstance(each, JsonObject):
            rest.extend(member.value for member in each.members)
            seen: set[str] = set()
            for member in each.members:
                if member.name.value in seen:
                    name = member.name
                    faults.add("duplicate-key", name.span, f"`{clip(name.value)}` stands twice in one object")
                seen.add(member.name.value)


def _in_yaml(source: Source, kind: PolicyKind | None) -> Policies:
    faults = Faults(source)
    try:
        node = yaml.compose(source.text, Loader=_LOADER)
        value = resolve(from_yaml(node)) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        start = min(mark.index, len(source.text)) if mark else 0
        faults.add("yaml-syntax", Span(start, min(start + 1, len(source.text))), _one_line(error))
        return Policies(diagnostics=faults.diagnostics)
    except (yaml.YAMLError, RecursionError, ValueError):
        faults.add("yaml-syntax", Span(0, 0), "the file is no YAML, or nests too deep")
        return Policies(diagnostics=faults.diagnostics)
    return _embedded(source, find_policies(value), kind) if value is not None else Policies()


# The C loader is ten times quicker; a build of PyYAML may be without it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _one_line(error: yaml.MarkedYAMLError) -> str:
    parts = [part for part in (error.context, error.problem) if part]
    return f"the YAML cannot be read: {', '.join(' '.join(part.split()) for part in parts)}"


def _embedded(source: Source, rendered: list[Rendered], kind: PolicyKind | None) -> Policies:
    return Policies(
        tuple(
            Found(
                source=Source(source.name, each.text),
                kind=kind or each.kind,
                is_partial=each.is_partial,
                file=source,
                rendered=each,
            )
            for each in rendered
        )
    )
