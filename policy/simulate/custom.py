"""What AWS's own policy simulator answers: the evaluation results of SimulateCustomPolicy, decided by this engine.

Source: IAM API Reference, "EvaluationResult", "ResourceSpecificResult", "Statement".
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from policy.evaluate.compiled import compile_policies
from policy.evaluate.decision import Decision, Determining, Outcome
from policy.evaluate.statements import actions_match, resources_match
from policy.explain.brief import document_at
from policy.model.arn import Arn
from policy.model.document import PolicyDocument, Statement, Version
from policy.model.policies import Layer, PolicySet
from policy.model.principal import User
from policy.model.reading import read_policy
from policy.model.request import Request, RequestContext
from policy.model.template import parse_template
from policy.simulate.context import with_following
from policy.simulate.custom_details import RANK, details_of, is_cross_account, together
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
    page = simulation.page
    return {
        "EvaluationResults": [_result(simulation, action) for action in page.of(simulation.actions)],
        **page.ending(len(simulation.actions)),
    }


def _result(simulation: CustomSimulation, action: str) -> dict[str, Any]:
    """The result of an action, for all resources together and for each."""
    trials = [_try(simulation, action, resource) for resource in simulation.resources]
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
    decision: Decision
    matched: list[dict[str, Any]]
    missing: list[str]

    @property
    def word(self) -> str:
        return _DECISIONS[self.decision.outcome]


def _try(simulation: CustomSimulation, action: str, resource: Arn | None) -> _Trial:
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
    policies = simulation.policies
    if policies.resource is None:
        policies = _delegating(policies, owner)
    decision = compile_policies(policies).decide(request)
    given = simulation.policies
    matched = [_statement(given, where) for where in decision.determining if _is_shown(given, where)]
    return _Trial(
        request=request, policies=given, decision=decision, matched=matched, missing=list(_missing(given, request))
    )


def _delegating(policies: PolicySet, owner: str | None) -> PolicySet:
    """Without ResourcePolicy only the identity-based policies are tried, also for keys.

    "The simulation does not automatically retrieve policies for the specified resources": a key policy is taken to be
    the one that leaves everything to its account.
    """
    statement = (
        f'{{"Effect": "Allow", "Principal": {{"AWS": "{owner or _NOBODY.account}"}}, "Action": "*", "Resource": "*"}}'
    )
    reading = read_policy(Source("default", f'{{"Version": "2012-10-17", "Statement": {statement}}}'))
    return PolicySet(
        identity=policies.identity,
        permissions_boundary=policies.permissions_boundary,
        service_control=policies.service_control,
        resource=reading.document,
    )


def _is_shown(policies: PolicySet, where: Determining) -> bool:
    """Whether a statement is one of the input's: "This field doesn't include statements from SCPs"."""
    return where.layer is not Layer.SERVICE_CONTROL and document_at(policies, where) is not None


def _statement(policies: PolicySet, where: Determining) -> dict[str, Any]:
    document = document_at(policies, where)
    found: dict[str, Any] = {
        "SourcePolicyId": document.source.name if document and document.source else "",
        "SourcePolicyType": "resource" if where.layer is Layer.RESOURCE else "none",
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


def _missing(policies: PolicySet, request: Request) -> Iterator[str]:
    """The keys that statements about the action and resource ask for, and that nobody gave."""
    known = set(request.context)
    documents = (*policies.identity, *((policies.resource,) if policies.resource else ()))
    for document in documents:
        for statement in document.statements:
            if not actions_match(statement, request) or not _may_cover(statement, document, request):
                continue
            for key in _keys_of(statement, document.version):
                if key.lower() not in known:
                    known.add(key.lower())
                    yield key


def _may_cover(statement: Statement, document: PolicyDocument, request: Request) -> bool:
    """A Resource element with variables may cover the resource once they are given."""
    values = statement.resources.values if statement.resources else ()
    has_variables = any(parse_template(value, document.version).variables for value in values)
    return has_variables or resources_match(statement, document, request)


def _keys_of(statement: Statement, version: Version) -> Iterator[str]:
    """The condition keys of a statement, and the variables in its values."""
    for condition in statement.conditions:
        yield condition.key
        for value in condition.values:
            yield from (variable.key for variable in parse_template(value, version).variables)
    for value in statement.resources.values if statement.resources else ():
        yield from (variable.key for variable in parse_template(value, version).variables)


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
    return _allow(trial.policies.permissions_boundary, trial.request)


def _levels_allow(trial: _Trial) -> bool:
    return all(_allow(level.policies, trial.request) for level in trial.policies.service_control)


def _allow(documents: tuple[PolicyDocument, ...], request: Request) -> bool:
    """Whether these policies by themselves allow: as a user's whose resources ask for no policy of their own."""
    alone = Request(
        principal=request.principal, action=request.action, resource=request.resource, context=request.context
    )
    return compile_policies(_delegating(PolicySet(identity=documents), request.owner)).decide(alone).is_allowed


def _template(simulation: CustomSimulation) -> str:
    """The ARN format of the resource type; `*` where no resource is named or the type is not one of AWS KMS."""
    if simulation.resources != (None,) and all(each is not None and each.is_kms_key for each in simulation.resources):
        return "arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}"
    return "*"


def _union(lists: Iterable[Iterable[Any]]) -> list[Any]:
    found: list[Any] = []
    for items in lists:
        found += [item for item in items if item not in found]
    return found
