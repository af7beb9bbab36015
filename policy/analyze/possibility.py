"""Whether a request can be allowed, and what that still depends on: the engine's own conclusion, drawn twice.

Once everything open is taken to speak for the request: if that is no allow, nothing can make it one. Once everything
open is taken to speak against it: if that is an allow, nothing can prevent it. In between it depends.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from policy.analyze.consistency import can_hold_together
from policy.analyze.knowledge import Knowledge
from policy.evaluate.compiled import CompiledPolicies
from policy.evaluate.compiled_grants import GrantCandidate
from policy.evaluate.conclusion import Applying, GrantApplying, Setting, conclude
from policy.evaluate.decision import Decision
from policy.evaluate.question import ask
from policy.model.document import Condition, Effect
from policy.model.grant import Grant
from policy.model.policies import Layer

Open = tuple[str | Condition, ...]
"""What something depends on; all of it must hold."""

_GRANTING = (Layer.RESOURCE, Layer.IDENTITY)


class Possible(NamedTuple):
    """A statement that applies if what is open holds."""

    applying: Applying
    open: Open

    @property
    def is_allow(self) -> bool:
        """Whether it is an Allow."""
        return self.applying.where.statement.effect is Effect.ALLOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Possibility:
    """How a request can be allowed. `best` is the decision if everything open turns out well."""

    best: Decision
    is_certain: bool
    allows: tuple[Possible, ...]
    """The Allow statements that apply or may, of all layers."""
    denies: tuple[Possible, ...]
    """The Deny statements that may apply."""
    limits: tuple[Possible, ...]
    """Of each layer whose allow is needed and is not certain, the statement that asks for least."""
    open_grants: tuple[Grant, ...]
    """The grants whose constraints may hold or not."""


def possibility(policies: CompiledPolicies, knowledge: Knowledge) -> Possibility | None:
    """How the request can be allowed; None if it cannot."""
    plan = policies.plan(ask(knowledge.request))
    possible = tuple(_possible(plan.statements, knowledge))
    hopeful = [each.applying for each in possible if each.is_allow or not each.open]
    granting = [GrantApplying(each.grant, each.match) for each in plan.grants if _can_hold(each, knowledge)]
    best = conclude(plan.setting, hopeful, granting)
    if not best.is_allowed:
        return None
    wary = [each.applying for each in possible if not each.open or not each.is_allow]
    sure = [GrantApplying(each.grant, each.match) for each in plan.grants if _holds_surely(each, knowledge)]
    is_certain = conclude(plan.setting, wary, sure).is_allowed
    surely_granted = {id(item.grant) for item in sure}
    return Possibility(
        best=best,
        is_certain=is_certain,
        allows=tuple(each for each in possible if each.is_allow),
        denies=tuple(each for each in possible if each.open and not each.is_allow),
        limits=() if is_certain else tuple(_limits(plan.setting, possible, granting)),
        open_grants=tuple(item.grant for item in granting if id(item.grant) not in surely_granted),
    )


def _possible(statements: Sequence[tuple[Applying, tuple[object, ...]]], knowledge: Knowledge) -> Iterator[Possible]:
    for applying, tests in statements:
        found = knowledge.open_conditions(applying.where.statement, tests)  # type: ignore[arg-type] # the plan's tests
        if found is not None and can_hold_together(found):
            yield Possible(applying, found)


def _can_hold(candidate: GrantCandidate, knowledge: Knowledge) -> bool:
    return not knowledge.is_complete or candidate.holds(knowledge.request)


def _holds_surely(candidate: GrantCandidate, knowledge: Knowledge) -> bool:
    """Without constraints a grant holds; a subset of the encryption context, once there, is there whatever is added."""
    if not candidate.is_constrained or knowledge.is_complete:
        return candidate.holds(knowledge.request)
    grant = candidate.grant
    has_exact = grant.encryption_context_equals is not None
    creates = knowledge.request.action.lower() == "kms:creategrant"
    return not has_exact and not creates and candidate.holds(knowledge.request)


def _limits(setting: Setting, possible: Sequence[Possible], granting: Sequence[GrantApplying]) -> Iterator[Possible]:
    """The layers that only limit, and whose allow is needed for the best decision but open."""
    allows = [each for each in possible if each.is_allow]
    by_station: dict[object, list[Possible]] = {}
    for each in allows:
        if each.applying.station.layer not in _GRANTING:
            by_station.setdefault(each.applying.station, []).append(each)
    for station, own in by_station.items():
        if all(each.open for each in own):
            others = [each.applying for each in allows if each.applying.station is not station]
            if not conclude(setting, others, granting).is_allowed:
                yield min(own, key=lambda each: len(each.open))
