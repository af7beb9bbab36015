"""Whether a role's trust policy lets a service assume it: what stands between an instance and its credentials."""

from keyservice.authorize.documents import document_of
from keyservice.model.identity import Role
from policy.evaluate.decision import Decision
from policy.evaluate.reference import decide
from policy.model.arn import Arn
from policy.model.policies import PolicySet
from policy.model.principal import ServicePrincipal
from policy.model.request import Request


def may_assume(role: Role, service_principal: str) -> Decision:
    """The decision on sts:AssumeRole by a service such as `ec2.amazonaws.com` (IAM User Guide, "Roles for EC2")."""
    request = Request(
        principal=ServicePrincipal(name=service_principal), action="sts:AssumeRole", resource=Arn.parse(role.arn)
    )
    return decide(request, PolicySet(resource=document_of(role.trust_policy)))
