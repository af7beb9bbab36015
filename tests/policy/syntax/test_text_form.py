"""The text form: what each notation means, in IAM's own terms."""

import pytest

from policy.catalogue.classes import ADMINISTRATION, GRANTS, USAGE
from policy.diagnostics import PolicyError
from policy.model.document import Effect, Patterns, PrincipalEntry, PrincipalKind, Version
from policy.model.reading import parse

AWS, SERVICE, EVERYONE = PrincipalKind.AWS, PrincipalKind.SERVICE, PrincipalKind.EVERYONE


def statement(lines, head=""):
    return parse(f"{head}\nallow {{\n{lines}\n}}\n").statements[0]


def condition(test, head=""):
    (found,) = statement(f"when {test}", head).conditions
    return found.operator_name, found.key, found.values


def test_the_design_example_reads_as_its_json_does():
    text = """
    policy "ec2-encrypted-files"

    allow "Key administrators" {
      principal  arn:aws:iam::111122223333:role/KeyAdmin
      action     @administration
      resource   *
    }

    deny "Nobody deletes without MFA" {
      principal  *
      action     kms:ScheduleKeyDeletion
      resource   *
      when       aws:MultiFactorAuthPresent? == false
    }
    """
    document = parse(text)
    allow, deny = document.statements
    assert "ec2-encrypted-files" == document.id
    assert Version.CURRENT == document.version
    assert ("Key administrators", Effect.ALLOW, ADMINISTRATION) == (allow.sid, allow.effect, allow.actions.values)
    assert (PrincipalEntry(EVERYONE, "*"),) == deny.principals.entries
    assert "BoolIfExists" == deny.conditions[0].operator_name


def test_the_action_classes_are_built_in():
    assert USAGE + GRANTS == statement("action @usage, @grants").actions.values


def test_principals_stand_under_their_kind():
    lines = "principal service ec2.amazonaws.com, 111122223333, federated www.amazon.com, canonical 79a59df9"
    assert [
        ("Service", "ec2.amazonaws.com"),
        ("AWS", "111122223333"),
        ("Federated", "www.amazon.com"),
        ("CanonicalUser", "79a59df9"),
    ] == [(str(entry.kind), entry.value) for entry in statement(lines).principals.entries]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("*", [(EVERYONE, "*")]),
        ("aws *", [(AWS, "*")]),
        ("*, service a.amazonaws.com", [(AWS, "*"), (SERVICE, "a.amazonaws.com")]),
        ("[]", []),
        ('"anything at all"', [(AWS, "anything at all")]),
    ],
)
def test_everyone_alone_differs_from_everyone_in_a_list(written, expected):
    assert [PrincipalEntry(*entry) for entry in expected] == list(statement(f"principal {written}").principals.entries)


def test_not_negates_an_element():
    found = statement("not principal *\nnot action kms:*\nnot resource *")
    assert (True, True, True) == (found.principals.negated, found.actions.negated, found.resources.negated)


def test_a_list_goes_on_behind_a_comma():
    assert Patterns(values=("a", "b", "c")) == statement("action a, # first\n   # second\n\n b,\n c").actions


def test_a_name_stands_for_its_values_everywhere():
    head = (
        "let admins = arn:aws:iam::1:role/A, service x.amazonaws.com\nlet ips = 10.0.0.0/8\nlet both = @ips, 192.0.2.1"
    )
    found = statement("principal @admins\nwhen aws:SourceIp in @both", head)
    assert ["AWS", "Service"] == [str(entry.kind) for entry in found.principals.entries]
    assert ("10.0.0.0/8", "192.0.2.1") == found.conditions[0].values


def test_a_block_may_stand_on_one_line():
    assert Patterns(values=("a",)) == parse("deny { action a }").statements[0].actions


