"""AWS's documented kinds of policy, as JSON: each converts to text and back with its meaning unchanged."""

import json
from pathlib import Path

import pytest

from policy.model.reading import PolicyKind, parse, read_document, read_policy
from policy.model.writing import to_json, to_text
from policy.source import Source

KINDS = {
    "key": PolicyKind.KEY,
    "identity": PolicyKind.IDENTITY,
    "scp": PolicyKind.CONTROL,
    "rcp": PolicyKind.CONTROL,
    "trust": PolicyKind.TRUST,
}
FILES = sorted((Path(__file__).parent.parent / "corpus").glob("*.json"))


def test_the_corpus_has_every_kind():
    assert set(KINDS) == {path.stem.partition("_")[0] for path in FILES}
    assert len(FILES) >= 15


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_documented_policy_keeps_its_meaning_through_both_spellings(path):
    source = Source(path.name, path.read_text("utf-8"))
    kind = KINDS[path.stem.partition("_")[0]]
    reading = read_policy(source, kind=kind)
    assert () == reading.diagnostics
    text = to_text(reading.document)
    assert reading.document == parse(text, kind=kind)
    assert text == to_text(parse(to_json(parse(text))))
    assert reading.document == read_document(json.loads(source.text), kind=kind).document


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_json_of_a_documented_policy_says_what_it_said(path):
    original = json.loads(path.read_text("utf-8"))
    printed = json.loads(to_json(parse(to_text(parse(path.read_text("utf-8"))))))
    assert normal(original) == normal(printed)


def normal(document):
    """A document as JSON values in one form: lists everywhere, texts for numbers and Booleans, Version said."""
    statements = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    return {"Version": "2008-10-17", **document, "Statement": [listed(statement) for statement in statements]}


def listed(value, depth=0):
    if isinstance(value, dict):
        return {name: listed(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list):
        return [str(item) for item in value]
    return [str(value).lower() if isinstance(value, bool) else str(value)]
