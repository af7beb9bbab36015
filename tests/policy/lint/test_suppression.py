"""A comment allows what it names, where it stands; one that allows nothing is itself a finding."""

import pytest

from policy.lint.project import Options, lint_source
from policy.lint.selection import select
from policy.lint.table import RULES
from policy.source import Source

TEXT = """allow "Read" {{
  action    kms:Lits{first}
  resource  *
}}
"""


def names(text: str, options: Options | None = None) -> list[str]:
    return [finding.rule.name for finding in lint_source(Source("a.policy", text), options or Options()).findings]


@pytest.mark.parametrize("selector", ["WK301", "wk301", "WK3", "unknown-kms-action", "WK501, WK301", "all"])
def test_a_comment_on_the_line_allows_the_rule(selector: str) -> None:
    assert "unknown-kms-action" not in names(TEXT.format(first=f"  # wardkey: ignore {selector}"))


def test_a_comment_above_the_line_allows_the_rule() -> None:
    text = 'allow "Read" {\n  # wardkey: ignore WK301\n  # because of this\n  action kms:Lits\n  resource *\n}\n'
    assert [] == names(text)


def test_a_comment_at_the_opening_of_a_statement_is_about_all_of_it() -> None:
    text = '# wardkey: ignore WK301\nallow "Read" {\n  action kms:Lits\n  resource *\n}\n'
    assert [] == names(text)
    text = 'allow "Read" {  # wardkey: ignore WK301\n  action kms:Lits\n  resource *\n}\n'
    assert [] == names(text)


def test_a_comment_on_another_line_allows_nothing_and_is_a_finding() -> None:
    text = 'allow "Read" {\n  action kms:Lits\n  resource *  # wardkey: ignore WK301\n}\n'
    assert ["unknown-kms-action", "unused-suppression"] == names(text)


def test_a_comment_without_a_rule_is_a_finding() -> None:
    assert ["unknown-kms-action", "unused-suppression"] == names(TEXT.format(first="  # wardkey: ignore"))


def test_a_comment_for_a_rule_that_is_switched_off_is_none() -> None:
    options = Options(rules=select(RULES, (), ("WK301",)))
    assert [] == names(TEXT.format(first="  # wardkey: ignore WK301"), options)


def test_a_comment_for_a_rule_that_does_not_exist_is_a_finding() -> None:
    text = 'allow "Read" {\n  action kms:ListKeys  # wardkey: ignore WK999\n  resource *\n}\n'
    assert ["unused-suppression"] == names(text)


def test_yaml_has_comments_too() -> None:
    text = (
        "Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n"
        "        Version: 2012-10-17\n        Statement:\n          - Effect: Allow\n"
        "            Action: kms:Lits  # wardkey: ignore WK301\n            Resource: '*'\n"
    )
    assert [] == [finding.rule.name for finding in lint_source(Source("a.yaml", text), Options()).findings]


def test_what_is_in_a_string_is_no_comment() -> None:
    text = 'allow "# wardkey: ignore WK301" {\n  action    kms:Decypt\n  resource  *\n}\n'
    found = lint_source(Source("a.policy", text), Options()).findings
    assert "unknown-kms-action" in [finding.rule.name for finding in found]
