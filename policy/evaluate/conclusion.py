"""From the statements and grants that apply to the decision: the last step of the compiled engine.

Says the same as `reference`, which gives each rule and its source, and is tested against it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from policy.evaluate.decision import Decision, Determining, Outcome
from policy.evaluate.principals import Match
from policy.evaluate.question import Question
from policy.model.document import Effect
from policy.model.grant import Grant
from policy.model.policies import Layer


# Compared by identity: a set of policies has one station for each of its layers and levels.
@dataclass(frozen=True, slots=True, eq=False)
class Station:
    """A layer, or one level of an organisation's layer: its policies allow together or not at all."""

    layer: Layer


class Applying(NamedTuple):
    """A statement that applies, and how its Principal matched (EVERYONE in layers that have none)."""

    where: Determining
    station: Station
    match: Match


class GrantApplying(NamedTuple):
    """A grant that allows, and how it names the caller."""

    grant: Grant
    match: Match


Statements = tuple[Determining, ...]
Grants = tuple[Grant, ...]

_NAMED = (Match.UNDERLYING, Match.EVERYONE, Match.DIRECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What of the policies a conclusion needs besides the statements that apply."""

    question: Question
    guardrails: tuple[Station, ...]
    """The control and endpoint policies' stations, which must all allow, in AWS's order."""
    has_boundary: bool
    has_session: bool
    has_issued_grant: bool
    """Whether the caller's account issued one of the grants."""


def conclude(setting: Setting, applying: Sequence[Applying], grants: Sequence[GrantApplying]) -> Decision:
    """Decide from what applies, statements in the order of the layers."""
    if setting.question.needs_no_permission:
        return Decision(outcome=Outcome.ALLOW)
    denying = tuple(item.where for item in applying if item.where.statement.effect is Effect.DENY)
    if denying:
        return Decision(outcome=Outcome.EXPLICIT_DENY, determining=denying)
    stations = {item.station for item in applying}
    for guardrail in setting.guardrails:
        if guardrail not in stations:
            return _missing(guardrail.layer)
    return _conclude_granting(setting.question, _standing(setting, applying, grants))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """What the granting layers say: each member holds what allows the request in its way."""

    identity: Statements
    resource: tuple[Applying, ...]
    grants: tuple[GrantApplying, ...]
    boundary_allows: bool
    session_allows: bool
    has_issued_grant: bool

    def resource_by(self, *matches: Match) -> Statements:
        return tuple([item.where for item in self.resource if item.match in matches]) if self.resource else ()

    def grants_by(self, *matches: Match) -> Grants:
        return tuple([item.grant for item in self.grants if item.match in matches]) if self.grants else ()

    def limit_in(self) -> Layer:
        """The limiting layer that does not allow, once a granting one does."""
        return Layer.SESSION if self.boundary_allows else Layer.PERMISSIONS_BOUNDARY


def _standing(setting: Setting, allowing: Sequence[Applying], grants: Sequence[GrantApplying]) -> _Standing:
    def of(layer: Layer) -> tuple[Applying, ...]:
        return tuple([item for item in allowing if item.station.layer is layer])

    return _Standing(
        identity=tuple([item.where for item in of(Layer.IDENTITY)]),
        # As an allow, kms:RetireGrant has no effect in a key policy.
        resource=() if setting.question.is_retiring else of(Layer.RESOURCE),
        grants=tuple(grants),
        boundary_allows=not setting.has_boundary or bool(of(Layer.PERMISSIONS_BOUNDARY)),
        session_allows=not setting.has_session or bool(of(Layer.SESSION)),
        has_issued_grant=setting.has_issued_grant,
    )


def _conclude_granting(question: Question, standing: _Standing) -> Decision:
    if not question.has_identity_policies:
        everyone = (Match.EVERYONE, Match.DIRECT)
        return _allow_or(Layer.RESOURCE, standing.resource_by(*everyone), standing.grants_by(*everyone))
    identity_allows = question.is_root or bool(standing.identity)
    if question.is_same_account:
        return _same_account(question, standing, identity_allows=identity_allows)
    return _cross_account(standing, identity_allows=identity_allows)


def _same_account(question: Question, standing: _Standing, *, identity_allows: bool) -> Decision:
    session = standing.session_allows
    both = session and standing.boundary_allows
    statements, grants = standing.resource_by(Match.DIRECT), standing.grants_by(Match.DIRECT)
    if session:
        statements += standing.resource_by(Match.EVERYONE)
    if both:
        statements += standing.resource_by(Match.UNDERLYING)
        grants += standing.grants_by(Match.UNDERLYING)
    delegating = standing.resource_by(Match.ACCOUNT)
    is_delegated = _is_delegated(question, standing)
    if is_delegated and both and identity_allows:
        if not (standing.identity or delegating):
            return Decision(outcome=Outcome.ALLOW)  # the root user of the account, whom no statement needs to allow
        statements += standing.identity + delegating
        grants += standing.grants_by(Match.ACCOUNT)
    if statements or grants:
        return Decision(outcome=Outcome.ALLOW, determining=statements, grants=grants)
    return _missing(_missing_in_account(standing, is_delegated=is_delegated, identity_allows=identity_allows))


def _is_delegated(question: Question, standing: _Standing) -> bool:
    """Whether the account's IAM policies have a say."""
    if question.is_retiring:
        return standing.has_issued_grant
    if question.needs_resource_policy:
        return bool(standing.resource_by(Match.ACCOUNT) or standing.grants_by(Match.ACCOUNT))
    return True


def _missing_in_account(standing: _Standing, *, is_delegated: bool, identity_allows: bool) -> Layer:
    if standing.resource_by(*_NAMED) or standing.grants_by(*_NAMED):
        return standing.limit_in()
    if not is_delegated:
        return Layer.RESOURCE
    return standing.limit_in() if identity_allows else Layer.IDENTITY


def _cross_account(standing: _Standing, *, identity_allows: bool) -> Decision:
    limits = standing.boundary_allows and standing.session_allows
    resource = standing.resource_by(*Match)
    grants = standing.grants_by(*_NAMED) if limits else ()
    statements: Statements = ()
    if limits and identity_allows:
        is_delegated = bool(resource) or standing.has_issued_grant
        statements = standing.identity + resource if is_delegated else ()
        grants += standing.grants_by(Match.ACCOUNT)
        if is_delegated and not statements and not grants:
            return Decision(outcome=Outcome.ALLOW)  # the root user of the account that issued the grant
    return _allow_or(_missing_across_accounts(standing, identity_allows=identity_allows), statements, grants)


def _missing_across_accounts(standing: _Standing, *, identity_allows: bool) -> Layer:
    if not standing.resource and not standing.grants and not standing.has_issued_grant:
        return Layer.RESOURCE
    if not identity_allows and not standing.grants_by(*_NAMED):
        return Layer.IDENTITY
    return standing.limit_in()


def _allow_or(missing: Layer, statements: Statements, grants: Grants) -> Decision:
    if statements or grants:
        return Decision(outcome=Outcome.ALLOW, determining=statements, grants=grants)
    return _missing(missing)


def _missing(layer: Layer) -> Decision:
    return Decision(outcome=Outcome.IMPLICIT_DENY, missing=layer)
