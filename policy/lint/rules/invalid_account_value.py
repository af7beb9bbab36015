"""A condition compares an account with something that is no account id.

Why:
    These keys hold 12 digits: an ARN, an alias or a number that lost its leading zero never matches.

Bad:
    allow "OurAccount" {
      principal  *
      action     kms:Decrypt
      resource   *
      when       kms:CallerAccount == "arn:aws:iam::111122223333:root"  # <-- here
      when       kms:ViaService == "ec2.us-east-1.amazonaws.com"
    }

Good:
    allow "OurAccount" {
      principal  *
      action     kms:Decrypt
      resource   *
      when       kms:CallerAccount == "111122223333"
      when       kms:ViaService == "ec2.us-east-1.amazonaws.com"
    }

Source:
    KMS Developer Guide, "AWS KMS condition keys", kms:CallerAccount; IAM User Guide, "AWS global condition
    context keys".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.arns import ACCOUNT, is_wild
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip

_KEYS = frozenset(
    {"kms:calleraccount", "aws:principalaccount", "aws:sourceaccount", "aws:resourceaccount", "aws:vpceaccount"}
)


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.key in _KEYS and entry.operator.startswith("String"):
            for text, place in entry.values:
                if not ACCOUNT.fullmatch(text) and not is_wild(text) and not text.isalpha():
                    yield Fault(
                        place=place,
                        message=f"`{clip(text)}` is no account id, so it is never `{entry.condition.key}`",
                        help="an account id has 12 digits, leading zeros and all",
                    )


RULE = Rule(
    code="WK532",
    name="invalid-account-value",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("INVALID_ARN_ACCOUNT",),
)
