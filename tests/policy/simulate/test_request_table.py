"""Tables of requests on a world: CSV and JSON, and what is said of lines that are no request."""

import pytest

from policy.model.principal import parse_principal
from policy.simulate.account import read_account
from policy.simulate.members import InputError
from policy.simulate.request_table import Asked, Unasked, read_requests
from policy.simulate.world import World
from policy.simulate.world_names import WorldNames
from tests.policy.simulate import account_dumps as dumps
from tests.policy.simulate.account_dumps import ACCOUNT

NAMES = WorldNames(World(identities=read_account(dumps.small()).identities))
ALICE = parse_principal(f"arn:aws:iam::{ACCOUNT}:user/staff/Alice")


def asked(content: str) -> list[Asked]:
    found = list(read_requests(content, NAMES))
    return [each for each in found if isinstance(each, Asked)]


def unasked(content: str) -> list[tuple[int, str]]:
    return [(each.line, each.reason) for each in read_requests(content, NAMES) if isinstance(each, Unasked)]


def test_csv_has_a_column_for_each_part_and_for_condition_keys() -> None:
    content = (
        "id,principal,action,resource,context,aws:TagKeys\n"
        "a,user/Alice,kms:Decrypt,*,kms:EncryptionContext:app=web; aws:SourceIp=10.0.0.1,x|y\n"
        "\n"
        'b,Bob,kms:ListKeys,,"",\n'
    )
    first, second = asked(content)
    assert ("a", ALICE, "kms:Decrypt", None, 2) == (first.id, first.principal, first.action, first.resource, first.line)
    context = {"kms:EncryptionContext:app": ("web",), "aws:SourceIp": ("10.0.0.1",), "aws:TagKeys": ("x", "y")}
    assert context == first.context
    assert ({}, 4) == (second.context, second.line)


def test_json_lines_say_the_same() -> None:
    content = (
        '{"id": 7, "principal": "Alice", "action": "kms:Decrypt", "context": {"aws:TagKeys": ["x", "y"]}}\n\n'
        '{"principal": "123456789012", "action": "kms:Decrypt", "resource": "arn:aws:kms:eu-west-1:1:key/2"}\n'
    )
    first, second = asked(content)
    assert ("7", ALICE, {"aws:TagKeys": ("x", "y")}) == (first.id, first.principal, first.context)
    assert (3, "arn:aws:kms:eu-west-1:1:key/2") == (second.line, str(second.resource))


LINES = [
    ("nobody,kms:Decrypt,*,", "`nobody` is no principal"),
    ("Alise,kms:Decrypt,*,", "did you mean `Alice`?"),
    ("Alice,Decrypt,*,", "`Decrypt` is no action"),
    ("Alice,kms:Decrypt,files,", "`files` is not an ARN"),
    ("Alice,kms:Decrypt,*,app", "`app` is no condition key with its value"),
    ("Alice,kms:Decrypt,*,a:b=c;A:B=d", "`context` has a key twice in different case"),
    ("Alice", "the line has no `action`"),
    ("Alice,kms:Decrypt,*,,more", "it has 5 columns, the heading 4"),
]


@pytest.mark.parametrize(("line", "message"), LINES, ids=[message for _, message in LINES])
def test_a_line_that_is_no_request_is_told_and_the_others_stand(line: str, message: str) -> None:
    content = f"principal,action,resource,context\n{line}\nAlice,kms:Decrypt,*,\n"
    [(number, reason)] = unasked(content)
    assert (2, True) == (number, message in reason)
    assert 1 == len(asked(content))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"principal": "Alice"', "is no JSON"),
        ('{"a": ' + "[" * 100_000, "nests too deep"),
        ('{"principal": 7, "action": "kms:Decrypt"}', "`principal` is the number `7`"),
        ('{"principal": "Alice", "action": "kms:Decrypt", "context": []}', "`context` is no object"),
        ('{"principl": "Alice"}', "did you mean `principal`?"),
        ("[]", "expected"),
    ],
)
def test_a_json_line_that_is_no_request_is_told(line: str, message: str) -> None:
    content = '{"principal": "Alice", "action": "kms:Decrypt"}\n' + line
    [(number, reason)] = unasked(content)
    assert 2 == number
    assert message in reason or line == "[]"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the heading of the table has no column `principal`"),
        ("principal,resource\n", "the heading of the table has no column `action`"),
        ("principal,action,resorce\n", "did you mean `resource`?"),
        ("principal,action,action\n", "the column `action` stands twice"),
        ("principal,action\n\x00\n", None),
        ('principal,action\n"' + "x" * 200_000 + '",a\n', "field larger than field limit"),
    ],
)
def test_a_heading_or_text_that_is_no_table_is_refused(content: str, message: str | None) -> None:
    if message is None:
        assert unasked(content)
        return
    with pytest.raises(InputError) as caught:
        list(read_requests(content, NAMES))
    assert message in str(caught.value)
