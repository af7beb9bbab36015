"""The use of every key of every account is allowed.

Why:
    `*` reaches the keys of other accounts too, wherever their key policies trust this account.

Bad:
    allow "Use" {
      action    kms:Decrypt
      resource  *  # <-- here
    }

Good:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:*:111122223333:key/*
    }

Source:
    KMS Developer Guide, "Best practices for IAM policies".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.holdings import USE
from policy.lint.rule import IDENTITY, Fault, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.allows:
        if each.conditions or not each.kms_actions & USE or any(value.text in {"*", "*:*"} for value in each.actions):
            continue
        for value in each.resources:
            if value.text == "*" and not value.negated:
                yield Fault(
                    place=value.place,
                    message=f"{each.title} allows the use of every key, other accounts' among them",
                    help="name keys, or at least the account: `arn:aws:kms:*:ACCOUNT:key/*`",
                )


RULE = Rule(
    code="WK409", name="use-of-every-key", severity=Severity.SUGGESTION, text=__doc__, check=_check, kinds=IDENTITY
)
