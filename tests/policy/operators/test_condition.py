"""Every condition operator by example, and what holds for all of them. Sources: IAM User Guide, pages named below."""

import pytest

from policy.catalogue.operators import Operator, split_operator
from policy.model.document import Condition, Version
from policy.model.request import RequestContext
from policy.operators.condition import condition_holds, prepare_condition
from policy.operators.table import OPERATORS

VARIABLES = {
    "aws:username": "alice",
    "aws:PrincipalAccount": "111122223333",
    "self": "arn:aws:iam::1:role/a",
    "star": "*",
    "several": ("x", "y"),
}


def holds(name, policy_values, request_values, version=Version.CURRENT):
    """Ask the definition and the prepared form; None as request values is an absent key."""
    parts = split_operator(name)
    assert parts is not None, name
    qualifier, operator, if_exists = parts
    values = (policy_values,) if isinstance(policy_values, str) else tuple(policy_values)
    condition = Condition(operator=operator, key="Key", values=values, qualifier=qualifier, if_exists=if_exists)
    context = RequestContext(VARIABLES | ({} if request_values is None else {"kEY": request_values}))
    plain = condition_holds(condition, context, version)
    assert plain == prepare_condition(condition, version)(context.lowered())
    return plain


DOCUMENT = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"
ROLE = "arn:aws:iam::111122223333:role/service/App"

