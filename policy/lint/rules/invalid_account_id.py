"""The account in an ARN is not an account's number.

Why:
    An account has 12 digits, written without hyphens. An ARN with any other number names nothing.

Bad:
    allow "Application" {
      principal  arn:aws:iam::1111-2222-3333:role/App  # <-- here
      action     kms:Decrypt
      resource   *
    }

Good:
    allow "Application" {
      principal  arn:aws:iam::111122223333:role/App
      action     kms:Decrypt
      resource   *
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Error - Invalid ARN account.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.arns import ACCOUNT, is_wild
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for arn in policy.arns:
        account = arn.parts[4]
        # Some services put a word there (`aws`, `cloudfront`); a number that is none is a slip.
        has_digits = any(map(str.isdigit, account))
        if has_digits and not is_wild(account) and not ACCOUNT.fullmatch(account):
            yield Fault(
                place=arn.place,
                message=f"`{clip(account)}` is no account id",
                help="an account id has 12 digits, without hyphens",
            )


RULE = Rule(
    code="WK214",
    name="invalid-account-id",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("INVALID_ARN_ACCOUNT",),
)
