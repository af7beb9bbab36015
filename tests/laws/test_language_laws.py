"""Laws of the policy language: the two spellings say the same, and printing undoes parsing."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from policy.catalogue.operators import Operator, Qualifier, join_operator, split_operator
from policy.model.document import (
    Condition,
    Effect,
    Patterns,
    PolicyDocument,
    PrincipalEntry,
    PrincipalKind,
    Principals,
    Statement,
    Version,
)
from policy.model.fast import IrregularError, read_regular
from policy.model.reading import PolicyKind, document_of, locate, parse, read_document, read_policy, read_tree_of
from policy.model.writing import document_to_tree, to_json, to_text
from policy.source import Source
from policy.syntax.faults import Faults
from policy.syntax.json_values import (
    JsonArray,
    JsonBoolean,
    JsonNull,
    JsonNumber,
    JsonObject,
    JsonString,
    decode,
    parse_json,
)
from policy.syntax.print_text import print_text
from policy.syntax.tree import Comments, Element, Entry, Header, Let, PolicyNode, Reference, StatementNode, Value

# Texts near every border of the notation: keywords, signs, spaces, controls, surrogates, literals of every kind.
AWKWARD = [
    "",
    "*",
    "any",
    "not",
    "service",
    "aws",
    "exists",
    "true",
    "True",
    "5",
    "-5.0",
    "1e3",
    "2024-01-01",
    "2024-13-45",
    "2024-01-01T00:00:00Z",
    "1700000000",
    "10.0.0.0/8",
    "10.0.0.0/99",
    "2001:db8::/32",
    "arn:aws:iam::111122223333:role/a b",
    "arn:aws:iam::111122223333:role/app-*",
    "arn:aws:s3:::b/${aws:username}",
    "${aws:username, 'nobody'}",
    "@admins",
    "a#b",
    "a,b",
    '"quoted"',
    "back\\slash",
    "tab\tnew\nline\r",
    "\u202eevil",
    "\ud800",
    "\ufeff",
    "\x00",
    "{",
    "}",
    "[]",
    "=",
    "ec2.amazonaws.com",
    "111122223333",
    "AIDACKCEVSQ6C2EXAMPLE",
    "ключ",
]
texts = st.one_of(st.sampled_from(AWKWARD), st.text(max_size=8), st.from_regex(r"[a-z]+:[A-Za-z*?]+", fullmatch=True))
keys = st.one_of(
    st.sampled_from(["aws:SourceIp", "kms:EncryptionContext:app", "aws:ResourceTag/cost center", "aws:x?", "any"]),
    texts,
)


def lists(strategy):
    return st.lists(strategy, max_size=3).map(tuple)


principals = st.one_of(
    st.just((PrincipalEntry(PrincipalKind.EVERYONE, "*"),)),
    lists(st.builds(PrincipalEntry, st.sampled_from([kind for kind in PrincipalKind if kind != "*"]), texts)).map(
        lambda entries: tuple(sorted(entries, key=lambda entry: entry.kind))
    ),
)
conditions = st.builds(
    Condition,
    operator=st.sampled_from(Operator),
    key=keys,
    values=lists(texts),
    qualifier=st.sampled_from([None, *Qualifier]),
    if_exists=st.booleans(),
).filter(lambda condition: split_operator(condition.operator_name) is not None)


def regular(found):
    """Conditions as JSON can say them: a key once under an operator, the keys of an operator together."""
    unique = {(each.operator_name, each.key.lower()): each for each in found}
    return tuple(sorted(unique.values(), key=lambda each: each.operator_name))


statements = st.builds(
    Statement,
    effect=st.sampled_from(Effect),
    sid=st.none() | texts,
    principals=st.none() | st.builds(Principals, entries=principals, negated=st.booleans()),
    actions=st.none() | st.builds(Patterns, values=lists(texts), negated=st.booleans()),
    resources=st.none() | st.builds(Patterns, values=lists(texts), negated=st.booleans()),
    conditions=st.lists(conditions, max_size=4).map(regular),
)
documents = st.builds(
    PolicyDocument,
    version=st.sampled_from(Version),
    id=st.none() | texts,
    statements=st.lists(statements, min_size=1, max_size=3).map(tuple),
)


@given(documents)
def test_parsing_undoes_printing_in_json(document):
    assert document == parse(to_json(document))


@given(documents)
def test_parsing_undoes_printing_in_the_text_form(document):
    assert document == parse(to_text(document))


@given(documents)
def test_json_to_text_to_json_keeps_every_byte(document):
    text = to_json(document)
    assert text == to_json(parse(to_text(parse(text))))


@given(documents)
def test_text_to_json_to_text_keeps_every_byte(document):
    text = to_text(document)
    assert text == to_text(parse(to_json(parse(text))))


@given(documents)
def test_the_printed_forms_are_encodable_and_visible(document):
    for text in (to_json(document), to_text(document)):
        text.encode("utf-8")
        assert not any(character in text for character in "\u202e\ufeff\x00\x7f")


@given(documents)
def test_the_two_json_readers_give_one_document(document):
    source = Source("p", to_json(document))
    tree, diagnostics = read_tree_of(source)
    assert ((), document) == (diagnostics, document_of(tree))
    assert document == read_regular(decode(source.text))


@given(documents)
def test_located_documents_are_equal_and_have_spans(document):
    reading = read_policy(Source("p", to_json(document)))
    located = locate(reading.document)
    assert reading.document == located
    assert all(statement.span is not None for statement in located.statements)


@given(documents)
def test_a_decoded_value_reads_as_its_text_does(document):
    text = to_json(document)
    assert parse(text) == read_document(json.loads(text)).document


# Comments, names and quoted literals exist in the text form only: its trees have a strategy of their own.
comment = st.from_regex(r"# [a-z\"{},=@]{0,9}[a-z]", fullmatch=True)
leading = st.lists(comment, max_size=2).map(tuple)
comments = st.builds(Comments, leading=leading, trailing=st.none() | comment)
names = st.sampled_from(["admins", "ips", "words"])
LETS = (
    Let(name="admins", values=(Value(text="arn:aws:iam::111122223333:role/A"), Value(text="arn:aws:iam::1:user/B"))),
    Let(name="ips", values=(Value(text="10.0.0.0/8"), Value(text="192.168.0.0/16"))),
    Let(name="words", values=(Value(text="a", quoted=True), Value(text="b c", quoted=True))),
    Let(name="more", values=(Reference(name="words"), Value(text="d", quoted=True))),
)


def commented_values(strategy):
    """Lists with comments where the notation has them: above any value but the first, behind any but the last."""

    def place(values):
        placed = []
        for index, (value, its) in enumerate(values):
            kept = Comments(
                leading=its.leading if index else (), trailing=its.trailing if index < len(values) - 1 else None
            )
            placed.append(type(value)(**{**{name: getattr(value, name) for name in value.__slots__}, "comments": kept}))
        return tuple(placed)

    return st.lists(st.tuples(strategy, comments), min_size=1, max_size=3).map(place)


actions = st.one_of(
    st.builds(Value, text=texts), st.builds(Reference, name=st.sampled_from(["administration", "usage", "more"]))
)
aws_principals = st.one_of(
    st.builds(
        Value, text=texts.filter(lambda text: text != "*"), member=st.sampled_from(["AWS", "Service", "Federated"])
    ),
    st.just(Reference(name="admins")),
)
entries = st.one_of(
    st.builds(
        Entry,
        operator=st.sampled_from([Operator.STRING_EQUALS, Operator.STRING_LIKE, Operator.BINARY_EQUALS]),
        key=keys,
        values=commented_values(st.one_of(st.builds(Value, text=texts), st.just(Reference(name="more")))),
        if_exists=st.booleans(),
        comments=comments,
    ),
    st.builds(
        Entry,
        operator=st.sampled_from([Operator.IP_ADDRESS, Operator.NOT_IP_ADDRESS]),
        key=keys,
        values=st.just((Reference(name="ips"),)),
        comments=comments,
    ),
    st.builds(
        Entry,
        operator=st.sampled_from([Operator.ARN_EQUALS, Operator.STRING_EQUALS]),
        key=keys,
        values=st.just((Reference(name="admins"),)),
        comments=comments,
    ),
)
nodes = st.builds(
    PolicyNode,
    version=st.builds(Header, value=st.sampled_from(Version).map(str), comments=comments),
    id=st.none() | st.builds(Header, value=texts, comments=comments),
    lets=st.just(LETS),
    statements=st.lists(
        st.builds(
            StatementNode,
            effect=st.sampled_from(["Allow", "Deny"]),
            sid=st.none() | texts,
            principal=st.none() | st.builds(Element, values=commented_values(aws_principals), comments=comments),
            action=st.none() | st.builds(Element, values=commented_values(actions), comments=comments),
            conditions=st.lists(entries, max_size=3, unique_by=lambda e: (e.operator, e.if_exists, e.key.lower())).map(
                tuple
            ),
            comments=comments,
            closing=leading,
        ),
        min_size=1,
        max_size=2,
    ).map(tuple),
    closing=leading,
)


@given(nodes)
def test_comments_and_names_survive_the_formatter(node):
    text = print_text(node)
    tree, diagnostics = read_tree_of(Source("p", text))
    assert () == diagnostics
    assert node == tree


@given(nodes)
def test_formatting_twice_is_formatting_once(node):
    once = print_text(node)
    tree, _ = read_tree_of(Source("p", once))
    assert once == print_text(tree)


# Fragments that make texts which are nearly policies, or nearly JSON.
FRAGMENTS = [
    *'{}[],:"=<>!?#@\n\r\t \\',
    '"Effect"',
    '"Allow"',
    '"Statement"',
    '"Condition"',
    '"StringEquals"',
    '"Principal"',
    "allow",
    "deny {\n",
    "}\n",
    "principal *",
    "action kms:*\n",
    "when a:b == 5",
    "let x = a\n",
    "@x",
    "policy",
    "version 2012-10-17\n",
    "\u2028",
    "\ufeff",
    "ß",
    "1e5",
    "true",
    "null",
    "'",
]
hostile = st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join)


@given(hostile)
@settings(max_examples=400)
def test_whatever_is_read_gives_a_document_or_diagnostics_within_the_source(text):
    reading = read_policy(Source("p", text))
    assert (reading.document is None) == bool(reading.diagnostics)
    for diagnostic in reading.diagnostics:
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(diagnostic.source.text)
        diagnostic.source.line_column(diagnostic.span.start)


@given(hostile)
@settings(max_examples=400)
def test_whatever_the_formatter_accepts_it_formats_once_for_all(text):
    tree, _ = read_tree_of(Source("p", text))
    if tree is not None and tree.statements:
        once = print_text(tree)
        again, diagnostics = read_tree_of(Source("p", once))
        assert () == diagnostics
        assert once == print_text(again)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Version", "Statement", "Effect", "Action", "AWS", "StringEquals", "x"]), inner
        )
    ),
    max_leaves=12,
)


def plain(value):
    match value:
        case JsonString(value=text) | JsonNumber(text=text):
            return text
        case JsonBoolean(value=flag):
            return flag
        case JsonNull():
            return None
        case JsonArray(items=items):
            return [plain(item) for item in items]
        case JsonObject(members=members):
            return {member.name.value: plain(member.value) for member in members}


@given(json_values, st.sampled_from([None, 1]))
def test_the_json_grammar_reads_what_the_fast_reader_reads(value, indent):
    text = json.dumps(value, indent=indent)
    faults = Faults(Source("p", text))
    assert decode(text) == plain(parse_json(faults.source, faults))
    assert [] == faults.found


nearly_json = st.lists(
    st.sampled_from([*'{}[],:"\\ \n', '"a"', '"b"', "1", "-0.5e3", "01", "true", "null", '"\\u00e9"', "\t", '"\x01"']),
    max_size=12,
).map("".join)


@given(nearly_json)
@settings(max_examples=400)
def test_the_json_grammar_refuses_what_the_fast_reader_refuses(text):
    faults = Faults(Source("p", text))
    parse_json(faults.source, faults)
    try:
        json.loads(text)
    except ValueError:
        assert [] != faults.found
    else:
        assert [] == faults.found


policy_values = st.fixed_dictionaries(
    {},
    optional={
        "Version": st.sampled_from(["2012-10-17", "2008-10-17", "2020-01-01", 1]),
        "Id": st.sampled_from(["id", 5]),
        "version": st.just("2012-10-17"),
        "Statement": st.lists(
            st.fixed_dictionaries(
                {"Effect": st.sampled_from(["Allow", "Deny", "allow", None])},
                optional={
                    "Sid": st.sampled_from(["sid", "", 5]),
                    "Principal": st.sampled_from(["*", {"AWS": "*"}, {"AWS": ["a", "b"]}, {"Aws": "a"}, {}, "a", []]),
                    "NotPrincipal": st.sampled_from(["*", {"Service": "x"}]),
                    "Action": st.sampled_from(["a", ["a", "b"], [], 5, [5], {}]),
                    "NotAction": st.sampled_from(["a", []]),
                    "Resource": st.sampled_from(["*", [], None]),
                    "Condition": st.dictionaries(
                        st.sampled_from(
                            ["StringEquals", "stringequals", "Bool", "NullIfExists", "ForAnyValue:ArnLike"]
                        ),
                        st.dictionaries(
                            st.sampled_from(["a", "A", "b"]),
                            st.sampled_from(["x", 5, 2.5, True, None, [], ["x", 1], {}]),
                        ),
                        max_size=2,
                    ),
                },
            ),
            max_size=2,
        ),
    },
)


@given(policy_values, st.sampled_from([None, *PolicyKind]))
@settings(max_examples=400)
def test_the_good_path_accepts_only_what_the_careful_path_accepts(value, kind):
    text = json.dumps(value)
    tree, diagnostics = read_tree_of(Source("p", text))
    try:
        fast = read_regular(decode(text))
    except IrregularError:
        assert read_policy(Source("p", text), kind=kind).document == read_document(value, kind=kind).document
    else:
        assert () == diagnostics
        assert fast == document_of(tree)
        assert fast == read_regular(value)


@given(documents)
def test_the_tree_of_a_document_means_the_document(document):
    assert document == document_of(document_to_tree(document))


@given(st.sampled_from([None, *Qualifier]), st.sampled_from(Operator), st.booleans())
def test_operator_names_split_and_join(qualifier, operator, if_exists):
    name = join_operator(qualifier, operator, if_exists)
    assert split_operator(name) in {(qualifier, operator, if_exists), None}
