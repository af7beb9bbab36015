"""A key policy names an action of another service.

Why:
    Only calls of AWS KMS are decided by a key policy; the action has no effect there.

Bad:
    allow "Files" {
      principal  arn:aws:iam::111122223333:role/App
      action     kms:Decrypt, s3:GetObject  # <-- here
      resource   *
    }

Good:
    allow "Files" {
      principal  arn:aws:iam::111122223333:role/App
      action     kms:Decrypt
      resource   *
    }

Source:
    KMS Developer Guide, "Key policies in AWS KMS".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.arns import is_wild
from policy.lint.rule import KEY, Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for value in policy.actions:
        service, colon, _ = value.text.lower().partition(":")
        if colon and service != "kms" and not is_wild(service):
            yield Fault(
                place=value.place,
                message=f"`{clip(value.text)}` is no action of AWS KMS, so it has no effect in a key policy",
                help="put it into an IAM policy",
            )


RULE = Rule(
    code="WK305",
    name="foreign-action-in-key-policy",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    kinds=KEY,
    analyzer=("UNSUPPORTED_ACTION_IN_POLICY",),
)
