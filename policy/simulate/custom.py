"""What AWS's own policy simulator answers: the evaluation results of SimulateCustomPolicy, decided by this engine.

Source: IAM API Reference, "EvaluationResult", "ResourceSpecificResult", "Statement".
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from policy.evaluate.compiled import CompiledPolicies
from policy.evaluate.decision import Decision, Determining, Outcome
from policy.evaluate.statements import actions_match, resources_match
from policy.explain.brief import document_at
from policy.model.arn import Arn
from policy.model.policies import Layer, PolicySet
from policy.model.principal import User
from policy.model.request import Request, RequestContext
from policy.simulate.context import with_following
from policy.simulate.context_keys import variables_in
from policy.simulate.custom_details import RANK, details_of, is_cross_account, together
from policy.simulate.custom_engines import Asking, Engines
from policy.simulate.custom_input import CustomSimulation
from policy.source import Source

_DECISIONS = {
    Outcome.ALLOW: "allowed",
    Outcome.EXPLICIT_DENY: "explicitDeny",
    Outcome.IMPLICIT_DENY: "implicitDeny",
}

# Without CallerArn the policies are a user's, of an account that nothing else names.
_NOBODY = User(account="000000000000", path_and_name="simulated")


def simulate_custom(simulation: CustomSimulation) -> dict[str, Any]:
    """The answer to a call: the page of it that is asked for."""
    page, engines = simulation.page, Engines(simulation.policies)
    return {
        "EvaluationResults": [_result(simulation, engines, action) for action in page.of(simulation.actions)],
        **page.ending(len(simulation.actions)),
    }


def _result(simulation: CustomSimulation, engines: Engines, action: str) -> dict[str, Any]:
    """The result of an action, for all resources together and for each."""
    trials = [_try(simulation, engines, action, resource) for resource in simulation.resources]
    worst = min((trial.word for trial in trials), key=RANK.index)
    result: dict[str, Any] = {
        "EvalActionName": action,
        "EvalResourceName": _template(simulation),
        "EvalDecision": worst,
        "MatchedStatements": _union(trial.matched for trial in trials if trial.word == worst),
        "MissingContextValues": _union(trial.missing for trial in trials),
    }
    if simulation.policies.service_control:
        allowed = all(_levels_allow(trial) for trial in trials)
        result["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": allowed}
    if simulation.policies.permissions_boundary:
        allowed = all(_boundary_allows(trial) for trial in trials)
        result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
    result |= _details(trials)
    if simulation.resources != (None,):
        result["ResourceSpecificResults"] = [_specific(trial) for trial in trials]
    return result


def _details(trials: list["_Trial"]) -> dict[str, Any]:
    """`EvalDecisionDetails`: filled across accounts, empty for named resources of one, and otherwise not there.

    "If an Organizations SCP included in the evaluation denies access, the simulation ends": nor is it there then.
    """
    if not all(map(_levels_allow, trials)):
        return {}
    if not any(is_cross_account(trial.request) for trial in trials):
        return {"EvalDecisionDetails": {}} if trials[0].request.resource is not None else {}
    return {"EvalDecisionDetails": together(details_of(trial.policies, trial.request) for trial in trials)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """One action on one resource."""

    request: Request
    policies: PolicySet
    engines: Engines
    decision: Decision
    matched: list[dict[str, Any]]
    missing: list[str]

    @property
    def word(self) -> str:
        return _DECISIONS[self.decision.outcome]


def _try(simulation: CustomSimulation, engines: Engines, action: str, resource: Arn | None) -> _Trial:
    caller = simulation.caller or _NOBODY
    account = getattr(caller, "account", None)
    owner = (resource.account if resource else None) or simulation.owner or account
    if simulation.caller is None:
        # Nobody in particular is of the resource's own account, and nothing follows from who it is.
        caller = User(account=owner or _NOBODY.account, path_and_name=_NOBODY.path_and_name)
        context = dict(simulation.context)
    else:
        context = with_following(simulation.context, caller, action, owner=owner)
    request = Request(
        principal=caller, action=action, resource=resource, resource_account=owner, context=RequestContext(context)
    )
    decision = engines.whole(owner or _NOBODY.account).decide(request)
    given = simulation.policies
    matched = [_statement(simulation, where) for where in decision.determining if _is_shown(given, where)]
    return _Trial(
        request=request,
        policies=given,
        engines=engines,
        decision=decision,
        matched=matched,
        missing=list(_missing(engines.asking, request)),
    )


def _is_shown(policies: PolicySet, where: Determining) -> bool:
    """Whether a statement is one of the input's: "This field doesn't include statements from SCPs"."""
    return where.layer is not Layer.SERVICE_CONTROL and document_at(policies, where) is not None


