"""The `Resource` of a key policy is not `*`.

Why:
    A key policy is about its own key, and `*` is that key. The ARN of another key, of an alias or of anything else
    matches nothing, and the statement has no effect.

Bad:
    allow "Use" {
      principal  arn:aws:iam::111122223333:role/App
      action     kms:Decrypt
      resource   arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab  # <-- here
    }

Good:
    allow "Use" {
      principal  arn:aws:iam::111122223333:role/App
      action     kms:Decrypt
      resource   *
    }

Source:
    KMS Developer Guide, "Key policies in AWS KMS", Elements in a key policy (Resource).
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.arns import is_wild
from policy.lint.rule import KEY, Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    keys = {value.text for value in policy.resources if ":key/" in value.text}
    for value in policy.resources:
        is_key = ":key/" in value.text
        if value.negated or (is_wild(value.text) and _may_be_key(value.text)):
            continue
        wrong = "is not this key" if not is_key or len(keys) > 1 else "names a key, and only this policy's own is right"
        yield Fault(
            place=value.place,
            message=f"`{clip(value.text, 90)}` {wrong}: the statement has no effect on any other",
            help="write `*`, which is the key that the policy belongs to",
            severity=None if is_key and len(keys) == 1 else Severity.ERROR,
        )


def _may_be_key(pattern: str) -> bool:
    """Whether a key's ARN may be of a pattern: `*`, or one whose last part begins as a key's does."""
    resource = pattern.split(":", 5)[-1]
    return resource.startswith(("key/", "*", "k*", "ke", "?")) or pattern.count(":") < 5


RULE = Rule(
    code="WK406",
    name="resource-other-than-key",
    severity=Severity.WARNING,
    text=__doc__,
    check=_check,
    kinds=KEY,
    analyzer=("UNSUPPORTED_RESOURCE_ARN_IN_POLICY",),
)
