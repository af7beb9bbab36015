"""Fixes take a value out of its list, or write it anew, in both spellings, and leave the rest as it was."""

import pytest

from policy.lint.edits import apply_fixes
from policy.lint.finding import Fix
from policy.lint.project import Options, lint_source
from policy.model.reading import parse
from policy.source import Source, Span


def fixed(text: str, name: str = "a.policy") -> str:
    findings = lint_source(Source(name, text), Options()).findings
    return apply_fixes(text, [finding.fix for finding in findings if finding.fix])[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("kms:List*, kms:ListKeys", "kms:List*"),
        ("kms:ListKeys, kms:List*", "kms:List*"),
        ("kms:ListKeys, kms:ListKeys, kms:ListAliases", "kms:ListKeys, kms:ListAliases"),
        (
            "kms:List*,\n            kms:ListKeys,\n            kms:GetKeyPolicy",
            "kms:List*,\n            kms:GetKeyPolicy",
        ),
    ],
)
def test_a_redundant_action_goes_with_one_comma(before: str, after: str) -> None:
    text = 'allow "Read" {{\n  action    {}\n  resource  *\n}}\n'
    assert text.format(after) == fixed(text.format(before))


def test_json_is_fixed_too() -> None:
    statement = '{"Effect": "Allow", "Action": ["kms:List*", "kms:ListKeys"], "Resource": "*"}'
    text = f'{{"Version": "2012-10-17", "Statement": {statement}}}'
    assert text.replace(', "kms:ListKeys"', "") == fixed(text, "a.json")


@pytest.mark.parametrize(("name", "before", "after"), [("a.policy", "192.0.2.7/24", "192.0.2.0/24")])
def test_a_range_is_written_with_the_bits_that_count(name: str, before: str, after: str) -> None:
    text = 'deny "Office" {{\n  action    kms:*\n  resource  *\n  when      aws:SourceIp not in {}\n}}\n'
    assert text.format(after) == fixed(text.format(before), name)
    assert parse(text.format(after)).statements[0].effect == "Deny"


def test_a_value_of_a_named_list_is_left_alone() -> None:
    text = 'let reads = kms:List*, kms:ListKeys\nallow "Read" {\n  action    @reads\n  resource  *\n}\n'
    assert text == fixed(text)


def test_an_embedded_policy_is_left_alone() -> None:
    text = (
        "Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n"
        "        Version: 2012-10-17\n        Statement:\n          - {Effect: Allow, Resource: '*', "
        "Action: ['kms:List*', 'kms:ListKeys']}\n"
    )
    assert text == fixed(text, "a.yaml")


def test_an_unused_comment_goes() -> None:
    text = 'allow "Read" {\n  action    kms:ListKeys  # wardkey: ignore WK301\n  resource  *\n}\n'
    assert text.replace("# wardkey: ignore WK301", "") == fixed(text)


def test_of_fixes_that_touch_only_the_first_is_made() -> None:
    fixes = [Fix(Span(0, 3), "x"), Fix(Span(2, 4), "y"), Fix(Span(4, 5), "z")]
    assert ("xdz", 2) == apply_fixes("abcde", fixes)