def _statement(simulation: CustomSimulation, where: Determining) -> dict[str, Any]:
    document = document_at(simulation.policies, where)
    name = document.source.name if document and document.source else ""
    found: dict[str, Any] = {
        "SourcePolicyId": name,
        "SourcePolicyType": "resource" if where.layer is Layer.RESOURCE else simulation.source_types.get(name, "none"),
    }
    source, span = document.source if document else None, where.statement.span
    if source is not None and span is not None:
        found["StartPosition"] = _position(source, span.start)
        found["EndPosition"] = _position(source, max(span.start, span.end - 1))
    return found


def _position(source: Source, offset: int) -> dict[str, int]:
    """AWS's columns are one more than those that people count: `{` in column 37 is its 38.

    Source: AWS CLI Command Reference, "simulate-custom-policy", Examples.
    """
    line, column = source.line_column(offset)
    return {"Line": line, "Column": column + 1}


def _missing(asking: Iterable[Asking], request: Request) -> Iterator[str]:
    """The keys that statements about the action and resource ask for, and that nobody gave."""
    known = set(request.context)
    for each in asking:
        missing = [key for key in each.keys if key.lower() not in known]
        if missing and actions_match(each.statement, request) and _may_cover(each, request):
            known.update(key.lower() for key in missing)
            yield from missing


def _may_cover(asking: Asking, request: Request) -> bool:
    """A Resource element with variables may cover the resource once they are given."""
    statement, document = asking.statement, asking.document
    values = statement.resources.values if statement.resources else ()
    has_variables = any(any(variables_in(value, document.version)) for value in values)
    return has_variables or resources_match(statement, document, request)


def _specific(trial: _Trial) -> dict[str, Any]:
    result: dict[str, Any] = {
        "EvalResourceName": trial.request.resource_text,
        "EvalResourceDecision": trial.word,
        "MatchedStatements": trial.matched,
        "MissingContextValues": trial.missing,
    }
    if trial.policies.permissions_boundary:
        result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": _boundary_allows(trial)}
    if is_cross_account(trial.request):
        result |= _details([trial])
    return result


def _boundary_allows(trial: _Trial) -> bool:
    return _allows(trial.engines.boundary(_owner(trial)), trial.request)


def _levels_allow(trial: _Trial) -> bool:
    return all(_allows(level, trial.request) for level in trial.engines.levels(_owner(trial)))


def _owner(trial: _Trial) -> str:
    return trial.request.owner or _NOBODY.account


def _allows(policies: CompiledPolicies, request: Request) -> bool:
    alone = Request(
        principal=request.principal, action=request.action, resource=request.resource, context=request.context
    )
    return policies.decide(alone).is_allowed


def _template(simulation: CustomSimulation) -> str:
    """The ARN format of the resource type; `*` where no resource is named or the type is not one of AWS KMS."""
    if simulation.resources != (None,) and all(each is not None and each.is_kms_key for each in simulation.resources):
        return "arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}"
    return "*"


def _union(lists: Iterable[Iterable[Any]]) -> list[Any]:
    """What is in any of the lists, each once."""
    return list({repr(item): item for items in lists for item in items}.values())
