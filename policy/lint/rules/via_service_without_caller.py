"""Everybody may use the key through a service: customers of other accounts, too.

Why:
    `kms:ViaService` says through which service a call comes, not for whom. AWS's own key policies pair it with
    `kms:CallerAccount`.

Bad:
    allow "Through EC2" {
      principal  *
      action     kms:Decrypt
      resource   *
      when       kms:ViaService == "ec2.us-east-1.amazonaws.com"  # <-- here
    }

Good:
    allow "Through EC2" {
      principal  *
      action     kms:Decrypt
      resource   *
      when       kms:ViaService == "ec2.us-east-1.amazonaws.com"
      when       kms:CallerAccount == "111122223333"
    }

Source:
    KMS Developer Guide, "AWS KMS condition keys", kms:ViaService and kms:CallerAccount.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import KEY, Fault, Rule
from policy.lint.subject import Policy

_CALLER = ("kms:calleraccount", "aws:principal", "aws:source", "aws:userid", "aws:username")


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.allows:
        if not each.is_open or each.is_partial or any(each.restricting(*_CALLER)):
            continue
        for entry in each.restricting("kms:viaservice"):
            yield Fault(
                place=entry.place,
                message=f"{each.title} is for everybody who calls through the service, whatever the account",
                help="ask for `kms:CallerAccount` as well",
            )


RULE = Rule(
    code="WK609",
    name="via-service-without-caller",
    severity=Severity.SECURITY_WARNING,
    text=__doc__,
    check=_check,
    kinds=KEY,
)
