"""The prepared forms of patterns, templates, resources and conditions answer as their definitions do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.catalogue.operators import Operator, Qualifier
from policy.model.arn_pattern import prepare_segments, segments_match, split_segments
from policy.model.document import Condition, Version
from policy.model.pattern import Wildcard, parse_wildcards, wildcard_matches
from policy.model.request import RequestContext
from policy.model.template import parse_template
from policy.operators.action import action_matches, prepare_action
from policy.operators.condition import condition_holds, prepare_condition
from policy.operators.resource import prepare_resource, resource_matches

# Few characters make near-misses likely.
texts = st.text("ab:/", max_size=12)
patterns = st.text("ab:*?", max_size=12)
segments = st.sampled_from(
    ["arn", "aws", "kms", "iam", "", "*", "a*", "?ws", "us-east-1", "111122223333", "1111*", "${aws:username}"]
)
resource_parts = st.sampled_from(
    [
        "key/1",
        "key/*",
        "key/?",
        "*",
        "role/a/b",
        "role/a:b",
        "role/*:b",
        "alias/${aws:username}",
        "${a}/${*}",
        "${b, 'key'}/1",
        "${",
        "x*",
    ]
)
arns = st.one_of(
    st.builds(
        lambda head, resource: ":".join([*head, resource]), st.lists(segments, min_size=5, max_size=5), resource_parts
    ),
    st.lists(segments, max_size=5).map(":".join),
    st.sampled_from(
        ["*", "**", "?", "arn:aws:kms:*", "arn:*", "${aws:username}", "arn:aws:kms:us-east-1:111122223333:key/1"]
    ),
)
templates = st.lists(
    st.sampled_from(
        [
            "a",
            "A",
            "b",
            ":",
            "*",
            "?",
            "$",
            "{",
            "}",
            "${",
            "${a}",
            "${A}",
            "${b}",
            "${many}",
            "${none, 'a'}",
            "${none,'*'}",
            "${*}",
            "${?}",
            "${$}",
            "${}",
            "'",
        ]
    ),
    max_size=6,
).map("".join)
numbers = st.sampled_from(
    [
        "1",
        "1.0",
        "01",
        "+1",
        "-1",
        "0",
        "-0",
        "1e0",
        "10",
        "9007199254740993",
        "9007199254740992",
        "0.1",
        "0.10",
        "abc",
        "",
        "NaN",
        "1_0",
        " 1",
    ]
)
dates = st.sampled_from(
    [
        "2013-06-30T00:00:00Z",
        "2013-06-30",
        "2013-06",
        "2013",
        "1372550400",
        "1372550400.0",
        "1372550400.5",
        "2013-06-30T00:00:00.5Z",
        "2013-06-30T00:00:00.49Z",
        "2013-06-30T02:00+02:00",
        "2013-06-29T23:00:00-01:00",
        "2013-06-30T00:00",
        "2013-02-30",
        "yesterday",
        "",
    ]
)
booleans = st.sampled_from(["true", "false", "True", "FALSE", "yes", "", "${a}"])
binaries = st.sampled_from(["QQ==", "QR==", "QUI=", "", "!", "QQ", "QQ==\n"])
addresses = st.sampled_from(
    [
        "10.0.0.1",
        "10.0.0.0/8",
        "10.0.0.1/32",
        "10.0.0.9/24",
        "0.0.0.0/0",
        "::/0",
        "::1",
        "2001:db8::/32",
        "2001:db8:0::1",
        "10.0.0.256",
        "10.0.0.0/255.0.0.0",
        "fe80::1%eth0",
        "",
    ]
)
nulls = st.sampled_from(["true", "false", "True", "yes"])

VALUES = {
    "String": templates,
    "Numeric": numbers,
    "Date": dates,
    "Bool": booleans,
    "Binary": binaries,
    "IpAdd": addresses,
    "NotIp": addresses,
    "Arn": arns,
    "Null": nulls,
}


def values_of(operator):
    return next(values for prefix, values in VALUES.items() if operator.startswith(prefix))


@given(patterns, texts)
def test_a_prepared_wildcard_answers_as_its_definition(pattern, text):
    assert wildcard_matches(pattern, text) == Wildcard.compile(pattern).matches(text)


@given(st.text("ab?*", min_size=4, max_size=40), st.text("ab", min_size=10, max_size=300))
def test_long_stretches_with_question_marks_answer_as_their_definition(pattern, text):
    assert wildcard_matches(f"*{pattern}*", text) == Wildcard.compile(f"*{pattern}*").matches(text)


@given(st.text("ab*?$", max_size=12), st.data())
def test_a_text_made_from_a_pattern_is_of_it(pattern, data):
    fill = {"*": st.text("ab", max_size=3), "?": st.sampled_from("ab*?")}
    text = "".join(data.draw(fill[character]) if character in fill else character for character in pattern)
    assert wildcard_matches(pattern, text)
    assert Wildcard.compile(pattern).matches(text)


@given(patterns, texts)
def test_case_does_not_matter_to_an_action(pattern, action):
    assert (
        action_matches(pattern, action)
        == action_matches(pattern.upper(), action)
        == prepare_action(pattern)(action.upper())
    )


@given(arns, arns)
def test_a_prepared_arn_pattern_answers_as_its_definition(pattern, text):
    segments = split_segments(parse_wildcards(pattern))
    assert segments_match(segments, text) == prepare_segments(segments)(text)


@given(templates, st.sampled_from(Version))
def test_a_constant_template_needs_no_context(text, version):
    template = parse_template(text, version)
    full = RequestContext({"a": "x", "b": "y", "many": "z"})
    assert template.constant in {None, template.resolve(full)}


@given(templates)
def test_the_older_version_knows_no_variables(text):
    assert text == parse_template(text, Version.OLD).text({})


contexts = st.fixed_dictionaries(
    {},
    optional={
        "A": st.sampled_from(["a", "*", "a:b", ""]),
        "b": st.sampled_from([("b",), (), ("a", "b")]),
        "many": st.just(("a", "b")),
        "aws:UserName": st.sampled_from(["1", "kms", "arn:aws:iam::1:role/a"]),
    },
)


@given(arns, arns, contexts, st.sampled_from(Version))
@settings(max_examples=200)
def test_a_prepared_resource_answers_as_its_definition(pattern, resource, values, version):
    context = RequestContext(values)
    assert resource_matches(pattern, resource, context, version) == prepare_resource(pattern, version)(
        resource, context.lowered()
    )


@pytest.mark.parametrize("if_exists", [False, True])
@pytest.mark.parametrize("qualifier", [None, *Qualifier])
@pytest.mark.parametrize("operator", Operator)
@given(data=st.data())
@settings(max_examples=20)
def test_a_prepared_condition_answers_as_its_definition(operator, qualifier, if_exists, data):
    values = values_of(operator)
    condition = Condition(
        operator=operator,
        key=data.draw(st.sampled_from(["K", "k"])),
        values=data.draw(st.lists(values, max_size=3).map(tuple)),
        qualifier=qualifier,
        if_exists=if_exists,
    )
    request = st.one_of(values, st.sampled_from(condition.values)) if condition.values else values
    given_values = data.draw(
        st.one_of(st.none(), st.lists(request, max_size=3), st.lists(request, min_size=1, max_size=1))
    )
    context = RequestContext(data.draw(contexts) | ({} if given_values is None else {"k": given_values}))
    version = data.draw(st.sampled_from(Version))
    assert condition_holds(condition, context, version) == prepare_condition(condition, version)(context.lowered())


@pytest.mark.parametrize("operator", [operator for operator in Operator if "Not" in operator])
@given(data=st.data())
@settings(max_examples=30)
def test_a_negated_operator_never_holds_with_its_positive(operator, data):
    positive = Operator("IpAddress" if operator is Operator.NOT_IP_ADDRESS else operator.replace("Not", ""))
    values = data.draw(st.lists(values_of(operator), min_size=1, max_size=3).map(tuple))
    context = RequestContext({"k": data.draw(st.lists(values_of(operator), max_size=2))})
    both = [
        condition_holds(Condition(operator=each, key="k", values=values), context, Version.CURRENT)
        for each in (operator, positive)
    ]
    assert both != [True, True]


# Not the empty text: `*` followed by nothing matches what `*` followed by something does not.
@given(templates, st.sampled_from(["a", "*", "a*b", "${a}", "?"]))
def test_what_a_variable_holds_is_literal(text, value):
    """A value with wildcards is matched by itself alone: swapping it for a text without wildcards changes nothing."""
    pattern = f"{text}${{key}}"
    odd, plain = RequestContext({"key": value}), RequestContext({"key": "PLAIN"})
    condition = Condition(operator=Operator.STRING_LIKE, key="k", values=(pattern,))
    for end, same in ((value, "PLAIN"), (f"{value}x", "PLAINx")):
        asked = condition_holds(condition, RequestContext({**odd, "k": end}), Version.CURRENT)
        assert asked == condition_holds(condition, RequestContext({**plain, "k": same}), Version.CURRENT)
