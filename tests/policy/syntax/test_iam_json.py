"""IAM JSON: the shape that AWS accepts, and every departure from it, named where it stands."""

import json
from pathlib import Path

import pytest

from policy.diagnostics import render
from policy.model.reading import read_document, read_policy
from policy.source import Source


def faults(text, kind=None):
    return read_policy(Source("p.json", text), kind=kind).diagnostics


def in_statement(members):
    return f'{{"Statement": [{{"Effect": "Allow", {members}}}]}}'


@pytest.mark.parametrize(
    ("text", "code", "underlined", "hint"),
    [
        ("[]", "wrong-type", "[]", None),
        ("{}", "missing-element", "{", None),
        ('{"Statement": []}', "empty-policy", "[]", None),
        ('{"Statement": "x"}', "wrong-type", '"x"', None),
        ('{"Statement": [5]}', "wrong-type", "5", None),
        ('{"Statement": [{}]}', "missing-element", "{", "write `Effect` as `Allow` or `Deny`"),
        ('{"Statement": [{"effect": "Allow"}]}', "unknown-element", '"effect"', "did you mean `Effect`?"),
        ('{"statement": []}', "unknown-element", '"statement"', "did you mean `Statement`?"),
        ('{"Statement": [{"Effect": "allow"}]}', "invalid-effect", '"allow"', "did you mean `Allow`?"),
        ('{"Statement": [{"Effect": "Permit"}]}', "invalid-effect", '"Permit"', None),
        ('{"Statement": [{"Effect": ["Allow"]}]}', "wrong-type", '["Allow"]', None),
        ('{"Version": "2012-10-18", "Statement": {"Effect": "Deny"}}', "invalid-version", '"2012-10-18"', None),
        ('{"Version": 2012, "Statement": {"Effect": "Deny"}}', "wrong-type", "2012", None),
        ('{"Id": 5, "Statement": {"Effect": "Deny"}}', "wrong-type", "5", None),
        (
            '{"Versoin": "2012-10-17", "Statement": {"Effect": "Deny"}}',
            "unknown-element",
            '"Versoin"',
            "did you mean `Version`?",
        ),
        (in_statement('"Sid": 5'), "wrong-type", "5", None),
        (in_statement('"Action": ["a", null]'), "wrong-type", "null", None),
        (in_statement('"Action": {"a": "b"}'), "wrong-type", '{"a": "b"}', None),
        (in_statement('"Action": "a", "NotAction": "b"'), "both-forms", '"NotAction"', "make two statements of it"),
        (in_statement('"Action": "a", "Action": "b"'), "duplicate-key", '"Action"', None),
        (in_statement('"Actoin": "a"'), "unknown-element", '"Actoin"', "did you mean `Action`?"),
        (in_statement('"Principal": "arn"'), "wrong-type", '"arn"', None),
        (in_statement('"Principal": {"aws": "*"}'), "unknown-principal-type", '"aws"', "did you mean `AWS`?"),
        (in_statement('"Principal": {"AWS": 111122223333}'), "wrong-type", "111122223333", None),
        (in_statement('"Condition": []'), "wrong-type", "[]", None),
        (in_statement('"Condition": {"Bool": "x"}'), "wrong-type", '"x"', None),
        (in_statement('"Condition": {"Bool": {"a": null}}'), "wrong-type", "null", None),
        (in_statement('"Condition": {"Bool": {"a": {}}}'), "wrong-type", "{}", None),
        (
            in_statement('"Condition": {"StringEqual": {"a": "b"}}'),
            "unknown-operator",
            '"StringEqual"',
            "did you mean `StringEquals`?",
        ),
        (
            in_statement('"Condition": {"StringEqualIfExists": {}}'),
            "unknown-operator",
            '"StringEqualIfExists"',
            "did you mean `StringEqualsIfExists`?",
        ),
        (
            in_statement('"Condition": {"ForAnyValues:StringEquals": {}}'),
            "unknown-operator",
            '"ForAnyValues:StringEquals"',
            "did you mean `ForAnyValue`?",
        ),
        (
            in_statement('"Condition": {"NullIfExists": {}}'),
            "unknown-operator",
            '"NullIfExists"',
            "`Null` takes no `IfExists`: it is about existence already",
        ),
        (in_statement('"Condition": {"Bool": {"a": "x", "A": "y"}}'), "duplicate-condition", '"A": "y"', None),
        (
            in_statement('"Condition": {"Bool": {"a": "x"}, "bool": {"A": "y"}}'),
            "duplicate-condition",
            '"A": "y"',
            None,
        ),
        (in_statement('"Sid": "a\\x"'), "json-string", '"a\\x"', None),
        (in_statement('"Sid": "a\tb"'), "json-string", '"a\tb"', None),
        (in_statement('"Sid": "a" "Action": "b"'), "json-syntax", '"Action"', None),
        (in_statement('"Sid": "a",'), "json-syntax", "}", None),
        (in_statement("'Sid': \"a\""), "json-syntax", "'Sid'", "JSON strings stand in straight double quotes"),
        (in_statement('"Sid": None'), "json-syntax", "None", "JSON writes `null`"),
        (
            in_statement('"Condition": {"Bool": {"a": True}}'),
            "json-syntax",
            "True",
            "JSON writes `true` and `false` in lower case",
        ),
        (in_statement('"Condition": {"Bool": {"a": NaN}}'), "json-syntax", "NaN", None),
        ('{"Statement": {"Effect": "Allow"', "json-syntax", '"', None),
        ('{"Statement": {"Effect": "Allow"}} x', "json-syntax", "x", None),
        (
            '{"Statement": // all\n {"Effect": "Allow"}}',
            "json-syntax",
            "// all",
            "JSON has no comments; the text form has, behind `#`",
        ),
    ],
)
def test_a_departure_is_named_where_it_stands(text, code, underlined, hint):
    (fault,) = faults(text)
    assert (code, underlined) == (fault.code, text[fault.span.start : fault.span.end])
    assert hint is None or hint == fault.help


