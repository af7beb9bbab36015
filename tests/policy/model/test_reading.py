"""Reading into the model: kinds of policy, decoded values, spans, and what `parse` raises."""

import json

import pytest

from policy.diagnostics import PolicyError, Severity
from policy.model.document import Effect, Patterns, PolicyDocument, Statement, Version
from policy.model.reading import PolicyKind, locate, parse, read_document, read_policy, read_tree_of
from policy.model.writing import document_to_tree, to_json, to_text
from policy.source import Source

FULL = {"Effect": "Allow", "Principal": "*", "Action": "a", "Resource": "*"}


def without(*names):
    return {name: value for name, value in FULL.items() if name not in names}


@pytest.mark.parametrize(
    ("kind", "statement", "expected"),
    [
        (PolicyKind.IDENTITY, without("Principal"), []),
        (PolicyKind.IDENTITY, FULL, ["forbidden-element"]),
        (PolicyKind.IDENTITY, {"Effect": "Allow"}, ["missing-element", "missing-element"]),
        (PolicyKind.IDENTITY, {"Effect": "Allow", "NotAction": "a", "NotResource": "b"}, []),
        (PolicyKind.IDENTITY, without("Principal") | {"NotPrincipal": "*"}, ["forbidden-element"]),
        (PolicyKind.KEY, FULL, []),
        (PolicyKind.KEY, without("Principal"), ["missing-element"]),
        (PolicyKind.KEY, without("Action", "Resource"), ["no-effect", "no-effect"]),
        (PolicyKind.RESOURCE, FULL, []),
        (PolicyKind.RESOURCE, without("Resource"), []),
        (PolicyKind.RESOURCE, without("Action", "Principal"), ["missing-element", "missing-element"]),
        (PolicyKind.TRUST, without("Resource"), []),
        (PolicyKind.TRUST, FULL, ["forbidden-element"]),
        (PolicyKind.CONTROL, without("Principal"), []),
        (PolicyKind.CONTROL, FULL, []),
        (PolicyKind.CONTROL, FULL | {"Principal": {"AWS": "*"}}, ["forbidden-element"]),
        (PolicyKind.CONTROL, without("Principal") | {"NotPrincipal": "*"}, ["forbidden-element"]),
        (None, {"Effect": "Allow"}, []),
    ],
)
def test_a_kind_of_policy_decides_about_its_elements(kind, statement, expected):
    value = {"Statement": statement}
    assert expected == [fault.code for fault in read_document(value, kind=kind).diagnostics]
    document = read_document(value).document
    for text in (to_json(document), to_text(document)):
        reading = read_policy(Source("p", text), kind=kind)
        assert expected == [fault.code for fault in reading.diagnostics]
        assert all(reading.diagnostics[index].span.end for index in range(len(expected)))


def test_a_key_policy_statement_without_action_is_a_warning_beside_the_document():
    reading = read_document({"Statement": without("Action")}, kind=PolicyKind.KEY)
    assert [Severity.WARNING] == [fault.severity for fault in reading.diagnostics]
    assert None is reading.document.statements[0].actions


def test_a_document_without_version_is_of_the_old_one():
    document = parse('{"Statement": {"Effect": "Deny"}}')
    assert Version.OLD == document.version
    assert to_text(document).startswith("version 2008-10-17\n")
    assert Version.CURRENT == parse("deny {}").version


def test_a_statement_may_be_an_object_and_values_may_stand_alone():
    expected = PolicyDocument(
        version=Version.OLD, statements=(Statement(effect=Effect.DENY, actions=Patterns(values=("a",))),)
    )
    assert expected == parse('{"Statement": {"Effect": "Deny", "Action": "a"}}')
    assert expected == parse('{"Statement": [{"Effect": "Deny", "Action": ["a"]}]}')


@pytest.mark.parametrize(
    "value",
    [
        None,
        5,
        "x",
        [],
        {},
        {1: 2},
        {"Statement": object()},
        {"Statement": b"x"},
        {"Statement": {"Effect": float("nan")}},
    ],
)
def test_a_value_that_is_no_policy_gives_a_diagnostic(value):
    reading = read_document(value, name="line 3")
    assert None is reading.document
    assert {"line 3"} == {fault.source.name for fault in reading.diagnostics}


def test_a_value_that_nests_without_end_gives_a_diagnostic():
    value = {}
    for _ in range(100_000):
        value = {"Statement": value}
    assert ["json-syntax"] == [fault.code for fault in read_document(value).diagnostics]


def test_a_huge_number_in_a_value_gives_a_diagnostic_or_its_text():
    value = {"Statement": {"Effect": "Deny", "Condition": {"NumericEquals": {"a": 10**5000}}}}
    assert None is read_document(value).document


def test_parse_raises_every_fault_at_once():
    with pytest.raises(PolicyError) as raised:
        parse('{"Version": "x", "Statement": {"Effect": "y"}}', "p.json")
    assert ["p.json:1:13", "p.json:1:42"] == [fault.place for fault in raised.value.diagnostics]


def test_locating_gives_the_spans_that_the_good_path_leaves_out():
    text = '{"Statement": {"Effect": "Deny", "Action": "a"}}'
    document = parse(text)
    assert None is document.statements[0].span
    span = locate(document).statements[0].span
    assert '{"Effect": "Deny", "Action": "a"}' == text[span.start : span.end]


def test_located_statements_stand_where_the_grammar_finds_them():
    statements = [{"Sid": name, "Effect": "Allow", "Action": ["a", "b"], "Resource": "*"} for name in "abc"]
    for indent in (None, 1, 4):
        text = " \n" + json.dumps({"Id": "{[,", "Statement": statements, "Version": "2012-10-17"}, indent=indent)
        tree, _ = read_tree_of(Source("p", text))
        assert [each.span for each in tree.statements] == [each.span for each in locate(parse(text)).statements]


def test_locating_leaves_alone_what_has_no_source_or_has_spans():
    from_text = parse("deny {\n action a\n}")
    made = PolicyDocument(statements=(Statement(effect=Effect.DENY),))
    assert locate(from_text) is from_text
    assert locate(made) is made


def test_text_statements_span_from_effect_to_brace():
    text = 'policy "x"\n\ndeny "y" {\n  action a\n}\n'
    span = parse(text).statements[0].span
    assert 'deny "y" {\n  action a\n}' == text[span.start : span.end]


def test_a_document_prints_on_one_line_if_asked():
    document = PolicyDocument(id="x", statements=(Statement(effect=Effect.DENY),))
    expected = '{"Version": "2012-10-17", "Id": "x", "Statement": [{"Effect": "Deny"}]}\n'
    assert expected == to_json(document, indent=None) == to_json(document_to_tree(document), indent=None)


def test_a_misspelt_element_is_not_reported_missing_too():
    text = '{"Statement": [{"Effect": "Allow", "Actoin": "a"}, {"Effect": "Allow", "Action": "a"}]}'
    reading = read_policy(Source("p", text), kind=PolicyKind.TRUST)
    assert ["unknown-element", "missing-element"] == [fault.code for fault in reading.diagnostics]
    reading = read_policy(Source("p", "allow {\n principl *\n action a\n"), kind=PolicyKind.TRUST)
    assert ["syntax", "syntax"] == [fault.code for fault in reading.diagnostics]


def test_statements_past_the_limit_of_faults_do_no_harm():
    value = {"Statement": [{"Action": "a"}] * 300}
    for kind in (None, *PolicyKind):
        assert 101 == len(read_document(value, kind=kind).diagnostics)
