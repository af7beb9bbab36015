"""What the families of condition operators have in common: how one policy value compares with one request value.

A family gives each comparison twice: `compare` is the definition, `prepare` the same for all values of a condition at
once. Set qualifiers, IfExists and absent keys are no matter of a family; `condition` applies them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from policy.model.document import Version

Context = Mapping[str, tuple[str, ...]]
"""The request context; a prepared form is given it under lower-case names."""

ValueTest = Callable[[str, Context], bool]
"""Whether one request value satisfies the condition's values: is one of them or, when negated, none of them."""


class Family(Protocol):
    """A family of operators."""

    def compare(self, policy_value: str, request_value: str, context: Context, version: Version) -> bool | None:
        """Whether the values match; None if they cannot be compared, which satisfies no operator, negated or not."""

    def prepare(self, policy_values: tuple[str, ...], version: Version, *, negated: bool) -> ValueTest:
        """The test of one request value against all policy values."""

    def literals(self, policy_values: tuple[str, ...], version: Version) -> frozenset[str] | None:
        """The request values that match, if they can be listed; the quickest of all tests is then a look-up."""


Policy = TypeVar("Policy")
Request = TypeVar("Request")


@dataclass(frozen=True, slots=True)
class TypedFamily(Generic[Policy, Request]):
    """Operators on values that are read as something: numbers, dates, addresses. No wildcards and no variables.

    `parse_policy` and `parse_request` give None for a text that is no such value. AWS does not say how such a text
    compares; here it cannot be compared, so that neither NumericEquals nor NumericNotEquals holds for `abc`.
    """

    parse_policy: Callable[[str], Policy | None]
    parse_request: Callable[[str], Request | None]
    relation: Callable[[Request, Policy], bool]

    def compare(self, policy_value: str, request_value: str, _context: Context, _version: Version) -> bool | None:
        """Whether the request value stands in the relation to the policy value."""
        policy, request = self.parse_policy(policy_value), self.parse_request(request_value)
        return None if policy is None or request is None else self.relation(request, policy)

    def prepare(self, policy_values: tuple[str, ...], _version: Version, *, negated: bool) -> ValueTest:
        """Read the policy values once."""
        read = [self.parse_policy(value) for value in policy_values]
        comparable = tuple(policy for policy in read if policy is not None)
        if negated and len(comparable) < len(read):
            return lambda _value, _context: False
        parse_request, relation = self.parse_request, self.relation

        def test(value: str, _context: Context) -> bool:
            request = parse_request(value)
            if request is None:
                return False
            for policy in comparable:
                if relation(request, policy):
                    return not negated
            return negated

        return test

    def literals(self, _policy_values: tuple[str, ...], _version: Version) -> None:
        """Several texts may say the same number, date or address."""
        return
