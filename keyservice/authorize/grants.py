"""The grants that bear on a call, as the engine takes them; for the many keys that have none this costs a look-up."""

from keyservice.auth.caller import Caller
from keyservice.authorize.binding import counts_for
from keyservice.authorize.standing import Standing
from keyservice.authorize.target import Target
from keyservice.model.grant import Grant
from keyservice.store.port import Store
from policy.evaluate.compiled import CompiledPolicies, combine
from policy.evaluate.compiled_grants import NO_GRANTS, CompiledGrants, compile_grants
from policy.model import grant as engine

_REMEMBERED = 4096  # pairs of a key and a caller that has grants on it

_Name = tuple[str, str, tuple[str, ...]]
"""A key's ARN, a caller's unique id, and what the caller's grants are looked up by."""


class Grants:
    """A caller's grants on a key, compiled once for as long as the store gives the same ones."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[_Name, tuple[tuple[Grant, ...], CompiledGrants]] = {}

    def of(self, standing: Standing, target: Target) -> CompiledGrants:
        """The grants that may allow a call.

        Of a grant that is to be retired nothing but that grant counts: it says who retires it (KMS Developer Guide,
        "Retiring and revoking grants").
        """
        if target.grant is not None:
            counts = counts_for(target.grant, standing.caller)
            return compile_grants([as_the_engine_has_it(target.grant)] if counts else [])
        key = target.key
        if key is None:
            return NO_GRANTS
        grants = self._store.grants_to(key.region, key.key_id, standing.grantees)
        return self._compiled((key.arn, standing.caller.unique_id, standing.grantees), grants, standing.caller)

    def _compiled(self, name: _Name, grants: tuple[Grant, ...], caller: Caller) -> CompiledGrants:
        if not grants:
            return NO_GRANTS
        known = self._known.get(name)
        if known is not None and known[0] is grants:
            return known[1]
        compiled = compile_grants([as_the_engine_has_it(grant) for grant in grants if counts_for(grant, caller)])
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[name] = (grants, compiled)
        return compiled


def with_grants(policies: CompiledPolicies, grants: CompiledGrants) -> CompiledPolicies:
    """The policies and the grants together."""
    if grants is NO_GRANTS:
        return policies
    return combine(
        identity=policies.identity,
        resource=policies.resource,
        session=policies.session,
        permissions_boundary=policies.permissions_boundary,
        service_control=policies.service_control,
        resource_control=policies.resource_control,
        vpc_endpoint=policies.vpc_endpoint,
        grants=grants,
    )


def as_the_engine_has_it(grant: Grant) -> engine.Grant:
    """The grant under the ARN of its key, so that it never counts for a key of that id in another Region."""
    return engine.Grant(
        grant_id=grant.grant_id,
        key_id=grant.key_arn,
        grantee_principal=grant.grantee_principal,
        retiring_principal=grant.retiring_principal,
        grantee_service_principal=grant.grantee_service_principal,
        retiring_service_principal=grant.retiring_service_principal,
        issuing_account=grant.issuing_account,
        name=grant.name,
        operations=frozenset(grant.operations),
        encryption_context_equals=grant.encryption_context_equals,
        encryption_context_subset=grant.encryption_context_subset,
        source_arn=grant.source_arn,
    )