def test_three_faults_are_three_diagnostics():
    text = """{
  "Version": "2012-10-18",
  "Statement": [
    {"Effect": "Allow", "Actoin": "kms:*", "Resource": "*"},
    {"Effect": "allow", "Action": "kms:*", "Resource": "*"}
  ]
}"""
    assert ["p.json:2:14", "p.json:4:25", "p.json:5:16"] == [fault.place for fault in faults(text)]


def test_syntax_and_shape_are_reported_together():
    text = in_statement('"Actoin": "a" "Principal": {"Aws": "*"},')
    assert ["unknown-element", "json-syntax", "unknown-principal-type", "json-syntax"] == [
        fault.code for fault in faults(text)
    ]


def test_a_diagnostic_underlines_the_text():
    (fault,) = faults('{\n  "Statement": {"Effect": "allow"}\n}')
    assert """\
error[invalid-effect]: `allow` is no effect, expected `Allow` or `Deny`
 --> p.json:2:27
  |
2 |   "Statement": {"Effect": "allow"}
  |                           ^^^^^^^
  = help: did you mean `Allow`?""" == render(fault)


@pytest.mark.parametrize(
    "members",
    [
        '"Action": []',
        '"Resource": []',
        '"Condition": {}',
        '"Condition": {"StringEquals": {}}',
        '"Condition": {"StringEquals": {"a": []}}',
        '"Principal": {}',
        '"Principal": {"AWS": []}',
        '"Sid": ""',
        '"Condition": {"stringequals": {"a": "b"}, "FORANYVALUE:stringLIKE": {"a": "b"}}',
    ],
)
def test_what_aws_accepts_is_accepted(members):
    assert () == faults(in_statement(members))


def test_numbers_and_booleans_are_kept_as_their_text():
    text = in_statement('"Condition": {"NumericEquals": {"a": [5, -2.50, 1e3, "x"]}, "Bool": {"b": true, "c": false}}')
    reading = read_policy(Source("p", text))
    values = [condition.values for condition in reading.document.statements[0].conditions]
    assert [("5", "-2.50", "1e3", "x"), ("true",), ("false",)] == values


def test_a_decoded_value_keeps_its_numbers_too():
    reading = read_document(
        json.loads(in_statement('"Condition": {"NumericEquals": {"a": [5, -2.5]}, "Bool": {"b": true}}'))
    )
    values = [condition.values for condition in reading.document.statements[0].conditions]
    assert [("5", "-2.5"), ("true",)] == values


def test_a_byte_order_mark_and_spaces_before_the_brace_are_no_fault():
    assert () == faults('\ufeff \n\t{"Statement": {"Effect": "Allow"}}')


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "[" * 50_000 + "]" * 50_000,
        '{"a":' * 20_000 + "1" + "}" * 20_000,
        in_statement('"Condition": ' + '{"Bool":' * 20_000 + "1" + "}" * 20_000),
        in_statement('"Action": "' + "\\" * 100_000),
        "{" + '"' * 100_000,
        "{" + "x y\n" * 25_000,
        in_statement(",".join(f'"x{index}": 1' for index in range(10_000))),
        in_statement('"Condition": {"NumericEquals": {"a": ' + "9" * 100_000 + "x}}"),
    ],
    ids=["open", "lists", "objects", "conditions", "backslashes", "quotes", "words", "elements", "digits"],
)
def test_hostile_json_gives_a_bounded_number_of_diagnostics(text):
    assert 1 <= len(faults(text)) <= 101


def test_the_faults_end_where_there_are_too_many():
    found = faults(in_statement(",".join(f'"x{index}": 1' for index in range(1000))))
    assert (101, "too-many-faults") == (len(found), found[-1].code)


KEY_POLICY = (Path(__file__).parent.parent / "corpus" / "key_mfa.json").read_text("utf-8")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('root"\n      },', 'root"\n      ,'),
        ('"Effect": ', '"Effect" '),
        ('"Allow",', '"Allow,'),
        ('"Allow",', '"Allow"'),
        ('"Allow",', '"Allow",,'),
        ('"Effect"', "Effect"),
        ('"Effect"', "'Effect'"),
        ('ScheduleKeyDeletion"\n      ],', 'ScheduleKeyDeletion"\n      ,'),
        ('ScheduleKeyDeletion"\n      ],', 'ScheduleKeyDeletion",\n      ],'),
        ('"Resource": "*"\n', '"Resource": "*",\n'),
        ("{\n", "{ // a comment\n"),
        ("}\n  ]\n}", "}\n"),
        ("}\n  ]\n}", "}\n}"),
    ],
)
def test_one_slip_is_one_fault(right, wrong):
    assert right in KEY_POLICY
    assert ["json-syntax"] == [fault.code for fault in faults(KEY_POLICY.replace(right, wrong, 1))]
