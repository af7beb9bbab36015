"""The work that all engines are given: an EC2 role decrypts under a KMS key, among many statements that do not apply.

Half of the statements stand in the key's policy and name other roles, half in the role's policy and name other keys.
Each has the same two condition keys. Peers get one policy of their own language for each statement.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ACCOUNT = "111122223333"
ACTION = "kms:Decrypt"
ROLE = "WebServer"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/i-0abc1234"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
CONTEXT = {"kms:EncryptionContext:app": "web", "aws:SourceVpc": "vpc-0a1b2c3d"}
WRONG_CONTEXT = {**CONTEXT, "kms:EncryptionContext:app": "mail"}

FEWEST = 8


def key_arn(key_id: str = KEY_ID) -> str:
    """The ARN of a key of the account."""
    return f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/{key_id}"


@dataclass(frozen=True, slots=True)
class Permit:
    """One statement that allows a role to decrypt under a key, in a context."""

    role: str
    key_id: str
    app: str
    vpc: str
    in_key_policy: bool

    def statement(self) -> dict[str, Any]:
        """The statement in IAM JSON."""
        values = {"kms:EncryptionContext:app": self.app, "aws:SourceVpc": self.vpc}
        statement: dict[str, Any] = {"Effect": "Allow", "Action": [ACTION, "kms:DescribeKey"]}
        if self.in_key_policy:
            statement["Principal"] = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/{self.role}"}
        statement["Resource"] = "*" if self.in_key_policy else key_arn(self.key_id)
        statement["Condition"] = {"StringEquals": values}
        return statement


@dataclass(frozen=True, slots=True)
class Work:
    """So many statements; two of them allow the request."""

    permits: tuple[Permit, ...]

    @property
    def key_policy(self) -> str:
        """The key's policy, IAM JSON: its permits, the delegation to the account, and a deny without MFA."""
        others = [
            {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:List*", "Resource": "*"},
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "kms:ScheduleKeyDeletion",
                "Resource": "*",
                "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
            },
        ]
        return _document([*others, *(permit.statement() for permit in self.permits if permit.in_key_policy)])

    @property
    def role_policy(self) -> str:
        """The role's policy, IAM JSON."""
        return _document([permit.statement() for permit in self.permits if not permit.in_key_policy])


def make_work(statements: int) -> Work:
    """Work of so many statements, at least eight."""
    if statements < FEWEST:
        raise ValueError(f"{statements} statements are too few, expected at least {FEWEST}")
    # The key's policy has two more statements, which permit nothing here.
    return Work(tuple(_permits(statements - 2)))


def _permits(count: int) -> Iterator[Permit]:
    app, vpc = CONTEXT.values()
    yield Permit(ROLE, KEY_ID, app, vpc, in_key_policy=True)
    yield Permit(ROLE, KEY_ID, app, vpc, in_key_policy=False)
    for number in range(2, count):
        in_key_policy = number % 2 == 0
        yield Permit(
            role=f"Service{number:05}" if in_key_policy else ROLE,
            key_id=KEY_ID if in_key_policy else f"{number:08x}-12ab-34cd-56ef-1234567890ab",
            app=f"app-{number % 7}",
            vpc=f"vpc-{number:08x}",
            in_key_policy=in_key_policy,
        )


def _document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
