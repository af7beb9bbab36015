"""The table of condition spellings: every operator has one, it is canonical, and it reads back as the operator."""

import re
from importlib.resources import files
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lark import Lark

from policy.catalogue.operators import Operator, Qualifier, join_operator, split_operator
from policy.model.reading import parse
from policy.model.writing import to_text
from policy.syntax import spelling
from policy.syntax.spelling import KEYWORDS, spell_key, spell_word, spelling_table

ROWS = list(spelling_table())


def test_the_table_has_every_operator_with_every_qualifier_and_if_exists():
    names = (
        join_operator(qualifier, operator, if_exists)
        for operator in Operator
        for qualifier in (None, *Qualifier)
        for if_exists in (False, True)
    )
    assert {name for name in names if split_operator(name)} == {row.iam.split()[0] for row in ROWS}


def test_no_two_rows_are_spelled_alike():
    assert len(ROWS) == len({row.text for row in ROWS})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.iam)
def test_a_row_reads_as_its_operator_and_prints_as_itself(row):
    document = parse(f"allow {{\n{row.text}\n}}\n")
    (condition,) = document.statements[0].conditions
    assert row.iam == condition.operator_name + (f" {condition.values[0]}" if "Null" in row.iam else "")
    assert row.text == re.sub(r"^when +", "when ", to_text(document).splitlines()[1].strip())


def lark_patterns():
    text = files("grammar").joinpath("policy.lark").read_text("utf-8")
    parser = Lark.open_from_package("grammar", "policy.lark", parser="lalr")
    assert text
    return {terminal.name: terminal.pattern.to_regexp() for terminal in parser.terminals if terminal.pattern}


PATTERNS = lark_patterns()


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=6) | st.sampled_from(sorted(KEYWORDS)))
def test_what_is_spelled_bare_is_a_word_of_the_grammar(text):
    is_word = re.fullmatch(PATTERNS["WORD"], text) is not None and text not in KEYWORDS
    is_key = re.fullmatch(PATTERNS["KEY"], text) is not None and text not in KEYWORDS
    assert is_word == (spell_word(text) == text)
    assert is_key == (spell_key(text) == text)


def test_the_keywords_are_those_of_the_grammar():
    patterns = chain.from_iterable(re.findall(r"^([a-z]+)\(\?!", pattern) for pattern in PATTERNS.values())
    assert set(KEYWORDS) == set(patterns)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", "NUMBER"),
        ("1e3", None),
        ("true", "BOOLEAN"),
        ("True", None),
        ("2026-01-31", "DATE"),
        ("2026-02-31", None),
        ("2026-01-31T00:00:00Z", "DATE"),
        ("10.0.0.0/8", "ADDRESS"),
        ("10.0.0.1/8", "ADDRESS"),
        ("::", "ADDRESS"),
        ("10.0.0.256", None),
        ("arn:aws:s3:::b", "ARN"),
        ("arn:aws:s3:::a b", None),
        ("word", None),
    ],
)
def test_bare_literals_have_a_kind(text, expected):
    found = spelling.literal_of(spelling.Value(text=text))
    assert expected == (found.name if found else None)
