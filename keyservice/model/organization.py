"""An organization and its tree, as values: where an account hangs decides which control policies bind it.

Source: AWS Organizations User Guide, "Terminology and concepts for AWS Organizations", "SCP evaluation", "RCP
evaluation"; IAM User Guide, "View Organizations policy activity" (the entity path).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from keyservice.model.identity import NO_CONTROL_POLICIES, ControlPolicies


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationalUnit:
    """An OU, or the root, which alone has no `parent`."""

    id: str
    parent: str | None
    attached: ControlPolicies = NO_CONTROL_POLICIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """An organization: its management account, and the root and the OUs, each behind its parent."""

    id: str
    management_account: str
    units: tuple[OrganizationalUnit, ...]

    @property
    def root_id(self) -> str:
        """`r-ab12`."""
        return self.units[0].id

    def way_to(self, unit_id: str) -> tuple[OrganizationalUnit, ...]:
        """The root and the OUs down to one, that one included."""
        return tuple(reversed(tuple(self._way_up(unit_id))))

    def path_of(self, unit_id: str) -> str:
        """`o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/`: what aws:PrincipalOrgPaths holds for the accounts in a unit."""
        return "/".join((self.id, *(unit.id for unit in self.way_to(unit_id)), ""))

    def _way_up(self, unit_id: str | None) -> Iterator[OrganizationalUnit]:
        units = {unit.id: unit for unit in self.units}
        while unit_id is not None:
            yield units[unit_id]
            unit_id = units[unit_id].parent
