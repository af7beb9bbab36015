"""The reason of a decision in one line, without asking every statement again: for matrices of many decisions."""

from policy.evaluate.decision import Decision, Determining, Outcome
from policy.explain.failure import policy_name
from policy.model.document import PolicyDocument
from policy.model.policies import Layer, PolicySet
from policy.model.principal import RootUser
from policy.model.request import Request


def brief_reason(request: Request, policies: PolicySet, decision: Decision) -> str:
    """What determined the decision, or which layer's allow is missing."""
    match decision.outcome:
        case Outcome.ALLOW:
            return _allowed(request, policies, decision)
        case Outcome.EXPLICIT_DENY:
            return f"denied by {_places(request, policies, decision)}"
        case Outcome.IMPLICIT_DENY:
            layer = decision.missing or Layer.IDENTITY
            if layer is Layer.RESOURCE and policies.resource is None:
                return f"there is no {policy_name(layer, request)}"
            return f"no {policy_name(layer, request)} allows it"


def statement_name(request: Request, policies: PolicySet, where: Determining) -> str:
    """`key policy "Sid"`, `role/App policy P statement 2`: a statement by its policy and Sid or number."""
    document = document_at(policies, where)
    name = policy_name(where.layer, request)
    # An identity-based policy is known by its own name, where it has one; the others by their layer.
    if where.layer is not Layer.RESOURCE and document is not None and document.source is not None:
        name = document.source.name
    sid = where.statement.sid
    return f'{name} "{sid}"' if sid else f"{name} statement {where.index + 1}"


def document_at(policies: PolicySet, where: Determining) -> PolicyDocument | None:
    """The document in which a determining statement stands."""
    documents = _of_layer(policies, where.layer)
    return documents[where.policy] if where.policy < len(documents) else None


def _of_layer(policies: PolicySet, layer: Layer) -> tuple[PolicyDocument, ...]:
    match layer:
        case Layer.SERVICE_CONTROL:
            return tuple(document for level in policies.service_control for document in level.policies)
        case Layer.RESOURCE_CONTROL:
            return tuple(document for level in policies.resource_control for document in level.policies)
        case Layer.RESOURCE:
            return (policies.resource,) if policies.resource is not None else ()
        case Layer.IDENTITY:
            return policies.identity
        case Layer.PERMISSIONS_BOUNDARY:
            return policies.permissions_boundary
        case Layer.SESSION:
            return policies.session
        case Layer.VPC_ENDPOINT:
            return policies.vpc_endpoint
        case Layer.GRANT:
            return ()


def _allowed(request: Request, policies: PolicySet, decision: Decision) -> str:
    by = [statement_name(request, policies, where) for where in decision.determining]
    by += [f"grant {grant.grant_id}" for grant in decision.grants]
    if by:
        return f"allowed by {' and '.join(by)}"
    return "the root user needs no statement" if isinstance(request.principal, RootUser) else "needs no permission"


def _places(request: Request, policies: PolicySet, decision: Decision) -> str:
    return " and ".join(statement_name(request, policies, where) for where in decision.determining)