def test_lines_end_as_any_editor_ends_them():
    assert (
        parse('allow "x" {\n action a\n}\n')
        == parse('allow "x" {\r\n action a\r\n}\r\n')
        == parse('allow "x" {\r action a\r}')
    )


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ('k == "a", "b"', ("StringEquals", "k", ("a", "b"))),
        ('k != "a"', ("StringNotEquals", "k", ("a",))),
        ("k == 5", ("NumericEquals", "k", ("5",))),
        ("k != -5.25", ("NumericNotEquals", "k", ("-5.25",))),
        ("k<=5", ("NumericLessThanEquals", "k", ("5",))),
        ("k? >= 5", ("NumericGreaterThanEqualsIfExists", "k", ("5",))),
        ("k == true", ("Bool", "k", ("true",))),
        ("k < 2026-01-31", ("DateLessThan", "k", ("2026-01-31",))),
        ("k > 2026-01-31T10:00:00+01:00", ("DateGreaterThan", "k", ("2026-01-31T10:00:00+01:00",))),
        ("k == arn:aws:s3:::b", ("ArnEquals", "k", ("arn:aws:s3:::b",))),
        ('k == "arn:aws:s3:::b"', ("StringEquals", "k", ("arn:aws:s3:::b",))),
        ("k not like arn:aws:s3:::*", ("ArnNotLike", "k", ("arn:aws:s3:::*",))),
        ('k like "arn:aws:s3:::*"', ("StringLike", "k", ("arn:aws:s3:::*",))),
        ('any k not like "a*"', ("ForAnyValue:StringNotLike", "k", ("a*",))),
        ('all k? == "a"', ("ForAllValues:StringEqualsIfExists", "k", ("a",))),
        ("k in 10.0.0.0/8, 2001:db8::/32", ("IpAddress", "k", ("10.0.0.0/8", "2001:db8::/32"))),
        ("k not in ::1", ("NotIpAddress", "k", ("::1",))),
        ("k exists", ("Null", "k", ("false",))),
        ("any k missing", ("ForAnyValue:Null", "k", ("true",))),
        ('k stringequalsignorecase "x"', ("StringEqualsIgnoreCase", "k", ("x",))),
        ('k BinaryEquals "QQ=="', ("BinaryEquals", "k", ("QQ==",))),
        ("k DateLessThan 1700000000", ("DateLessThan", "k", ("1700000000",))),
        ("k StringEquals []", ("StringEquals", "k", ())),
        ('k Null "maybe"', ("Null", "k", ("maybe",))),
        ('"aws:ResourceTag/cost center"? == "x"', ("StringEqualsIfExists", "aws:ResourceTag/cost center", ("x",))),
        ('"any" == "\\u00e9\\n"', ("StringEquals", "any", ("é\n",))),
    ],
)
def test_a_comparison_means_the_operator(test, expected):
    assert expected == condition(test)


def test_conditions_of_one_operator_come_together_as_in_json():
    found = statement('when a == "x"\nwhen b == 5\nwhen c == "y"')
    assert ["a", "c", "b"] == [each.key for each in found.conditions]