# operator, values of the policy, value of the request, whether they match: IAM User Guide, "IAM JSON policy elements:
# Condition operators". The negated operators are asked the opposite.
EXAMPLES = [
    # String condition operators
    ("StringEquals", "web", "web", True),
    ("StringEquals", "web", "Web", False),
    ("StringEquals", "w*", "web", False),
    ("StringEquals", "w*", "w*", True),
    ("StringEquals", ["app", "web"], "web", True),
    ("StringEquals", "", "", True),
    ("StringEquals", "${aws:username}", "alice", True),
    ("StringEquals", "${aws:username}-*", "alice-*", True),
    ("StringEquals", "${star}", "*", True),
    ("StringEquals", "${aws:nobody}", "${aws:nobody}", False),
    ("StringEquals", "${aws:nobody}", "", False),
    ("StringEquals", "${several}", "x", False),
    ("StringEquals", ["${aws:nobody}", "web"], "web", True),
    ("StringEquals", "${aws:nobody, 'web'}", "web", True),
    ("StringEqualsIgnoreCase", "Web", "wEB", True),
    ("StringEqualsIgnoreCase", "Web", "wEBs", False),
    ("StringEqualsIgnoreCase", "${aws:UserName}", "ALICE", True),
    ("StringEqualsIgnoreCase", "w*", "WEB", False),
    ("StringLike", "w*", "web", True),
    ("StringLike", "w*", "Web", False),
    ("StringLike", "w?b", "web", True),
    ("StringLike", "w?b", "wb", False),
    ("StringLike", "home/${aws:username}/*", "home/alice/x", True),
    ("StringLike", "home/${star}/x", "home/alice/x", False),
    ("StringLike", "home/${star}/x", "home/*/x", True),
    ("StringLike", "a${*}", "ab", False),
    ("StringLike", "a${*}", "a*", True),
    ("StringLike", "a${?}", "ab", False),
    ("StringLike", "${$}{aws:username}", "${aws:username}", True),
    ("StringLike", "${aws:nobody}*", "anything", False),
    ("StringLike", "arn:*:finance/*", "arn:a:b:finance/c", True),
    # Numeric condition operators
    ("NumericEquals", "10", "10", True),
    ("NumericEquals", "10", "10.0", True),
    ("NumericEquals", "0.1", "0.10", True),
    ("NumericEquals", "9007199254740993", "9007199254740992", False),
    ("NumericEquals", ["1", "2"], "2", True),
    ("NumericLessThan", "10", "9.99", True),
    ("NumericLessThan", "10", "10", False),
    ("NumericLessThan", "10", "9", True),
    ("NumericLessThan", "-1", "-2", True),
    ("NumericLessThanEquals", "10", "10", True),
    ("NumericLessThanEquals", "10", "11", False),
    ("NumericGreaterThan", "9", "10", True),
    ("NumericGreaterThan", "10", "10", False),
    ("NumericGreaterThanEquals", "10", "10", True),
    ("NumericGreaterThanEquals", "10", "9", False),
    # Date condition operators; W3C NOTE-datetime
    ("DateEquals", "2013-06-30T00:00:00Z", "2013-06-30T00:00:00Z", True),
    ("DateEquals", "2013-06-30T00:00:00Z", "1372550400", True),
    ("DateEquals", "2013-06-30", "2013-06-30T00:00Z", True),
    ("DateEquals", "2013-06", "2013-06-01T00:00:00Z", True),
    ("DateEquals", "2013-06-30T02:00:00+02:00", "2013-06-29T19:00-05:00", True),
    ("DateEquals", "2013-06-30T00:00:00.50Z", "1372550400.5", True),
    ("DateEquals", "2013-06-30T00:00:00Z", "2013-06-30T00:00:01Z", False),
    ("DateLessThan", "2013-06-30T00:00:00Z", "2013-06-29T23:59:59Z", True),
    ("DateLessThan", "2013-06-30T00:00:00Z", "2013-06-30T00:00:00Z", False),
    ("DateLessThan", "2013-06-30T00:00:00.5Z", "2013-06-30T00:00:00.49Z", True),
    ("DateLessThanEquals", "2013-06-30T00:00:00Z", "2013-06-30T00:00:00Z", True),
    ("DateLessThanEquals", "1372550400", "2013-06-30T00:00:00.1Z", False),
    ("DateGreaterThan", "2020-01-01T00:00:01Z", "2020-01-01T00:00:02Z", True),
    ("DateGreaterThan", "2020-01-01T00:00:01Z", "2020-01-01T00:00:01Z", False),
    ("DateGreaterThanEquals", "2020-01-01T00:00:01Z", "1577836801", True),
    ("DateGreaterThanEquals", "2020-01-01T00:00:01Z", "1577836800", False),
    # Boolean condition operators
    ("Bool", "true", "true", True),
    ("Bool", "True", "TRUE", True),
    ("Bool", "false", "true", False),
    ("Bool", "false", "False", True),
    ("Bool", ["true", "false"], "false", True),
    # Binary condition operators
    ("BinaryEquals", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", True),
    ("BinaryEquals", "QQ==", "QR==", True),  # two spellings of the byte A
    ("BinaryEquals", "QQ==", "qq==", False),
    # IP address condition operators
    ("IpAddress", "203.0.113.0/24", "203.0.113.255", True),
    ("IpAddress", "203.0.113.0/24", "203.0.114.0", False),
    ("IpAddress", "203.0.113.7/24", "203.0.113.1", True),
    ("IpAddress", "203.0.113.7", "203.0.113.7", True),
    ("IpAddress", "203.0.113.7", "203.0.113.8", False),
    ("IpAddress", ["203.0.113.0/24", "2001:DB8:1234:5678::/64"], "2001:db8:1234:5678::1", True),
    ("IpAddress", ["203.0.113.0/24", "2001:DB8:1234:5678::/64"], "2001:db8:1234:5679::1", False),
    ("IpAddress", "2001:db8::1", "2001:0db8:0:0::1", True),
    ("IpAddress", "0.0.0.0/0", "::1", False),
    ("IpAddress", "::/0", "::1", True),
    # Amazon Resource Name (ARN) condition operators
    ("ArnLike", "arn:aws:iam::111122223333:role/service/App", ROLE, True),
    ("ArnLike", "arn:aws:iam::*:role/*", ROLE, True),
    ("ArnLike", "arn:aws:iam::111122223333:role/*App", ROLE, True),
    ("ArnLike", "arn:aws:iam::111122223333:role/app", ROLE, False),
    ("ArnLike", "arn:*:role/service/App", ROLE + ":x", None),
    ("ArnLike", "arn:aws:someservice:*:111122223333:finance/*", DOCUMENT, False),
    ("ArnLike", "arn:aws:someservice:*:*:*finance/*", DOCUMENT, True),
    ("ArnLike", "arn:aws:iam::${aws:PrincipalAccount}:role/*", ROLE, True),
    ("ArnLike", "arn:aws:iam::${aws:nobody}:role/*", ROLE, False),
    ("ArnLike", "arn:aws:iam::${star}:role/*", ROLE, False),
    ("ArnLike", "${self}", "arn:aws:iam::1:role/a", True),
    ("ArnEquals", "arn:aws:iam::*:role/*", ROLE, True),
    ("ArnEquals", "arn:aws:iam::444455556666:role/*", ROLE, False),
    # What one side cannot be read as cannot be compared, negated or not: not documented.
    ("NumericEquals", "abc", "10", None),
    ("NumericEquals", "10", "abc", None),
    ("NumericEquals", "10", "1_0", None),
    ("NumericEquals", "NaN", "NaN", None),
    ("NumericLessThan", "10", "", False),
    ("DateEquals", "yesterday", "2013-06-30", None),
    ("DateEquals", "2013-06-30", "2013-02-30", None),
    ("DateEquals", "2013-06-30T24:00Z", "2013-06-30", None),
    ("DateEquals", "2013-06-30*", "2013-06-30", None),
    ("Bool", "yes", "yes", False),
    ("Bool", "${aws:username}", "true", False),
    ("BinaryEquals", "!", "!", False),
    ("BinaryEquals", "QQ", "QQ==", False),
    ("IpAddress", "203.0.113.0/24", "203.0.113.0/24", None),
    ("IpAddress", "203.0.113.0/24", "AWS Internal", None),
    ("IpAddress", "203.0.113.0/255.255.255.0", "203.0.113.1", None),
    ("IpAddress", "203.0.113.0/33", "203.0.113.1", None),
    ("IpAddress", "*", "203.0.113.1", None),
    ("ArnLike", "*", ROLE, None),
    ("ArnLike", "arn:aws:iam::*", ROLE, None),
    ("ArnLike", "arn:aws:iam::*:role/*", "App", None),
]

NEGATIONS = {
    "StringEquals": ["StringNotEquals"],
    "StringEqualsIgnoreCase": ["StringNotEqualsIgnoreCase"],
    "StringLike": ["StringNotLike"],
    "NumericEquals": ["NumericNotEquals"],
    "DateEquals": ["DateNotEquals"],
    "IpAddress": ["NotIpAddress"],
    "ArnEquals": ["ArnNotEquals", "ArnNotLike"],
    "ArnLike": ["ArnNotLike", "ArnNotEquals"],
}


@pytest.mark.parametrize(("operator", "policy", "request_value", "expected"), EXAMPLES)
def test_operators_compare_as_documented(operator, policy, request_value, expected):
    """None in the table: the values cannot be compared, so neither the operator nor its negation holds."""
    assert bool(expected) == holds(operator, policy, request_value)
    for negation in NEGATIONS.get(operator, []):
        assert (expected is False) == holds(negation, policy, request_value)


def test_every_operator_has_an_example():
    named = {name for name, *_ in EXAMPLES} | {each for names in NEGATIONS.values() for each in names}
    assert {*Operator} - {Operator.NULL} == named == set(OPERATORS)


# "If the key that you specify in a policy condition is not present in the request context …": Condition operators.
@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("absent", [None, ()], ids=["absent", "empty"])
def test_an_absent_key_satisfies_negated_operators_and_if_exists_only(operator, absent):
    assert OPERATORS[operator].negated == holds(operator, "1", absent)
    assert holds(f"{operator}IfExists", "1", absent)
    # "Set operators for multivalued context keys"
    assert holds(f"ForAllValues:{operator}", "1", absent)
    assert not holds(f"ForAnyValue:{operator}", "1", absent)
    assert holds(f"ForAnyValue:{operator}IfExists", "1", absent)


@pytest.mark.parametrize(
    ("name", "request_values", "expected"),
    [
        # "Set operators for multivalued context keys" and "Multivalued context key examples"
        ("ForAllValues:StringEquals", ("a", "b"), True),
        ("ForAllValues:StringEquals", ("a",), True),
        ("ForAllValues:StringEquals", ("a", "c"), False),
        ("ForAnyValue:StringEquals", ("a", "c"), True),
        ("ForAnyValue:StringEquals", ("c", "d"), False),
        ("ForAllValues:StringNotEquals", ("c", "d"), True),
        ("ForAllValues:StringNotEquals", ("a", "c"), False),
        ("ForAnyValue:StringNotEquals", ("a", "c"), True),
        ("ForAnyValue:StringNotEquals", ("a", "b"), False),
        ("ForAllValues:StringEqualsIfExists", ("a", "c"), False),
        ("ForAnyValue:StringEqualsIfExists", ("c",), False),
        ("ForAnyValue:StringLike", ("c", "b"), True),
        # A single-valued key under a set operator is a set of one.
        ("ForAnyValue:StringEquals", "a", True),
        ("ForAllValues:StringEquals", "c", False),
        # "Multivalued context keys require a condition set operator": without one, several values satisfy nothing.
        ("StringEquals", ("a", "b"), False),
        ("StringEquals", ("a", "a"), False),
        ("StringNotEquals", ("c", "d"), False),
        ("StringEqualsIfExists", ("a", "b"), False),
        ("StringEquals", ("a",), True),
        ("StringNotEquals", ("c",), True),
    ],
)
def test_set_operators_quantify_over_the_values_of_the_request(name, request_values, expected):
    assert expected == holds(name, ["a", "b"], request_values)


@pytest.mark.parametrize(
    ("policy", "request_values", "expected"),
    [
        # "Condition operator to check existence of condition keys"
        ("true", None, True),
        ("true", (), True),
        ("true", "", False),
        ("true", "x", False),
        ("false", None, False),
        ("false", "x", True),
        ("false", ("x", "y"), True),
        ("True", None, True),
        (["true", "false"], None, True),
        (["true", "false"], "x", True),
        ("yes", None, False),
        ("yes", "x", False),
    ],
)
def test_null_asks_whether_the_key_is_there(policy, request_values, expected):
    for name in ("Null", "null", "ForAllValues:Null", "ForAnyValue:Null"):
        assert expected == holds(name, policy, request_values)


def test_several_values_are_or_and_under_a_negated_operator_nor():
    """Conditions with multiple context keys or values."""
    assert holds("StringNotEquals", ["a", "b"], "c")
    assert not holds("StringNotEquals", ["a", "b"], "b")
    assert holds("NumericNotEquals", ["1", "2"], "3")
    assert not holds("NumericNotEquals", ["1", "abc"], "3")
    assert holds("NumericEquals", ["abc", "3"], "3")
    assert not holds("StringEquals", [], "a")
    assert holds("StringNotEquals", [], "a")


def test_variables_are_literal_text_in_the_older_version():
    """IAM policy elements: Variables and tags."""
    assert holds("StringEquals", "${aws:username}", "${aws:username}", Version.OLD)
    assert not holds("StringEquals", "${aws:username}", "alice", Version.OLD)
    assert holds("StringLike", "${*}", "${anything}", Version.OLD)
