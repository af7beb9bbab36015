"""The formatter's canonical form, shown on whole texts."""

from policy.model.reading import read_tree_of
from policy.model.writing import to_json, to_text
from policy.source import Source


def formatted(text):
    tree, diagnostics = read_tree_of(Source("p", text))
    assert () == diagnostics
    return to_text(tree)


UNTIDY = """\
# A licence.

# What it is for.
version 2012-10-17 # said aloud
policy    "files"   # the Id
let   ips=10.0.0.0/8 , 192.0.2.0/24 # offices
deny "b"{ # opening

# above


# further above
  when aws:SourceIp not in @ips
  resource *   # every key
  action kms:Encrypt , # one
     # the second
     kms:Decrypt
  # last
} # closing
allow { not principal "arn:aws:iam::111122223333:root" }
# the end
"""


def test_the_formatter_keeps_every_comment_and_orders_the_lines():
    expected = """\
policy "files"  # the Id
# A licence.

# What it is for.
version 2012-10-17  # said aloud

let ips = 10.0.0.0/8, 192.0.2.0/24  # offices

deny "b" {  # opening
  action     kms:Encrypt,  # one
             # the second
             kms:Decrypt
  resource   *  # every key
  # above

  # further above
  when       aws:SourceIp not in @ips
  # last
  # closing
}

allow {
  not principal  arn:aws:iam::111122223333:root
}

# the end
"""
    assert expected == formatted(UNTIDY)
    assert expected == formatted(expected)


def test_long_lists_stand_a_value_a_line():
    actions = [f"kms:SomeLongActionName{index}" for index in range(6)]
    lines = formatted(f"allow {{\n action {','.join(actions)}\n}}").splitlines()
    assert f"  action     {actions[0]}," == lines[1]
    assert f"             {actions[-1]}" == lines[6]


def test_the_current_version_goes_without_saying():
    assert "allow {\n  action     a\n}\n" == formatted("version 2012-10-17\nallow {\n action a\n}")


def test_values_that_no_literal_can_carry_stand_quoted_behind_the_operators_name():
    json = """{"Statement": {"Effect": "Allow", "Condition": {
        "NumericEquals": {"a": "five"}, "DateLessThan": {"b": 1700000000}, "ArnLike": {"c": "*"}, "Bool": {"d": "True"},
        "Null": {"e": ["true", "false"]}, "StringEquals": {"f": []}, "IpAddress": {"g": ["10.0.0.0/8", "x"]}}}}"""
    assert [
        'when       a NumericEquals "five"',
        'when       b DateLessThan "1700000000"',
        'when       c ArnLike "*"',
        'when       d Bool "True"',
        'when       e Null "true", "false"',
        "when       f StringEquals []",
        'when       g IpAddress "10.0.0.0/8", "x"',
    ] == [line.strip() for line in formatted(json).splitlines() if "when" in line]


def test_invisible_characters_are_escaped_in_both_spellings():
    tree, _ = read_tree_of(Source("p", 'allow "a\\u202eb\\ud800\\u0000" {\n}'))
    assert 'allow "a\\u202eb\\ud800\\u0000" {' in to_text(tree)
    assert '"Sid": "a\\u202eb\\ud800\\u0000"' in to_json(tree)
