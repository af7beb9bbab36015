"""A decision's reasons, each a sentence: what determined it or, if nothing allowed, what is missing and came near."""

from collections.abc import Iterator, Sequence

from policy.evaluate.decision import Determining, Outcome
from policy.evaluate.principals import Match
from policy.evaluate.reference import has_required_policy
from policy.evaluate.statements import Element
from policy.explain.explanation import Explanation, StatementReport
from policy.explain.failure import place_of, policy_name, why_no_grant, why_not
from policy.explain.sentence import caller_name
from policy.model.document import Effect
from policy.model.policies import Layer, OrganizationLevel
from policy.model.principal import Role, RoleSession, RootUser, User, account_of

# How near a statement came to applying: the later the element that failed, the nearer.
_NEARNESS = {Element.CONDITION: 0, Element.RESOURCE: 1, Element.ACTION: 2, Element.PRINCIPAL: 3, None: 4}

# More near misses than this tell a reader no more; the whole list is in `Explanation.statements`.
_MOST_MISSES = 5


def reasons(explanation: Explanation) -> tuple[str, ...]:
    """The reasons, the weightiest first."""
    match explanation.decision.outcome:
        case Outcome.ALLOW:
            return tuple(_allow(explanation))
        case Outcome.EXPLICIT_DENY:
            determining = explanation.decision.determining
            return tuple(f"{_place(where, explanation)} denies it" for where in determining)
        case Outcome.IMPLICIT_DENY:
            return (headline(explanation), *_near_misses(explanation))


def headline(explanation: Explanation) -> str:
    """For an implicit deny: which layer's allow is missing, in plain words."""
    match explanation.decision.missing:
        case Layer.RESOURCE:
            return _no_resource_policy(explanation)
        case Layer.IDENTITY:
            return _no_identity_policy(explanation)
        case Layer.SERVICE_CONTROL:
            return _no_level(explanation, Layer.SERVICE_CONTROL, explanation.policies.service_control)
        case Layer.RESOURCE_CONTROL:
            return _no_level(explanation, Layer.RESOURCE_CONTROL, explanation.policies.resource_control)
        case layer:
            limit = f"every request needs the allow of its {layer}, where there is one"
            return f"no {layer} allows {explanation.request.action}: {limit}"


def _allow(explanation: Explanation) -> Iterator[str]:
    decision, request = explanation.decision, explanation.request
    for where in decision.determining:
        report = _report(where, explanation)
        delegates = where.layer is Layer.RESOURCE and report.match is Match.ACCOUNT
        verb = f"gives account {account_of(request.principal)} the say" if delegates else "allows it"
        yield f"{place_of(report, request)} {verb}"
    for grant in decision.grants:
        grantee = grant.grantee_principal or grant.grantee_service_principal
        yield f"grant {grant.grant_id} to {grantee} allows it"
    if not decision.determining and not decision.grants:
        root = isinstance(request.principal, RootUser)
        yield "the root user of the account needs no statement" if root else f"{request.action} needs no permission"


def _place(where: Determining, explanation: Explanation) -> str:
    return place_of(_report(where, explanation), explanation.request)


def _report(where: Determining, explanation: Explanation) -> StatementReport:
    place = (where.layer, where.policy, where.index)
    return next(item for item in explanation.statements if (item.layer, item.policy, item.index) == place)


def _no_resource_policy(explanation: Explanation) -> str:
    request, name = explanation.request, policy_name(Layer.RESOURCE, explanation.request)
    grants = ", and no grant applies" if explanation.policies.grants else ""
    if explanation.policies.resource is None:
        return f"there is no {name}, which this caller needs{grants}"
    if any(_names_caller(report) for report in explanation.of_layer(Layer.RESOURCE)):
        return f"no Allow of the {name} applies to {caller_name(request.principal)}{grants}"
    return f"the {name} names {_nobody(explanation)}{grants}"


def _nobody(explanation: Explanation) -> str:
    """`neither the role nor its account 111122223333`."""
    principal = explanation.request.principal
    account = account_of(principal)
    kinds = {Role: "role", RoleSession: "role", User: "user", RootUser: "account"}
    kind = kinds.get(type(principal), "caller")
    if account is None or isinstance(principal, RootUser):
        return f"no {caller_name(principal)}" if account is None else f"no account {account}"
    return f"neither the {kind} nor its account {account}: it says nothing of {caller_name(principal)}"


def _names_caller(report: StatementReport) -> bool:
    return report.statement.effect is Effect.ALLOW and report.match is not Match.NONE


def _names_directly(report: StatementReport) -> bool:
    return report.layer is Layer.RESOURCE and report.match > Match.ACCOUNT


def _no_identity_policy(explanation: Explanation) -> str:
    request, account = explanation.request, account_of(explanation.request.principal)
    own = explanation.policies.identity
    found = (
        f"no identity-based policy of the caller allows {request.action}"
        if own
        else "the caller has no identity-based policy"
    )
    if request.owner not in (None, account):
        return (
            f"the caller is of account {account}, the resource of account {request.owner}, so both must allow: {found}"
        )
    if has_required_policy(request):
        name = policy_name(Layer.RESOURCE, request)
        return f"the {name} leaves it to the IAM policies of account {account}, but {found}"
    return found


def _no_level(explanation: Explanation, layer: Layer, levels: Sequence[OrganizationLevel]) -> str:
    """The first level of the organisation that does not allow."""
    allowing = {report.policy for report in explanation.of_layer(layer) if report.allows}
    first = 0
    for level in levels:
        numbers = range(first, first + len(level.policies))
        if not allowing.intersection(numbers):
            return f"no {layer} of {level.org} allows {explanation.request.action}, and every level must"
        first += len(level.policies)
    return f"no {layer} allows {explanation.request.action}"


def _near_misses(explanation: Explanation) -> Iterator[str]:
    """The Allow statements that would have been enough: those of the missing layer, and those that name the caller."""
    request, missing = explanation.request, explanation.decision.missing
    misses = [
        report
        for report in explanation.unmet
        if report.statement.effect is Effect.ALLOW and (report.layer is missing or _names_directly(report))
    ]
    misses.sort(key=lambda report: _NEARNESS[report.failed])
    # Statements for others tell something only where there are none for the caller.
    near = [report for report in misses if report.failed is not Element.PRINCIPAL] or misses
    for report in near[:_MOST_MISSES]:
        yield f"{place_of(report, request)} does not apply: {why_not(report, request)}"
    rest = len(misses) - len(near[:_MOST_MISSES])
    if rest:
        yield f"{rest} more {'statement does' if rest == 1 else 'statements do'} not apply"
    if missing in (Layer.RESOURCE, Layer.IDENTITY):
        for grant in explanation.grants[:_MOST_MISSES]:
            if grant.failed:
                yield f"grant {grant.grant.grant_id} does not apply: {why_no_grant(grant, explanation)}"
