"""An IAM policy allows the policies of all keys to be changed, or grants on all keys to be made.

Why:
    On every key whose policy delegates to the account, whoever has this can give itself, or anybody, the use of it.

Bad:
    allow "Keys" {
      action    kms:DescribeKey, kms:PutKeyPolicy  # <-- here
      resource  *
    }

Good:
    allow "Keys" {
      action    kms:DescribeKey, kms:PutKeyPolicy
      resource  arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab
    }

Source:
    KMS Developer Guide, "Best practices for IAM policies" (kms:PutKeyPolicy, kms:CreateGrant).
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.holdings import CHANGE_POLICY, CREATE_GRANT
from policy.lint.rule import IDENTITY, Fault, Rule
from policy.lint.subject import Policy

_GIVING = frozenset({CHANGE_POLICY.lower(), CREATE_GRANT.lower()})


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.allows:
        if each.conditions or not any(value.text == "*" and not value.negated for value in each.resources):
            continue
        for value in each.actions:
            # Administrators' `kms:*` says what it is; this is about what hides in a list.
            if value.text.lower() in _GIVING and not value.negated:
                yield Fault(
                    place=value.place,
                    message=f"`{value.text}` on every key lets one give oneself, or anybody, the use of it",
                    help="name the keys"
                    + ("" if "Policy" in value.text else ", or ask for `kms:GrantIsForAWSResource`"),
                )


RULE = Rule(
    code="WK315",
    name="change-any-key-policy",
    severity=Severity.SECURITY_WARNING,
    text=__doc__,
    check=_check,
    kinds=IDENTITY,
)
