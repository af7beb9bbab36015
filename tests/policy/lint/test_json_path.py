"""From spans to paths in JSON, as IAM Access Analyzer tells the places of findings."""

import json

import pytest

from policy.lint.json_path import Index, JsonPaths, Key, Value
from policy.source import Span

TEXT = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:Encript"], "Resource": "*"},
    {
      "Sid": "é", "Effect": "Deny", "Action": "*", "Resource": "*",
      "Condition": {"Bool": {"aws:SecureTransport": "no"}}
    }
  ]
}
"""


def spot(marked, text=TEXT):
    start = text.index(marked)
    return JsonPaths(text).spot(Span(start, start + len(marked)))


@pytest.mark.parametrize(
    ("marked", "path", "found"),
    [
        ('"2012-10-17"', (Value("Version"),), '"2012-10-17"'),
        ('"kms:Encript"', (Value("Statement"), Index(0), Value("Action"), Index(1)), '"kms:Encript"'),
        ("Encript", (Value("Statement"), Index(0), Value("Action"), Index(1)), '"kms:Encript"'),
        (
            '"Action": ["kms:Decrypt", "kms:Encript"]',
            (Value("Statement"), Index(0), Value("Action")),
            '["kms:Decrypt", "kms:Encript"]',
        ),
        ('"Sid"', (Value("Statement"), Index(1), Key("Sid")), '"Sid"'),
        (
            '"no"',
            (Value("Statement"), Index(1), Value("Condition"), Value("Bool"), Value("aws:SecureTransport")),
            '"no"',
        ),
    ],
)
def test_the_path_leads_to_the_innermost_value_or_name_that_holds_the_span(marked, path, found):
    place = spot(marked)
    assert path == place.path
    assert found == TEXT[place.span.start : place.span.end]


def test_the_first_line_of_a_statement_stands_for_the_statement():
    start = TEXT.index('{\n      "Sid"')
    place = JsonPaths(TEXT).spot(Span(start, start + 1))
    assert (Value("Statement"), Index(1)) == place.path
    assert "Deny" == json.loads(TEXT[place.span.start : place.span.end])["Effect"]


def test_a_single_statement_has_no_index():
    text = '{"Statement": {"Effect": "Allow", "Action": "a", "Resource": "*"}}'
    assert (Value("Statement"), Value("Action")) == spot('"a"', text).path


@pytest.mark.parametrize("text", ['{"Statement": [', "no JSON", "[" * 100_000, ""])
def test_what_is_no_json_has_no_paths(text):
    place = JsonPaths(text).spot(Span(0, 1))
    assert ((), Span(0, 1)) == (place.path, place.span)


def test_the_document_as_a_whole_has_no_path():
    assert () == JsonPaths(TEXT).spot(Span(0, 1)).path
