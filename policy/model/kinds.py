"""The kinds of policy, and which elements each must, should and must not have.

Source: IAM User Guide, "IAM JSON policy elements reference", "Grammar of the IAM JSON policy language".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from policy.diagnostics import Severity
from policy.model.document import Patterns, PrincipalKind, Principals, Statement
from policy.source import Span


class PolicyKind(StrEnum):
    """What a policy is attached to, which decides the elements it has."""

    IDENTITY = "identity-based policy"
    KEY = "key policy"
    RESOURCE = "resource-based policy"
    TRUST = "role trust policy"
    CONTROL = "organization control policy"
    ENDPOINT = "VPC endpoint policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class KindFault:
    """An element that a kind of policy wants and a statement lacks, or the other way round."""

    code: str
    message: str
    span: Span | None
    help: str | None = None
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class _Elements:
    required: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    # "If either of the required Resource or Action elements are missing from a key policy statement, the policy
    # statement has no effect", yet the call succeeds. [KMS API Reference, "PutKeyPolicy"]
    without_effect: tuple[str, ...] = ()


_ELEMENTS = {
    PolicyKind.IDENTITY: _Elements(required=("Action", "Resource"), forbidden=("Principal",)),
    PolicyKind.KEY: _Elements(required=("Principal",), without_effect=("Action", "Resource")),
    PolicyKind.RESOURCE: _Elements(required=("Principal", "Action")),
    # A trust policy belongs to its role and names no resource. [IAM User Guide, "IAM JSON policy elements: Resource"]
    PolicyKind.TRUST: _Elements(required=("Principal", "Action"), forbidden=("Resource",)),
    PolicyKind.CONTROL: _Elements(required=("Action", "Resource")),
    # Everyone may be its principal: whoever comes through the endpoint. ["Control access to VPC endpoints …"]
    PolicyKind.ENDPOINT: _Elements(required=("Principal", "Action")),
}

_FIELDS = {"Principal": "principals", "Action": "actions", "Resource": "resources"}

_WHY_FORBIDDEN = {
    "Principal": "the principal is whoever the policy is attached to",
    "Resource": "the resource is the role the policy belongs to",
}


def kind_faults(statement: Statement, kind: PolicyKind) -> Iterator[KindFault]:
    """What a statement of a kind of policy lacks or has too much."""
    elements = _ELEMENTS[kind]
    for name in elements.required:
        if getattr(statement, _FIELDS[name]) is None:
            yield KindFault(
                code="missing-element",
                message=f"the statement has no `{name}`, which {_with_article(kind)} requires",
                span=statement.span,
                help=f"add `{name}` or `Not{name}`",
            )
    for name in elements.forbidden:
        element = getattr(statement, _FIELDS[name])
        if element is not None:
            yield KindFault(
                code="forbidden-element",
                message=f"the statement has `{_written(name, element)}`, which {_with_article(kind)} cannot have",
                span=element.span,
                help=_WHY_FORBIDDEN[name],
            )
    for name in elements.without_effect:
        if getattr(statement, _FIELDS[name]) is None:
            yield KindFault(
                code="no-effect",
                message=f"the statement has no `{name}`, so it has no effect in {_with_article(kind)}",
                span=statement.span,
                help=f"add `{name}` or `Not{name}`",
                severity=Severity.WARNING,
            )
    if kind is PolicyKind.CONTROL:
        yield from _control_principal(statement)


def _control_principal(statement: Statement) -> Iterator[KindFault]:
    """An RCP names everyone as its principal, an SCP nobody. [Organizations User Guide, "RCP syntax", "SCP syntax"]."""
    principals = statement.principals
    if principals is None:
        return
    if principals.negated or any(entry.kind is not PrincipalKind.EVERYONE for entry in principals.entries):
        yield KindFault(
            code="forbidden-element",
            message="the statement names principals, which an organization control policy cannot do",
            span=principals.span,
            help='an RCP has `"Principal": "*"`, an SCP no `Principal`; use conditions to tell principals apart',
        )


def _written(name: str, element: Principals | Patterns) -> str:
    return f"Not{name}" if element.negated else name


def _with_article(kind: PolicyKind) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
