"""What an explanation holds: for every statement and grant, that it applies, or the first part that does not match."""

from dataclasses import dataclass
from enum import StrEnum

from policy.evaluate.decision import Decision
from policy.evaluate.principals import Match
from policy.evaluate.statements import Element
from policy.model.document import Condition, Effect, PolicyDocument, Statement
from policy.model.grant import Grant
from policy.model.policies import Layer, PolicySet
from policy.model.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedCondition:
    """A condition that does not hold, and the values that the request has for its key; None if it has no such key."""

    condition: Condition
    present: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementReport:
    """One statement against the request. `failed` is the first element that does not match; None if all do.

    `policy` and `index` count as in `Determining`; `org` is the level of the organisation. `match` is how the Principal
    element matches the caller (EVERYONE where a layer has none).
    """

    layer: Layer
    policy: int
    index: int
    statement: Statement
    document: PolicyDocument
    org: str | None = None
    match: Match
    failed: Element | None = None
    conditions: tuple[FailedCondition, ...] = ()

    @property
    def applies(self) -> bool:
        """Whether the statement applies to the request."""
        return self.failed is None

    @property
    def allows(self) -> bool:
        """Whether the statement applies and is an Allow."""
        return self.applies and self.statement.effect is Effect.ALLOW


class GrantElement(StrEnum):
    """A part of a grant, under its name in a ListGrants entry."""

    KEY = "KeyId"
    OPERATIONS = "Operations"
    GRANTEE = "GranteePrincipal"
    CONSTRAINTS = "Constraints"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantReport:
    """One grant against the request. `failed` is the first part that does not match; None if the grant applies."""

    grant: Grant
    failed: GrantElement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A decision with all that bore on it, in the order of the layers. `exempt` layers do not bind this request."""

    request: Request
    policies: PolicySet
    decision: Decision
    statements: tuple[StatementReport, ...]
    grants: tuple[GrantReport, ...]
    exempt: tuple[Layer, ...] = ()

    @property
    def unmet(self) -> tuple[StatementReport, ...]:
        """The statements that do not apply."""
        return tuple(report for report in self.statements if not report.applies)

    def of_layer(self, layer: Layer) -> tuple[StatementReport, ...]:
        """The statements of one layer."""
        return tuple(report for report in self.statements if report.layer is layer)
