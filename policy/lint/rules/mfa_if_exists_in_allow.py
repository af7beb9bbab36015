"""An Allow asks for MFA only where the request says something of it.

Why:
    `BoolIfExists` is true for calls with long-term access keys, which have no such key: they are allowed without MFA.

Bad:
    allow "WithMfa" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      aws:MultiFactorAuthPresent? == true  # <-- here
    }

Good:
    allow "WithMfa" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      aws:MultiFactorAuthPresent == true
    }

Source:
    IAM User Guide, "AWS global condition context keys", aws:MultiFactorAuthPresent.
"""

from collections.abc import Iterator

from policy.catalogue.operators import Operator
from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.key != "aws:multifactorauthpresent" or entry.operator is not Operator.BOOL:
            continue
        asks = [text.lower() for text, _ in entry.values] == ["true"]
        if asks and entry.statement.is_allow and entry.condition.if_exists:
            yield Fault(
                place=entry.place,
                message="calls with long-term access keys have no `aws:MultiFactorAuthPresent`, and are allowed",
                help="use `Bool`",
            )


RULE = Rule(code="WK538", name="mfa-if-exists-in-allow", severity=Severity.SECURITY_WARNING, text=__doc__, check=_check)
