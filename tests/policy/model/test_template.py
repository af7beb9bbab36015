"""Policy variables. Each case is of IAM User Guide, "IAM policy elements: Variables and tags"."""

import pytest

from policy.model.document import Version
from policy.model.pattern import Wild
from policy.model.request import RequestContext
from policy.model.template import Variable, parse_template

CONTEXT = RequestContext(
    {
        "aws:username": "alice",
        "aws:PrincipalTag/Cost Center": "42",
        "aws:TagKeys": ("a", "b"),
        "aws:userid": (),
        "odd": "a*${aws:username}?",
        "blank": "",
    }
)

CASES = [
    ("plain", "plain"),
    ("home/${aws:username}/", "home/alice/"),
    ("${AWS:UserName}", "alice"),  # "Key names are case-insensitive"
    ("${aws:PrincipalTag/Cost Center}", "42"),
    ("${ aws:username }", "alice"),
    ("${aws:username}${aws:username}", "alicealice"),
    ("${aws:nobody}", None),  # "Policy variables with no value"
    ("x-${aws:nobody}-y", None),
    ("${aws:TagKeys}", None),  # multivalued keys are no variables
    ("${aws:TagKeys, 'a'}", None),
    ("${aws:userid}", None),
    ("${aws:userid, 'anonymous'}", "anonymous"),  # "Specifying default values"
    ("${aws:nobody, 'anonymous'}", "anonymous"),
    ("${aws:nobody,'anonymous'}", "anonymous"),
    ("${aws:nobody, ''}", ""),
    ("${aws:nobody, 'it's {me}'}", "it's {me}"),
    ("${aws:username, 'anonymous'}", "alice"),
    ("${blank}", ""),
    ("${odd}", "a*${aws:username}?"),  # one round of replacement only
    ("${*}${?}${$}{aws:username}", "*?${aws:username}"),
    ("${", "${"),
    ("${}", "${}"),
    ("${ }", "${ }"),
    ("${aws:username", "${aws:username"),
    ("${aws:nobody, default}", "${aws:nobody, default}"),
    ("${aws:nobody, 'default}", "${aws:nobody, 'default}"),
    ("${a${aws:username}}", "${aalice}"),
    ("$${aws:username}", "$alice"),
    ("$aws:username}", "$aws:username}"),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_variables_are_filled_in_and_all_else_is_literal(text, expected):
    assert expected == parse_template(text, Version.CURRENT).text(CONTEXT)


@pytest.mark.parametrize("text", [case[0] for case in CASES])
def test_variables_are_literal_in_the_older_version(text):
    template = parse_template(text, Version.OLD)
    assert text == template.text(CONTEXT)
    assert () == template.variables


def test_wildcards_stay_wildcards_and_values_stay_literal():
    template = parse_template("*/${odd}/${*}?", Version.CURRENT)
    assert (Wild.ANY_RUN, "/a*${aws:username}?/*", Wild.ANY_ONE) == template.resolve(CONTEXT)


def test_a_template_tells_its_variables():
    template = parse_template("${aws:UserName}/${b, 'c'}", Version.CURRENT)
    assert (Variable("aws:username"), Variable("b", "c")) == template.variables
    assert template.constant is None
    assert ("a",) == parse_template("a", Version.CURRENT).constant
