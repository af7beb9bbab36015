"""Action patterns: `kms:Decrypt`, `kms:Re*`, `*`; case-insensitive.

Source: IAM User Guide, "IAM JSON policy elements: Action" ("The prefix and the action name are case insensitive").
"""

from collections.abc import Callable

from policy.model.pattern import Wildcard, wildcard_matches


def action_matches(pattern: str, action: str) -> bool:
    """The definition: whether the action is of the pattern."""
    return wildcard_matches(pattern.lower(), action.lower())


def prepare_action(pattern: str) -> Callable[[str], bool]:
    """`action_matches` for one pattern, prepared."""
    matches = Wildcard.compile(pattern.lower()).matches
    return lambda action: matches(action.lower())
