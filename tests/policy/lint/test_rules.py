"""Every rule's page is its test: the bad example is flagged on its marked line, the good one is clean of every rule."""

import re
from pathlib import Path

import pytest

from policy.diagnostics import Severity
from policy.lint import rules as rules_package
from policy.lint.finding import Finding
from policy.lint.page import MARK, page_of, print_page
from policy.lint.project import Options, lint_source
from policy.lint.rule import Rule
from policy.lint.table import RULES, rule_named
from policy.model.kinds import PolicyKind
from policy.source import Source

CORPUS = Path(__file__).parents[1] / "corpus"
EXAMPLES = Path(__file__).parents[3] / "examples" / "policies"

# A key policy's examples are single statements; the one that AWS's default policy always has completes them.
DELEGATION = """
allow "Enable IAM User Permissions" {
  principal  arn:aws:iam::111122223333:root
  action     kms:*
  resource   *
}
"""


def findings_in(text: str, kind: PolicyKind | None = None) -> tuple[Finding, ...]:
    # A name without a suffix: the text says whether it is a template.
    return lint_source(Source("<example>", text), Options(kind=kind)).findings


def kind_of(rule: Rule) -> PolicyKind | None:
    """The kind that examples are of, if the rule is for one kind only."""
    return next(iter(rule.kinds)) if len(rule.kinds) == 1 else None


def each_rule(rules: tuple[Rule, ...] = RULES) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("rule", rules, ids=lambda rule: f"{rule.code}-{rule.name}")


@each_rule()
def test_the_bad_example_is_flagged_on_its_marked_lines(rule: Rule) -> None:
    page = page_of(rule)
    found = [finding for finding in findings_in(page.bad_policy, kind_of(rule)) if finding.rule is rule]
    lines = {finding.diagnostic.source.line_column(finding.diagnostic.span.start)[0] for finding in found}
    assert set(page.marked_lines) == lines


@each_rule()
def test_the_good_example_is_clean_of_every_rule(rule: Rule) -> None:
    good = page_of(rule).good + "\n"
    is_about_keys = kind_of(rule) in {None, PolicyKind.KEY} and "principal" in good and re.search("kms:|@", good)
    is_fragment = is_about_keys and not re.search(r":root\n *action +kms:\*", good)
    text = good + DELEGATION if is_fragment and not good.startswith(("{", "Resources")) else good
    assert [] == [finding.diagnostic.message for finding in findings_in(text, kind_of(rule))]


@each_rule()
def test_the_page_is_complete(rule: Rule) -> None:
    page = page_of(rule)
    assert all((page.summary, page.why, page.bad, page.good, page.source))
    assert MARK in page.bad
    assert page.summary.endswith(".")
    assert rule.name in print_page(rule)


@each_rule()
def test_a_code_and_a_name_say_what_they_should(rule: Rule) -> None:
    assert re.fullmatch(r"WK[0-9]{3}", rule.code)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.name)
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z]+)+", name) for name in rule.analyzer)
    assert rule is rule_named(rule.code)
    assert rule is rule_named(rule.name.upper())


def test_every_rule_file_is_in_the_table() -> None:
    folder = Path(next(iter(rules_package.__path__)))
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert files == {rule.name.replace("-", "_") for rule in RULES}
    assert len(files) == len(RULES)


def test_there_are_at_least_sixty_rules_beside_those_of_the_reader() -> None:
    assert len([rule for rule in RULES if not rule.reader_codes]) >= 60


def test_codes_go_up() -> None:
    assert sorted(rule.code for rule in RULES) == [rule.code for rule in RULES]


SILENT = ("key_default_console.json", "key_default_programmatic.json", "key_aws_managed_ebs.json")


@pytest.mark.parametrize("name", SILENT)
@pytest.mark.parametrize("kind", [None, PolicyKind.KEY])
def test_the_key_policies_that_aws_writes_are_clean(name: str, kind: PolicyKind | None) -> None:
    source = Source(name, (CORPUS / name).read_text())
    assert () == lint_source(source, Options(kind=kind)).findings


# Warnings in AWS's documented examples that say what is so.
TRUE_WARNINGS = {
    ("key_imported_material.json", "condition-key-without-action"),
    ("key_old_version.json", "old-version"),
    ("key_old_version.json", "variable-in-old-version"),
}


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.json")), ids=lambda path: path.stem)
def test_documented_examples_have_no_errors_and_no_false_warnings(path: Path) -> None:
    findings = lint_source(Source(path.name, path.read_text()), Options()).findings
    serious = {
        (path.name, finding.rule.name)
        for finding in findings
        if finding.diagnostic.severity is not Severity.SUGGESTION
        # A statement out of AWS's documentation is no whole key policy, and the finding says so.
        and finding.rule.name != "key-policy-locks-everybody-out"
    }
    assert set() == serious - TRUE_WARNINGS