@pytest.mark.parametrize(
    ("text", "code", "underlined", "hint"),
    [
        ("alow {\n}", "syntax", "alow", "did you mean `allow`?"),
        ("allow {\n actions a\n}", "syntax", "actions", "did you mean `action`?"),
        ("allow {\n action\n}", "syntax", "\n", None),
        ("allow {\n action a b\n}", "syntax", "b", None),
        (
            "allow {\n action a,\n resource *\n}",
            "syntax",
            "*",
            "the line above ends in a comma, so its list goes on here",
        ),
        ("allow {\n action “a”\n}", "syntax", "“a”", "strings stand in straight double quotes"),
        ('allow {\n action "a\n}', "syntax", '"a', None),
        ('allow {\n action "a\\x"\n}', "string", '"a\\x"', None),
        ("allow\n action a\n}", "syntax", "\n", None),
        ("}\nallow {}", "syntax", "}", None),
        ("allow {\n when k = 5\n}", "syntax", "=", "a comparison is written `==`"),
        ("allow {\n when k == foo\n}", "wrong-literal", "foo", 'as a string it stands in double quotes: `"foo"`'),
        ("allow {\n when k == 2026-13-01\n}", "wrong-literal", "2026-13-01", None),
        ("allow {\n when k in 10.0.0.0/99\n}", "wrong-literal", "10.0.0.0/99", None),
        ('allow {\n when k in "a"\n}', "wrong-literal", '"a"', "`==` takes several values, one of which must match"),
        ('allow {\n when k in "192.0.2.7"\n}', "wrong-literal", '"192.0.2.7"', "an address stands without quotes"),
        ('allow {\n when k < "a"\n}', "wrong-literal", '"a"', None),
        (
            "allow {\n when k != true\n}",
            "wrong-literal",
            "true",
            "a Boolean is compared with `==`, to `true` or `false`",
        ),
        ('allow {\n when k == 5, "a"\n}', "wrong-literal", '"a"', None),
        ("allow {\n when k == []\n}", "wrong-literal", "==", "use the IAM operator's own name: `StringEquals []`"),
        ('allow {\n when k StringEqual "a"\n}', "unknown-operator", "StringEqual", "did you mean `StringEquals`?"),
        ('allow {\n when k BoolIfExists "a"\n}', "unknown-operator", "BoolIfExists", None),
        ("allow {\n when k? exists\n}", "unknown-operator", "?", None),
        ('allow {\n when k == "a"\n when K == "b"\n}', "duplicate-condition", 'when K == "b"', None),
        ("allow {\n action a\n not action b\n}", "duplicate-line", "not action", None),
        ("allow {\n action @usag\n}", "unknown-name", "@usag", "did you mean `@usage`?"),
        ("allow {\n action @a\n}\nlet a = b", "unknown-name", "@a", None),
        ("let a = @a\nallow {}", "unknown-name", "@a", None),
        ("let a = b\nlet a = c\nallow {}", "duplicate-name", "a", "choose another name"),
        ("let usage = b\nallow {}", "duplicate-name", "usage", None),
        ("let a = service x\nallow {\n action @a\n}", "wrong-list", "@a", None),
        ("let a = x\nallow {\n principal @a\n}", "unknown-principal", "@a", None),
        (
            "allow {\n principal ec2.amazonaws.com\n}",
            "unknown-principal",
            "ec2.amazonaws.com",
            "write `service ec2.amazonaws.com`",
        ),
        ('policy "a"\npolicy "b"\nallow {}', "duplicate-line", '"b"', None),
        ("version 2012-10-18\nallow {}", "invalid-version", "2012-10-18", None),
        ("", "empty-policy", "", None),
        ("# nothing\n", "empty-policy", "", None),
    ],
)
def test_a_fault_is_named_where_it_stands(text, code, underlined, hint):
    with pytest.raises(PolicyError) as raised:
        parse(text)
    (fault,) = raised.value.diagnostics
    found = (text + "\n")[fault.span.start : fault.span.end]
    assert (code, underlined) == (fault.code, found or underlined.strip("\n"))
    assert hint is None or hint == fault.help


def test_every_fault_of_a_text_is_reported():
    text = """\
policy ec2
version 2012-10-18
alow "x" {
  principals *
  when aws:x = 5
  when aws:w == foo
}
allow "y"
  principal ec2.amazonaws.com
  action @usag
allow {
  action kms:x }
deny {
  resource "abc
"""
    with pytest.raises(PolicyError) as raised:
        parse(text, "p.policy")
    assert [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 14, 15] == [
        fault.source.line_column(fault.span.start)[0] for fault in raised.value.diagnostics
    ]


def test_names_cannot_be_piled_up_without_end():
    lets = "".join(f"let a{index} = {', '.join([f'@a{index - 1}' if index else 'x'] * 10)}\n" for index in range(9))
    with pytest.raises(PolicyError, match="the names stand for more than 100,000 values"):
        parse(f"{lets}allow {{\n action @a8\n}}\n")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('allow "a {\n principal *\n action kms:A\n}\n', 1),
        ('allow "a"\n{\n principal *\n}\n', 1),
        ("Allow {\n principal *\n}\n", 1),
        ("allow deny {\n principal *\n}\n", 1),
        ("allow a {\n principal *\n}\n", 1),
        ("policy files\nallow {\n}\n", 1),
        ("allow {\n action a;\n resource *\n}\n", 2),
        ("allow {\n action a b\n resource *\n}\n", 2),
        ("allow {\n condition a == 5\n}\n", 2),
        ("allow {\n when a equals 5\n}\n", 2),
        ("allow {\n when a\n}\n", 2),
        ("allow {\n action a }}\n", 2),
        ("allow {\n action x\ndeny {\n action y\n}\n", 3),
        ("allow {\n action x\n", 3),
    ],
)
def test_one_slip_is_one_fault(text, line):
    with pytest.raises(PolicyError) as raised:
        parse(text)
    assert [line] == [fault.source.line_column(fault.span.start)[0] for fault in raised.value.diagnostics]
