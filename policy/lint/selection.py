"""Which rules run: selected and ignored by code, by the beginning of a code, or by name."""

from collections.abc import Iterable

from policy.lint.rule import Rule

ALL = "ALL"


def is_selected_by(rule: Rule, selector: str) -> bool:
    """Whether a selector (`WK501`, `WK5`, `unknown-condition-key`, `ALL`) is about a rule."""
    upper = selector.upper()
    return upper == ALL or selector.lower() == rule.name or (upper.startswith("WK") and rule.code.startswith(upper))


def select(rules: Iterable[Rule], selected: Iterable[str], ignored: Iterable[str]) -> tuple[Rule, ...]:
    """The rules that are selected and not ignored; no selector at all selects every rule."""
    wanted, unwanted = tuple(selected) or (ALL,), tuple(ignored)
    return tuple(
        rule
        for rule in rules
        if any(is_selected_by(rule, each) for each in wanted)
        and not any(is_selected_by(rule, each) for each in unwanted)
    )


def unknown_selectors(rules: Iterable[Rule], selectors: Iterable[str]) -> tuple[str, ...]:
    """The selectors that are about no rule."""
    known = tuple(rules)
    return tuple(each for each in selectors if not any(is_selected_by(rule, each) for rule in known))
