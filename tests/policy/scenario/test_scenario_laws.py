"""Laws of scenario files: whatever the text, reading it ends with scenarios or diagnostics, each with its place."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from policy.diagnostics import render
from policy.scenario.files import load_page, load_text
from policy.scenario.model import run_check
from policy.source import Source

_TEXT = """
    scenario account key alias role user group instance session service anonymous endpoint grant expect allow deny
    explicit implicit policy path boundary scp rcp arn trust groups to operations retiring where and = , * "x" "" k App
    111122223333 alias/app kms:Decrypt # \\ " { ``` ```scenario ```policy arn:aws:iam::111122223333:user/x
"""
_WORDS = st.sampled_from(_TEXT.split())
_LINES = st.lists(st.lists(_WORDS | st.text(max_size=4), max_size=9).map(" ".join), max_size=8).map("\n".join)


@settings(deadline=None)
@given(_LINES)
def test_any_text_is_read(text: str) -> None:
    for load in (load_text, load_page):
        loaded = load(Source("any.scenario", text), Path())
        for diagnostic in loaded.diagnostics:
            assert 0 <= diagnostic.span.start <= diagnostic.span.end
            assert render(diagnostic)
        for scenario in loaded.scenarios:
            for check in scenario.checks:
                run_check(check, scenario.world)


@settings(deadline=None)
@given(_LINES)
def test_reading_is_the_same_with_other_line_ends(text: str) -> None:
    plain = load_text(Source("any.scenario", text.replace("\r", "")), Path())
    windows = load_text(Source("any.scenario", text.replace("\r", "").replace("\n", "\r\n")), Path())
    assert [each.message for each in plain.diagnostics] == [each.message for each in windows.diagnostics]
