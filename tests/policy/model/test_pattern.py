"""Wildcard patterns, by definition and prepared."""

import time

import pytest

from policy.model.pattern import Wild, Wildcard, as_text, join_literals, parse_wildcards, parts_match, wildcard_matches

CASES = [
    # pattern, texts of it, texts that just miss. IAM User Guide, "IAM JSON policy elements: Resource".
    ("", [""], ["a"]),
    ("abc", ["abc"], ["", "ab", "abcd", "ABC", "xabc"]),
    ("*", ["", "a", "a:b/c"], []),
    ("**", ["", "a"], []),
    ("?", ["a", "*", "é"], ["", "ab"]),
    ("a*", ["a", "abc"], ["", "ba", "A"]),
    ("*a", ["a", "ba"], ["", "ab"]),
    ("*a*", ["a", "bab"], ["", "b"]),
    ("a*a", ["aa", "aba"], ["a", "ab"]),
    ("a*b*c", ["abc", "axbxc", "abbcc"], ["acb", "ab", "abcx"]),
    ("ab*ba", ["abba", "abxba"], ["aba"]),
    ("a?c", ["abc", "a?c"], ["ac", "abbc"]),
    ("a?*", ["ab", "abc"], ["a"]),
    ("*?a", ["ba", "cba"], ["a"]),
    ("*a?c*d", ["abcd", "xaacabcd", "aaacd"], ["acd", "abc"]),
    ("?*?", ["ab", "abc"], ["a", ""]),
    ("a\nb*", ["a\nbc"], ["ab"]),
    ("[a-b].+", ["[a-b].+"], ["a", "b"]),
]


@pytest.mark.parametrize(("pattern", "matching", "missing"), CASES, ids=[repr(case[0]) for case in CASES])
def test_patterns_match_the_whole_text_in_its_case(pattern, matching, missing):
    prepared = Wildcard.compile(pattern)
    for text in matching:
        assert (True, True) == (wildcard_matches(pattern, text), prepared.matches(text)), text
    for text in missing:
        assert (False, False) == (wildcard_matches(pattern, text), prepared.matches(text)), text


def test_a_literal_asterisk_is_no_wildcard():
    parts = ("a*", Wild.ANY_RUN)
    for matches in (lambda text: parts_match(parts, text), Wildcard.from_parts(parts).matches):
        assert matches("a*b")
        assert not matches("ab")


def test_parts_are_joined_and_turned_back_into_text():
    assert ("a", Wild.ANY_ONE, "bc", Wild.ANY_RUN) == parse_wildcards("a?bc*")
    assert ("ab", Wild.ANY_RUN, "c") == join_literals(("a", "", "b", Wild.ANY_RUN, "c", ""))
    assert "a?bc*" == as_text(parse_wildcards("a?bc*"))


HOSTILE = {
    "ten thousand runs": ("*a" * 10_000 + "*b*", "a" * 30_000),
    "ten thousand runs and single wildcards": ("*a?" * 10_000 + "*b*", "a" * 40_000),
    "one stretch of ten thousand single wildcards": ("*" + "a?" * 10_000 + "b*", "a" * 60_000),
    "many long stretches": (("*" + "a?" * 500 + "b") * 20 + "*", "a" * 60_000 + "b"),
    "a literal that nearly repeats": ("*" + "a" * 5_000 + "b*", "a" * 100_000),
    "a pattern of a megabyte": ("*?" + "a" * 1_000_000 + "?*", "a" * 10_000),
    "all characters different": (
        "*" + "".join(chr(0x4E00 + i) + "?" for i in range(10_000)) + "*",
        "".join(chr(0x4E00 + i) for i in range(20_000)),
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_pattern_makes_the_matcher_blow_up(name):
    pattern, text = HOSTILE[name]
    start = time.perf_counter()
    assert not Wildcard.compile(pattern).matches(text)
    assert time.perf_counter() - start < 2
