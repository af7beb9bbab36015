"""A user of the key may change its policy.

Why:
    Whoever holds kms:PutKeyPolicy can give itself, and anybody, everything else.

Bad:
    allow "Use" {
      principal  arn:aws:iam::111122223333:role/App  # <-- here
      action     kms:Decrypt, kms:PutKeyPolicy
      resource   *
    }

Good:
    allow "Use" {
      principal  arn:aws:iam::111122223333:role/App
      action     kms:Decrypt
      resource   *
    }

Source:
    KMS Developer Guide, "Key policies in AWS KMS" and "Changing a key policy".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.holdings import ADMINISTRATION, CHANGE_POLICY, USE, holdings
from policy.lint.rule import KEY, Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for holding in holdings(policy):
        actions = holding.actions
        # Whole administrators are `administers-and-uses`'s matter.
        if actions & USE and CHANGE_POLICY in actions and not actions & ADMINISTRATION:
            value = holding.last_with(frozenset({CHANGE_POLICY}))
            yield Fault(
                place=value.place,
                message=f"`{clip(value.text)}` uses the key and may change its policy: it can give itself everything",
                help="leave `kms:PutKeyPolicy` to an administrator",
            )


RULE = Rule(
    code="WK604",
    name="user-can-change-policy",
    severity=Severity.SECURITY_WARNING,
    text=__doc__,
    check=_check,
    kinds=KEY,
)
