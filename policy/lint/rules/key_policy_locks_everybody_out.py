"""Nobody may change the key policy any more.

Why:
    A key obeys its own policy alone. If no statement allows kms:PutKeyPolicy to anybody who can call it, neither the
    account nor its root user can change that. AWS refuses such a policy unless its safety check is bypassed.

Bad:
    allow "Use" {  # <-- here
      principal  arn:aws:iam::111122223333:role/App
      action     kms:Encrypt, kms:Decrypt
      resource   *
    }

Good:
    allow "Enable IAM policies" {
      principal  arn:aws:iam::111122223333:root
      action     kms:*
      resource   *
    }
    allow "Use" {
      principal  arn:aws:iam::111122223333:role/App
      action     kms:Encrypt, kms:Decrypt
      resource   *
    }

Source:
    KMS Developer Guide, "Default key policy", Allows access to the AWS account and enables IAM policies; KMS API
    Reference, "PutKeyPolicy" (BypassPolicyLockoutSafetyCheck).
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.holdings import CHANGE_POLICY
from policy.lint.rule import KEY, Fault, Place, Rule
from policy.lint.subject import Policy, PrincipalValue, StatementFacts
from policy.model.document import PrincipalKind


def _check(policy: Policy) -> Iterator[Fault]:
    if policy.is_partial or any(_lets_somebody_change(each) for each in policy.allows) or _is_aws_managed(policy):
        return
    # What was not said to be a key policy may be an excerpt of one, as AWS's documentation is full of.
    yield Fault(
        place=Place(0),
        message="no statement allows anybody `kms:PutKeyPolicy`"
        + ("" if policy.is_stated else ": as a whole key policy this locks everybody out"),
        help="allow `kms:*` to the account's root, or `kms:PutKeyPolicy` to an administrator",
        severity=None if policy.is_stated else Severity.WARNING,
    )


def _is_aws_managed(policy: Policy) -> bool:
    """Whether this is the policy of an AWS managed key, which only AWS may change: for everyone through one service."""
    return all(value.is_everyone or value.account for each in policy.allows for value in each.principals) and any(
        each.is_open and {"kms:viaservice", "kms:calleraccount"} <= each.keys for each in policy.allows
    )


def _lets_somebody_change(statement: StatementFacts) -> bool:
    if CHANGE_POLICY not in statement.kms_actions or not _is_about_this_key(statement):
        return False
    return any(value.negated or _can_call(value) for value in statement.principals)


def _is_about_this_key(statement: StatementFacts) -> bool:
    return any("*" in value.text or ":key/" in value.text for value in statement.resources)


def _can_call(value: PrincipalValue) -> bool:
    """Whether the principal is one that exists: not a pattern, a group, or the id that a deleted user leaves."""
    if value.is_everyone or value.account:
        return True
    is_name = value.kind is PrincipalKind.AWS and value.text.startswith("arn:")
    return is_name and "*" not in value.text and ":group/" not in value.text


RULE = Rule(
    code="WK601", name="key-policy-locks-everybody-out", severity=Severity.ERROR, text=__doc__, check=_check, kinds=KEY
)
