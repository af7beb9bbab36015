"""The quick way to positions in JSON gives what the syntax tree gives."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from policy.lint.json_places import JsonPlaces
from policy.lint.places import Places
from policy.lint.rule import Part, Place
from policy.model.document import PolicyDocument
from policy.model.reading import parse, read_tree_of
from policy.source import Source

CORPUS = Path(__file__).parents[1] / "corpus"

ODD = """ \t{"Statement" :
 {"Effect":"Allow","Principal":{"AWS":["a","\\u00e9\\"]"],"Service":"s"},"NotAction":[ ],"NotResource":[
 "x" , "y"],
"Condition":{"StringEquals":{"a:b":"c","d:e":["f",1,true]},"Bool":{},"ForAnyValue:StringLike":{"g:h":[]}}}}"""


def every_place(document: PolicyDocument) -> Iterator[Place]:
    yield Place()
    yield Place(len(document.statements))
    for index, statement in enumerate(document.statements):
        yield Place(index)
        yield Place(index, Part.SID)
        for part in (Part.PRINCIPAL, Part.ACTION, Part.RESOURCE):
            yield Place(index, part)
            yield from (Place(index, part, item) for item in range(12))
        yield Place(index, Part.CONDITION)
        for item in range(len(statement.conditions) + 1):
            yield Place(index, Part.CONDITION, item)
            yield from (Place(index, Part.CONDITION, item, value) for value in range(5))


@pytest.mark.parametrize("text", [*(path.read_text() for path in sorted(CORPUS.glob("*.json"))), ODD])
def test_both_ways_give_the_same_spans(text: str) -> None:
    tree, _ = read_tree_of(Source("a.json", text))
    assert tree is not None
    by_tree, by_skipping = Places(tree, text), JsonPlaces(text)
    for place in every_place(parse(text)):
        assert (place, by_tree.span(place)) == (place, by_skipping.span(place))
