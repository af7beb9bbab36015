"""What the engine answers: a decision and the statements that determined it."""

from dataclasses import dataclass
from enum import StrEnum

from policy.model.document import Statement
from policy.model.grant import Grant
from policy.model.policies import Layer


class Outcome(StrEnum):
    """The three results of an evaluation."""

    ALLOW = "allow"
    EXPLICIT_DENY = "explicit deny"
    IMPLICIT_DENY = "implicit deny"


@dataclass(frozen=True, slots=True, kw_only=True)
class Determining:
    """A statement that determined a decision: its layer, and where it stands.

    `policy` counts the policies of the layer from 0 (through all levels of an organisation), `index` the statements.
    """

    layer: Layer
    policy: int
    index: int
    statement: Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer to a request.

    An allow names the allowing statements or grants; an explicit deny the denying statements; an implicit deny names
    the layer in `missing` whose allow was wanting (the first in AWS's order).
    """

    outcome: Outcome
    determining: tuple[Determining, ...] = ()
    grants: tuple[Grant, ...] = ()
    missing: Layer | None = None

    @property
    def is_allowed(self) -> bool:
        """Whether the request may proceed."""
        return self.outcome is Outcome.ALLOW
