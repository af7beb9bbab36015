"""The string operators: exact, ignoring case, and with wildcards; all with policy variables.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators", String condition operators.
"""

from collections.abc import Callable
from dataclasses import dataclass

from policy.model.document import Version
from policy.model.pattern import Wildcard, as_text, parts_match
from policy.model.template import Template, parse_template
from policy.operators.family import Context, ValueTest


@dataclass(frozen=True, slots=True)
class EqualsFamily:
    """StringEquals and StringEqualsIgnoreCase: `*` and `?` are themselves. `fold` makes texts comparable."""

    fold: Callable[[str], str] | None = None

    def compare(self, policy_value: str, request_value: str, context: Context, version: Version) -> bool:
        """Whether the texts are equal; a variable without a value equals nothing ("Policy variables with no value")."""
        text = parse_template(policy_value, version).text(context)
        return text is not None and self._folded(text) == self._folded(request_value)

    def prepare(self, policy_values: tuple[str, ...], version: Version, *, negated: bool) -> ValueTest:
        """Look the value up among the texts without variables, then fill the others in."""
        listed, variable = self._split(policy_values, version)
        folded = self._folded

        def test(value: str, context: Context) -> bool:
            value = folded(value)
            if value in listed:
                return not negated
            for template in variable:
                text = template.text(context)
                if text is not None and folded(text) == value:
                    return not negated
            return negated

        return test

    def literals(self, policy_values: tuple[str, ...], version: Version) -> frozenset[str] | None:
        """The texts themselves, if case counts and no variable stands in them."""
        listed, variable = self._split(policy_values, version)
        return None if variable or self.fold else listed

    def _folded(self, text: str) -> str:
        return self.fold(text) if self.fold else text

    def _split(self, policy_values: tuple[str, ...], version: Version) -> tuple[frozenset[str], tuple[Template, ...]]:
        templates = [parse_template(value, version) for value in policy_values]
        constants = [as_text(template.constant) for template in templates if template.constant is not None]
        variable = tuple(template for template in templates if template.constant is None)
        return frozenset(map(self._folded, constants)), variable


@dataclass(frozen=True, slots=True)
class LikeFamily:
    """StringLike: the whole text, in its case, with `*` and `?`."""

    def compare(self, policy_value: str, request_value: str, context: Context, version: Version) -> bool:
        """Whether the text is of the pattern; a variable without a value makes a pattern that nothing is of."""
        parts = parse_template(policy_value, version).resolve(context)
        return parts is not None and parts_match(parts, request_value)

    def prepare(self, policy_values: tuple[str, ...], version: Version, *, negated: bool) -> ValueTest:
        """Prepare the patterns without variables; the others are prepared when their values are known."""
        templates = [parse_template(value, version) for value in policy_values]
        constants = [template.constant for template in templates]
        fixed = tuple(Wildcard.from_parts(parts).matches for parts in constants if parts is not None)
        variable = tuple(template for template in templates if template.constant is None)

        def test(value: str, context: Context) -> bool:
            for matches in fixed:
                if matches(value):
                    return not negated
            for template in variable:
                parts = template.resolve(context)
                if parts is not None and Wildcard.from_parts(parts).matches(value):
                    return not negated
            return negated

        return test

    def literals(self, _policy_values: tuple[str, ...], _version: Version) -> None:
        """Patterns match more than can be listed."""
        return


EQUALS = EqualsFamily()

# AWS says "ignoring case" and no more; lower case on both sides is the plainest reading, and the tags, accounts and
# Regions that are compared so are ASCII.
EQUALS_IGNORE_CASE = EqualsFamily(fold=str.lower)

LIKE = LikeFamily()
