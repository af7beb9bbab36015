"""What an organization has to say of a call: its control policies, and the condition keys that follow from it.

Source: AWS Organizations User Guide, "SCP evaluation", "RCP evaluation", "Service control policies (SCPs)", "Resource
control policies (RCPs)"; IAM User Guide, "AWS global condition context keys".
"""

import json
from dataclasses import dataclass, field
from operator import is_

from keyservice.authorize.context import ContextValues, SpelledValues, lowered
from keyservice.model.identity import Account, ControlPolicies
from keyservice.model.organization import Organization
from keyservice.store.port import Store

_REMEMBERED = 4096  # accounts

Levels = tuple[tuple[str, ...], ...]
"""Policy texts of each level of the organization that limits anything: root, OUs, account."""

FULL_AWS_ACCESS = json.dumps(
    # FullAWSAccess and RCPFullAWSAccess ("SCP evaluation", "RCP evaluation") say the same but for their principals.
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)

# A policy has a statement at least.
ALLOW_NOTHING = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "NotAction": "*", "Resource": "*"}]}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An account's place: what binds its principals (SCPs), and whoever reaches its resources (RCPs)."""

    account: Account | None
    organization: Organization | None
    service_control: Levels = ()
    resource_control: Levels = ()
    of_principal: ContextValues
    of_resource: ContextValues
    of_source: ContextValues = field(default_factory=dict)


class Organizations:
    """The places of accounts, each worked out once for as long as account and organization stay the same."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, Place] = {}

    def place_of(self, account_id: str) -> Place:
        """The account's place now."""
        account = self._store.account(account_id)
        membership = account.membership if account else None
        organization = self._store.identity(Organization, membership.organization) if membership else None
        known = self._known.get(account_id)
        if known is not None and is_(known.account, account) and is_(known.organization, organization):
            return known
        place = _place(account, organization)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[account_id] = place
        return place


def _place(account: Account | None, organization: Organization | None) -> Place:
    if account is None or account.membership is None or organization is None:
        return Place(account=account, organization=organization, of_principal={}, of_resource={})
    membership = account.membership
    attached = [unit.attached for unit in organization.way_to(membership.parent)] + [membership.attached]
    # "SCPs don't affect users or roles in the management account", nor do RCPs its resources.
    is_bound = account.id != organization.management_account
    path = organization.path_of(membership.parent)
    return Place(
        account=account,
        organization=organization,
        service_control=tuple(filter(None, map(_service_control, attached))) if is_bound else (),
        resource_control=tuple(filter(None, map(_resource_control, attached))) if is_bound else (),
        of_principal=lowered(_context("Principal", organization.id, path)),
        of_resource=lowered(_context("Resource", organization.id, path)),
        of_source=lowered(_context("Source", organization.id, path)),
    )


def _service_control(attached: ControlPolicies) -> tuple[str, ...]:
    """A level's SCPs; none if FullAWSAccess is alone, as it limits nothing. A level without any allows nothing."""
    own = tuple(policy.document for policy in attached.service_control)
    if not attached.full_aws_access:
        return own or (ALLOW_NOTHING,)
    return (FULL_AWS_ACCESS, *own) if own else ()


def _resource_control(attached: ControlPolicies) -> tuple[str, ...]:
    own = tuple(policy.document for policy in attached.resource_control)
    return (FULL_AWS_ACCESS, *own) if own else ()


def _context(side: str, organization: str, path: str) -> SpelledValues:
    return {f"aws:{side}OrgID": organization, f"aws:{side}OrgPaths": (path,)}
