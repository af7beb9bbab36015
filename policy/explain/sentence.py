"""AWS's own sentence for a refused request, as it goes over the wire.

Source: IAM User Guide, "Troubleshoot access denied error messages".
"""

from policy.evaluate.decision import Decision, Outcome
from policy.model.policies import Layer
from policy.model.principal import Anonymous, FederatedIdentity, Principal, ServicePrincipal
from policy.model.request import Request


def wire_sentence(request: Request, decision: Decision) -> str:
    """`User: ARN is not authorized to perform: ACTION on resource: ARN because no … policy allows the ACTION action`.

    Raises:
        ValueError: the decision is an allow, for which there is no such sentence.
    """
    # "on resource:" is dropped where an action names no resource (KMS: CreateKey, ListKeys, ListAliases).
    resource = f" on resource: {request.resource}" if request.resource else ""
    head = f"User: {caller_name(request.principal)} is not authorized to perform: {request.action}{resource}"
    match decision.outcome:
        case Outcome.EXPLICIT_DENY:
            # "If multiple policy types deny an authorization request, AWS includes only one of those policy types".
            return f"{head} with an explicit deny in {with_article(decision.determining[0].layer)}"
        case Outcome.IMPLICIT_DENY:
            layer = decision.missing or Layer.IDENTITY
            return f"{head} because no {layer} allows the {request.action} action"
        case Outcome.ALLOW:
            raise ValueError("an allowed request has no access-denied sentence")


def caller_name(principal: Principal) -> str:
    """The caller as AWS's messages and policies name it: its ARN, a service's or provider's name, or `anonymous`."""
    match principal:
        case ServicePrincipal():
            return principal.name
        case FederatedIdentity():
            return principal.provider
        case Anonymous():
            return "anonymous"
        case _:
            return principal.arn


def with_article(words: str) -> str:
    """`an identity-based policy`, `a session policy`."""
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
