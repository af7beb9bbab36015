"""Everything that bears on a request: the policies of each layer, and the key's grants.

Source: IAM User Guide, "Policy evaluation logic".
"""

from dataclasses import dataclass
from enum import StrEnum

from policy.model.document import PolicyDocument
from policy.model.grant import Grant


class Layer(StrEnum):
    """A kind of policy, under the name AWS's access-denied messages give it."""

    SERVICE_CONTROL = "service control policy"
    RESOURCE_CONTROL = "resource control policy"
    PERMISSIONS_BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    VPC_ENDPOINT = "VPC endpoint policy"
    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    GRANT = "grant"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationLevel:
    """The control policies of one level of the organisation: root, an OU, or the account. Each level must allow."""

    org: str
    policies: tuple[PolicyDocument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySet:
    """The policies that bear on one request. An empty member means that there is no such policy, and so no such limit.

    `service_control` holds the caller's SCPs, `resource_control` the resource's RCPs.
    """

    identity: tuple[PolicyDocument, ...] = ()
    resource: PolicyDocument | None = None
    session: tuple[PolicyDocument, ...] = ()
    permissions_boundary: tuple[PolicyDocument, ...] = ()
    service_control: tuple[OrganizationLevel, ...] = ()
    resource_control: tuple[OrganizationLevel, ...] = ()
    vpc_endpoint: tuple[PolicyDocument, ...] = ()
    grants: tuple[Grant, ...] = ()
