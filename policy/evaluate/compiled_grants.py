"""The grants of a key, compiled: looked up by grantee, so that a key with thousands of grants is decided as quickly.

Says the same as `grants`, whose definitions it is tested against.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from policy.evaluate.grants import UNCONSTRAINED, constraints_hold
from policy.evaluate.principal_keys import Key, keys_of_entry
from policy.evaluate.principals import Match
from policy.evaluate.question import Question
from policy.model.document import PrincipalEntry, PrincipalKind
from policy.model.grant import Grant
from policy.model.principal import RootUser
from policy.model.request import Request

# Account principals of every partition, as `grants` compares them.
_PARTITIONS = ("aws", "aws-cn", "aws-us-gov")


class GrantCandidate(NamedTuple):
    """A grant that allows a question, if its constraints hold where they count."""

    grant: Grant
    match: Match
    is_constrained: bool

    def holds(self, request: Request) -> bool:
        """Whether the grant's constraints let the request through."""
        return not self.is_constrained or constraints_hold(self.grant, request)


# Compared by identity, so that what is compiled can be a key of caches.
@dataclass(frozen=True, slots=True, eq=False)
class CompiledGrants:
    """Grants ready to be asked. They never change, and many threads may ask them at once."""

    grants: tuple[Grant, ...]
    _by_grantee: dict[Key, tuple[int, ...]] = field(repr=False)
    _by_retiree: dict[Key, tuple[int, ...]] = field(repr=False)
    _issuers: frozenset[str | None] = field(repr=False)

    def candidates(self, question: Question) -> Iterator[GrantCandidate]:
        """The grants that allow the question if their constraints hold, in their order."""
        grantees = _matches(self._by_grantee, question)
        retirees = _matches(self._by_retiree, question) if question.is_retiring else {}
        for position in sorted(grantees.keys() | retirees.keys()):
            grant = self.grants[position]
            if not _is_for_key(grant, question):
                continue
            # The retiring principal retires without the grant's having any operation.
            match = retirees.get(position, Match.NONE)
            is_constrained = False
            operation = _granted_operation(grant, question.action)
            if operation is not None and grantees.get(position, Match.NONE) > match:
                match = grantees[position]
                is_constrained = operation not in UNCONSTRAINED
            if match:
                yield GrantCandidate(grant, match, is_constrained)

    def has_issued(self, question: Question) -> bool:
        """Whether one of the grants was issued in the caller's account."""
        account = question.caller_account
        if account is None:
            return False
        names = {account, *(RootUser(partition=partition, account=account).arn for partition in _PARTITIONS)}
        is_unsaid = None in self._issuers and question.owner in names
        return is_unsaid or not names.isdisjoint(self._issuers)


def compile_grants(grants: Iterable[Grant]) -> CompiledGrants:
    """Compile grants, in the order in which a decision is to name them."""
    grants = tuple(grants)
    by_grantee: dict[Key, list[int]] = {}
    by_retiree: dict[Key, list[int]] = {}
    for position, grant in enumerate(grants):
        for key in _keys(grant.grantee_principal, grant.grantee_principal, grant.grantee_service_principal):
            by_grantee.setdefault(key, []).append(position)
        for key in _keys(grant.retiring_principal, grant.retiring_service_principal):
            by_retiree.setdefault(key, []).append(position)
    return CompiledGrants(
        grants=grants,
        _by_grantee={key: tuple(positions) for key, positions in by_grantee.items()},
        _by_retiree={key: tuple(positions) for key, positions in by_retiree.items()},
        _issuers=frozenset(grant.issuing_account or None for grant in grants),
    )


NO_GRANTS = compile_grants(())


def _keys(principal: str | None, *services: str | None) -> set[Key]:
    entries = [PrincipalEntry(PrincipalKind.AWS, principal)] if principal else []
    entries += [PrincipalEntry(PrincipalKind.SERVICE, service) for service in services if service]
    return {key for entry in entries for key in keys_of_entry(entry)}


def _matches(filed: dict[Key, tuple[int, ...]], question: Question) -> dict[int, Match]:
    """The grants that name the caller, by position, and how."""
    matches: dict[int, Match] = {}
    for key, match in question.caller_keys:
        for position in filed.get(key, ()):
            # The most direct keys come first, and the first that finds a grant counts.
            matches.setdefault(position, match)
    return matches


def _granted_operation(grant: Grant, action: str) -> str | None:
    return next((operation for operation in grant.operations if f"kms:{operation}".lower() == action), None)


def _is_for_key(grant: Grant, question: Question) -> bool:
    key = question.resource
    return key is not None and key.is_kms_key and grant.key_id in (str(key), key.resource.removeprefix("key/"))
