"""A key policy has a condition on the key's own tags or aliases.

Why:
    AWS KMS refuses `aws:ResourceTag` and `kms:ResourceAliases` in key policies: they are for IAM policies.

Bad:
    allow "Team" {
      principal  arn:aws:iam::111122223333:role/App
      action     kms:Decrypt
      resource   *
      when       aws:ResourceTag/team == "web"  # <-- here
    }

Good:
    allow "Team" {
      principal  arn:aws:iam::111122223333:role/App
      action     kms:Decrypt
      resource   *
      when       aws:PrincipalTag/team == "web"
    }

Source:
    KMS Developer Guide, "ABAC for AWS KMS" and "AWS KMS condition keys", kms:ResourceAliases.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import KEY, Fault, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.key.startswith(("aws:resourcetag/", "kms:resourcetag/")) or entry.key == "kms:resourcealiases":
            yield Fault(
                place=entry.place,
                message=f"`{entry.condition.key}` cannot stand in a key policy",
                help="put the condition into an IAM policy",
            )


RULE = Rule(
    code="WK506",
    name="condition-key-refused-in-key-policy",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    kinds=KEY,
    analyzer=("UNSUPPORTED_GLOBAL_CONDITION_KEY",),
)
