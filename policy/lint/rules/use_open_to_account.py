"""Every principal of an account may use the key, whatever its own policies say.

Why:
    With principal `*` the key policy alone is enough for the callers of the account that `kms:CallerAccount` names: no
    IAM policy is asked. Naming the account's root instead leaves it to IAM who may.

Bad:
    allow "Use" {
      principal  *  # <-- here
      action     kms:Decrypt
      resource   *
      when       kms:CallerAccount == "111122223333"
    }

Good:
    allow "Use" {
      principal  *
      action     kms:Decrypt
      resource   *
      when       kms:CallerAccount == "111122223333"
      when       kms:ViaService == "ec2.us-east-1.amazonaws.com"
    }

Source:
    KMS Developer Guide, "AWS KMS condition keys", kms:CallerAccount; "Default key policy".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.holdings import USE
from policy.lint.rule import KEY, Fault, Part, Place, Rule
from policy.lint.subject import Policy

_ACCOUNT = ("kms:calleraccount", "aws:principalaccount")


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.allows:
        if not each.is_open or each.is_partial or not each.kms_actions & USE:
            continue
        asked = [entry for entry in each.conditions if entry.restricts]
        if asked and all(entry.key in _ACCOUNT for entry in asked):
            yield Fault(
                place=Place(each.index, Part.PRINCIPAL),
                message=f"{each.title} lets every principal of the account use the key, without an IAM policy",
                help="name the account's root, or ask for `kms:ViaService` as well",
            )


RULE = Rule(
    code="WK608", name="use-open-to-account", severity=Severity.SECURITY_WARNING, text=__doc__, check=_check, kinds=KEY
)
