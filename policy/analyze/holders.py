"""Who administers a key and who uses it; whoever does both is told apart, as nothing then stands between the two.

To describe a key neither administers nor uses it, though both classes of AWS's default key policy have it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from policy.analyze.access import Access
from policy.analyze.who_can import Analysis, Watch
from policy.model.principal import Principal, RootUser
from policy.simulate.context import Values
from policy.simulate.key_actions import administration_actions, usage_actions
from policy.simulate.world import Key

Accesses = Mapping[Principal, tuple[Access, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holders:
    """The principals of each kind, with how each comes to it."""

    admins: Accesses
    users: Accesses

    @property
    def both(self) -> tuple[Principal, ...]:
        """Those who can administer and use. A root user always can, and is no finding."""
        return tuple(each for each in self.admins if each in self.users and not isinstance(each, RootUser))


def holders_of(analysis: Analysis, key: Key, context: Values, *, watch: Watch = iter) -> Holders:
    """Who administers and who uses a key; `watch` as for `who_can`."""
    return Holders(
        admins=_by_principal(analysis.who_can(administration_actions(), key, context, watch=watch)),
        users=_by_principal(analysis.who_can(usage_actions(), key, context, watch=watch)),
    )


def _by_principal(accesses: Iterable[Access]) -> Accesses:
    found: dict[Principal, tuple[Access, ...]] = {}
    for access in accesses:
        found[access.principal] = (*found.get(access.principal, ()), access)
    return found
