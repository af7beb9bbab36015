"""The ARN operators. ArnEquals and ArnLike behave identically: both know wildcards, segment by segment.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators", Amazon Resource Name (ARN) condition operators.
"""

from collections.abc import Callable
from dataclasses import dataclass

from policy.model.arn_pattern import SEGMENTS, is_arn, prepare_segments, segments_match, split_segments
from policy.model.document import Version
from policy.model.template import parse_template
from policy.operators.family import Context, ValueTest


@dataclass(frozen=True, slots=True)
class ArnFamily:
    """Variables may stand anywhere in the value, and are filled in before it is taken apart.

    A text of fewer than six segments is no ARN, on either side, and cannot be compared: AWS says nothing of it. (So `*`
    alone is not "any ARN".)
    """

    def compare(self, policy_value: str, request_value: str, context: Context, version: Version) -> bool | None:
        """Whether the ARN is of the pattern; a variable without a value makes a pattern that nothing is of."""
        if not is_arn(request_value):
            return None
        parts = parse_template(policy_value, version).resolve(context)
        if parts is None:
            return False
        segments = split_segments(parts)
        return segments_match(segments, request_value) if len(segments) == SEGMENTS else None

    def prepare(self, policy_values: tuple[str, ...], version: Version, *, negated: bool) -> ValueTest:
        """Prepare the patterns without variables; the others are prepared when their values are known."""
        templates = [parse_template(value, version) for value in policy_values]
        variable = tuple(template for template in templates if template.constant is None)
        constants = [template.constant for template in templates if template.constant is not None]
        patterns = [split_segments(parts) for parts in constants]
        fixed = tuple(prepare_segments(segments) for segments in patterns if len(segments) == SEGMENTS)
        if negated and len(fixed) < len(patterns):
            return lambda _value, _context: False
        if not variable:
            return _constant_test(fixed, negated=negated)

        def test(value: str, context: Context) -> bool:
            if not is_arn(value):
                return False
            matched = any(matches(value) for matches in fixed)
            for template in variable:
                parts = template.resolve(context)
                if parts is None:
                    continue
                segments = split_segments(parts)
                if len(segments) < SEGMENTS:
                    if negated:
                        return False
                    continue
                matched = matched or prepare_segments(segments)(value)
            return matched is not negated

        return test

    def literals(self, _policy_values: tuple[str, ...], _version: Version) -> None:
        """Patterns match more than can be listed."""
        return


def _constant_test(fixed: tuple[Callable[[str], bool], ...], *, negated: bool) -> ValueTest:
    """The test where no value has a variable. What is of an ARN pattern is an ARN, so only a negated test must ask."""

    def test(value: str, _context: Context) -> bool:
        for matches in fixed:
            if matches(value):
                return not negated
        return negated and is_arn(value)

    return test


LIKE = ArnFamily()
