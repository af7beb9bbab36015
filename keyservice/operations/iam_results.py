"""What the policy simulator answers, as values.

Source: IAM API Reference, "EvaluationResult", "ResourceSpecificResult", "Statement", "Position".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place in a policy's text."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedStatement:
    """A statement that determined a result."""

    source_policy_id: str
    source_policy_type: str
    start_position: Position | None
    end_position: Position | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationsDecision:
    """What the SCPs say."""

    allowed_by_organizations: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryDecision:
    """What the permissions boundary says."""

    allowed_by_permissions_boundary: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceSpecificResult:
    """The result of an action on one resource."""

    eval_resource_name: str
    eval_resource_decision: str
    matched_statements: tuple[MatchedStatement, ...]
    missing_context_values: tuple[str, ...]
    eval_decision_details: Mapping[str, str] | None
    permissions_boundary_decision_detail: BoundaryDecision | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationResult:
    """The result of an action on all resources together."""

    eval_action_name: str
    eval_resource_name: str
    eval_decision: str
    matched_statements: tuple[MatchedStatement, ...]
    missing_context_values: tuple[str, ...]
    organizations_decision_detail: OrganizationsDecision | None
    permissions_boundary_decision_detail: BoundaryDecision | None
    eval_decision_details: Mapping[str, str] | None
    resource_specific_results: tuple[ResourceSpecificResult, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatePolicyOutput:
    """What SimulateCustomPolicy and SimulatePrincipalPolicy answer."""

    evaluation_results: tuple[EvaluationResult, ...]
    is_truncated: bool
    marker: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextKeysOutput:
    """What GetContextKeysForCustomPolicy and GetContextKeysForPrincipalPolicy answer."""

    context_key_names: tuple[str, ...]


def simulation_output(answer: Mapping[str, Any]) -> SimulatePolicyOutput:
    """The simulator's answer as values."""
    return SimulatePolicyOutput(
        evaluation_results=tuple(map(_result, answer["EvaluationResults"])),
        is_truncated=answer["IsTruncated"],
        marker=answer.get("Marker"),
    )


def _result(result: Mapping[str, Any]) -> EvaluationResult:
    organizations, specific = result.get("OrganizationsDecisionDetail"), result.get("ResourceSpecificResults")
    return EvaluationResult(
        eval_action_name=result["EvalActionName"],
        eval_resource_name=result["EvalResourceName"],
        eval_decision=result["EvalDecision"],
        matched_statements=_statements(result["MatchedStatements"]),
        missing_context_values=tuple(result["MissingContextValues"]),
        organizations_decision_detail=None
        if organizations is None
        else OrganizationsDecision(allowed_by_organizations=organizations["AllowedByOrganizations"]),
        permissions_boundary_decision_detail=_boundary(result),
        eval_decision_details=result.get("EvalDecisionDetails"),
        resource_specific_results=None if specific is None else tuple(map(_specific, specific)),
    )


def _specific(result: Mapping[str, Any]) -> ResourceSpecificResult:
    return ResourceSpecificResult(
        eval_resource_name=result["EvalResourceName"],
        eval_resource_decision=result["EvalResourceDecision"],
        matched_statements=_statements(result["MatchedStatements"]),
        missing_context_values=tuple(result["MissingContextValues"]),
        eval_decision_details=result.get("EvalDecisionDetails"),
        permissions_boundary_decision_detail=_boundary(result),
    )


def _boundary(result: Mapping[str, Any]) -> BoundaryDecision | None:
    detail = result.get("PermissionsBoundaryDecisionDetail")
    if detail is None:
        return None
    return BoundaryDecision(allowed_by_permissions_boundary=detail["AllowedByPermissionsBoundary"])


def _statements(statements: Sequence[Mapping[str, Any]]) -> tuple[MatchedStatement, ...]:
    return tuple(
        MatchedStatement(
            source_policy_id=each["SourcePolicyId"],
            source_policy_type=each["SourcePolicyType"],
            start_position=_position(each.get("StartPosition")),
            end_position=_position(each.get("EndPosition")),
        )
        for each in statements
    )


def _position(position: Mapping[str, int] | None) -> Position | None:
    return None if position is None else Position(line=position["Line"], column=position["Column"])
