"""What is known of a request before it is made: which condition keys follow from caller and key, which are open.

A condition of which everything is known holds or does not; any other may hold, and is what an answer depends on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from policy.catalogue.operators import Operator
from policy.model.document import Condition, Patterns, Statement, Version
from policy.model.request import Request
from policy.model.template import parse_template
from policy.operators.condition import ConditionTest

# Keys that say who calls and whose key it is: known of every principal, absent ones included ("Principal keys").
_OF_CALLER = frozenset(
    {
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principaltype",
        "aws:principalisawsservice",
        "aws:principalservicename",
        "aws:username",
        "aws:resourceaccount",
        "kms:calleraccount",
    }
)

_CALLERS_ACCOUNT = frozenset({"kms:calleraccount", "aws:principalaccount"})
_EQUALS = frozenset({Operator.STRING_EQUALS, Operator.STRING_EQUALS_IGNORE_CASE, Operator.STRING_LIKE})

Tests = Sequence[ConditionTest]


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What is known of one request.

    `is_complete` says that the context is all there is: what it lacks is absent. `strangers_to` makes the caller anyone
    who is not of these accounts: nothing is known of such a caller but that.
    """

    request: Request
    is_complete: bool = False
    strangers_to: frozenset[str] | None = None
    closed: frozenset[str] = frozenset()
    """Prefixes of keys that are all known: `aws:principaltag/` of a user."""
    _known: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        of_caller = _OF_CALLER if self.strangers_to is None else frozenset[str]()
        object.__setattr__(self, "_known", of_caller | set(self.request.context))

    def knows(self, key: str) -> bool:
        """Whether the values of a condition key are known, or that there are none."""
        key = key.lower()
        return self.is_complete or key in self._known or any(map(key.startswith, self.closed))

    def open_conditions(self, statement: Statement, tests: Tests) -> "tuple[str | Condition, ...] | None":
        """What the statement still depends on: nothing if it applies for sure; None if it does not apply.

        A Resource element with variables stands as its text. `tests` are those of the engine's plan: one for each
        condition, behind one for the resource if that depends on the context.
        """
        found: list[str | Condition] = []
        context = self.request.context.lowered()
        extra = len(tests) - len(statement.conditions)
        for test in tests[:extra]:
            if not self._knows_variables(statement.resources.values if statement.resources else ()):
                found.append(f"the resource is {_pattern_text(statement.resources)}")
            elif not test(context):
                return None
        for condition, test in zip(statement.conditions, tests[extra:], strict=True):
            if self.knows(condition.key) and self._knows_variables(condition.values):
                if not test(context):
                    return None
            elif self._is_of_no_stranger(condition):
                return None
            else:
                found.append(condition)
        return tuple(found)

    def _knows_variables(self, values: Iterable[str]) -> bool:
        return all(
            self.knows(variable.key)
            for value in values
            if "${" in value
            for variable in parse_template(value, Version.CURRENT).variables
        )

    def _is_of_no_stranger(self, condition: Condition) -> bool:
        """Whether the condition asks for a caller of the very accounts that the caller is a stranger to."""
        return (
            self.strangers_to is not None
            and condition.key.lower() in _CALLERS_ACCOUNT
            and condition.operator in _EQUALS
            and not condition.if_exists
            and condition.qualifier is None
            and self.strangers_to.issuperset(condition.values)
        )


def _pattern_text(patterns: Patterns | None) -> str:
    return " or ".join(f"`{value}`" for value in patterns.values) if patterns else ""
