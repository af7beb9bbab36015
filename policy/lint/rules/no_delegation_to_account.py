"""The key policy has administrators but does not let IAM policies decide: those are without effect on this key.

Why:
    IAM policies allow the use of a key only where the key policy allows it to the account. Roles whose IAM policies
    name this key cannot use it; and if the administrator is deleted, nobody can change the policy.

Bad:
    allow "Administration" {  # <-- here
      principal  arn:aws:iam::111122223333:role/KeyAdmin
      action     @administration
      resource   *
    }

Good:
    allow "Enable IAM policies" {
      principal  arn:aws:iam::111122223333:root
      action     kms:*
      resource   *
    }
    allow "Administration" {
      principal  arn:aws:iam::111122223333:role/KeyAdmin
      action     @administration
      resource   *
    }

Source:
    KMS Developer Guide, "Default key policy", Allows access to the AWS account and enables IAM policies.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.holdings import ADMINISTRATION, CHANGE_POLICY, delegates
from policy.lint.rule import KEY, Fault, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    if policy.is_partial or delegates(policy) or any(each.is_open for each in policy.allows):
        return
    for each in policy.allows:
        # A single statement about PutKeyPolicy may be an excerpt; one for administrators stands in whole policies.
        if CHANGE_POLICY in each.kms_actions and each.kms_actions & ADMINISTRATION:
            yield Fault(
                place=each.place,
                message="no statement allows the account: IAM policies have no effect on this key",
                help="allow `kms:*` to the account's root, if IAM policies should decide",
            )
            return


RULE = Rule(
    code="WK610", name="no-delegation-to-account", severity=Severity.SUGGESTION, text=__doc__, check=_check, kinds=KEY
)
