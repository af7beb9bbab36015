"""What the linter finds in a policy, as IAM Access Analyzer tells it.

Source: IAM Access Analyzer API Reference, "ValidatePolicyFinding", "Location", "PathElement", "Position"; IAM User
Guide, "IAM Access Analyzer policy check reference".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from keyservice.operations.shapes import Wire
from policy.diagnostics import Diagnostic, Severity
from policy.lint.finding import Finding
from policy.lint.json_path import Index, JsonPaths, Key, Step, Value
from policy.lint.kinds import detect_kind
from policy.lint.runner import lint
from policy.lint.sources import Found
from policy.lint.table import rule_of_reader
from policy.model.kinds import PolicyKind
from policy.model.reading import read_policy
from policy.source import Source, Span
from policy.syntax.reading import is_json

POLICY_TYPES: Mapping[str, PolicyKind | None] = {
    "IDENTITY_POLICY": PolicyKind.IDENTITY,
    "RESOURCE_POLICY": None,
    "SERVICE_CONTROL_POLICY": PolicyKind.CONTROL,
    "RESOURCE_CONTROL_POLICY": PolicyKind.CONTROL,
}
TRUST_POLICY = "AWS::IAM::AssumeRolePolicyDocument"

_PAGE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html"
_TYPES = {
    Severity.ERROR: "ERROR",
    Severity.SECURITY_WARNING: "SECURITY_WARNING",
    Severity.WARNING: "WARNING",
    Severity.SUGGESTION: "SUGGESTION",
}
_ANCHORS = {"ERROR": "error", "SECURITY_WARNING": "security-warning", "WARNING": "general-warning"}
# Beginnings of issue codes that are of one type of policy alone.
_OF_TYPE = {"SERVICE_CONTROL_POLICY": "SCP_", "RESOURCE_CONTROL_POLICY": "RCP_"}
_ELEMENTS = frozenset({"Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PathElement:
    """A step of a path: one of the three."""

    index: Annotated[int | None, Wire("index")] = None
    key: Annotated[str | None, Wire("key")] = None
    value: Annotated[str | None, Wire("value")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPosition:
    """A place in the text: lines count from 1, columns and offsets from 0."""

    line: Annotated[int, Wire("line")]
    column: Annotated[int, Wire("column")]
    offset: Annotated[int, Wire("offset")]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSpan:
    """A piece of the text: the end is not part of it."""

    start: Annotated[TextPosition, Wire("start")]
    end: Annotated[TextPosition, Wire("end")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where a finding is."""

    path: Annotated[tuple[PathElement, ...], Wire("path")]
    span: Annotated[TextSpan, Wire("span")]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFinding:
    """A finding."""

    finding_details: Annotated[str, Wire("findingDetails")]
    finding_type: Annotated[str, Wire("findingType")]
    issue_code: Annotated[str, Wire("issueCode")]
    learn_more_link: Annotated[str, Wire("learnMoreLink")]
    locations: Annotated[tuple[Location, ...], Wire("locations")]


def find(text: str, policy_type: str, resource_type: str | None) -> list[Finding]:
    """The linter's findings in a policy, which is JSON or nothing."""
    source = Source("policyDocument", text)
    if not is_json(text):
        return [_no_json(source)]
    return lint(Found(source=source, kind=_kind(source, policy_type, resource_type)))


def told(finding: Finding, paths: JsonPaths, policy_type: str) -> PolicyFinding:
    """A finding as Access Analyzer tells it."""
    diagnostic = finding.diagnostic
    spot = paths.spot(diagnostic.span)
    kind = _TYPES[diagnostic.severity]
    code, is_awss = _issue_code(finding, spot.path, policy_type)
    return PolicyFinding(
        finding_details=_details(diagnostic),
        finding_type=kind,
        issue_code=code,
        learn_more_link=_link(kind, code) if is_awss else _PAGE,
        locations=(Location(path=tuple(map(_path_element, spot.path)), span=_text_span(diagnostic.source, spot.span)),),
    )


def _kind(source: Source, policy_type: str, resource_type: str | None) -> PolicyKind:
    """The kind of policy; of a resource's it shows whether it is a key's or a role's, unless the call says so."""
    stated = POLICY_TYPES[policy_type]
    if stated is not None:
        return stated
    if resource_type is not None:
        return PolicyKind.TRUST if resource_type == TRUST_POLICY else PolicyKind.RESOURCE
    document = read_policy(source).document
    detected = detect_kind(document) if document is not None else None
    return detected if detected in (PolicyKind.KEY, PolicyKind.TRUST) else PolicyKind.RESOURCE


def _no_json(source: Source) -> Finding:
    rule = rule_of_reader("json-syntax")
    message = "the policy is not a JSON object"
    return Finding(rule=rule, diagnostic=Diagnostic(code=rule.code, message=message, source=source, span=Span(0, 0)))


def _issue_code(finding: Finding, path: tuple[Step, ...], policy_type: str) -> tuple[str, bool]:
    """The issue code, and whether it is AWS's: of several that a rule stands for, the one for this type and element."""
    codes = finding.rule.analyzer
    if not codes:
        return finding.rule.name.replace("-", "_").upper(), False
    beginning = _OF_TYPE.get(policy_type, "")
    element = next((step.name for step in path if isinstance(step, Value) and step.name in _ELEMENTS), "")
    ending = f"_{element.removeprefix('Not').upper()}" if element else ""
    for is_meant in (
        lambda code: beginning and code.startswith(beginning),
        lambda code: ending and code.endswith(ending),
    ):
        meant = next(filter(is_meant, codes), None)
        if meant is not None:
            return meant, True
    return codes[0], True


def _link(kind: str, code: str) -> str:
    anchor = _ANCHORS.get(kind, "suggestion")
    return f"{_PAGE}#access-analyzer-reference-policy-checks-{anchor}-{code.lower().replace('_', '-')}"


def _details(diagnostic: Diagnostic) -> str:
    """The linter's message as a sentence, and what would help as another."""
    return " ".join(map(_sentence, filter(None, (diagnostic.message, diagnostic.help))))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?')) else '.'}"


def _path_element(step: Step) -> PathElement:
    match step:
        case Index():
            return PathElement(index=step.number)
        case Key():
            return PathElement(key=step.name)
        case Value():
            return PathElement(value=step.name)


def _text_span(source: Source, span: Span) -> TextSpan:
    return TextSpan(start=_position(source, span.start), end=_position(source, span.end))


def _position(source: Source, offset: int) -> TextPosition:
    line, column = source.line_column(offset)
    return TextPosition(line=line, column=column - 1, offset=offset)
