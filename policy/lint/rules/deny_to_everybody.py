"""Everybody is denied to change the key policy, without a condition.

Why:
    A Deny overrules every Allow, the account's own among them: nobody can ever change the policy again.

Bad:
    allow "Enable IAM policies" {
      principal  arn:aws:iam::111122223333:root
      action     kms:*
      resource   *
    }
    deny "Closed" {  # <-- here
      principal  *
      action     kms:*
      resource   *
    }

Good:
    allow "Enable IAM policies" {
      principal  arn:aws:iam::111122223333:root
      action     kms:*
      resource   *
    }
    deny "Closed to others" {
      principal  *
      action     kms:*
      resource   *
      when       aws:PrincipalAccount != "111122223333"
    }

Source:
    IAM User Guide, "Policy evaluation logic", explicit deny; KMS API Reference, "PutKeyPolicy".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.holdings import CHANGE_POLICY
from policy.lint.rule import KEY, Fault, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.statements:
        if each.is_allow or each.conditions or not each.is_open or CHANGE_POLICY not in each.kms_actions:
            continue
        if any(value.text == "*" and not value.negated for value in each.resources):
            yield Fault(
                place=each.place,
                message=f"{each.title} denies `kms:PutKeyPolicy` to everybody, for good",
                help="add a condition, or leave `kms:PutKeyPolicy` out",
            )


RULE = Rule(code="WK602", name="deny-to-everybody", severity=Severity.ERROR, text=__doc__, check=_check, kinds=KEY)
