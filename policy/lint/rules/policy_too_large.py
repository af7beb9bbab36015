"""The policy is larger than AWS takes.

Why:
    A key policy has at most 32,768 bytes. A managed policy has at most 6,144 characters without white space; inline
    policies may have more.

Bad:
    let key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"  # <-- here
    let ten = @key, @key, @key, @key, @key, @key, @key, @key, @key, @key
    allow "Much" {
      action    kms:DescribeKey
      resource  @ten, @ten, @ten, @ten, @ten, @ten, @ten, @ten, @ten
    }

Good:
    let key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    allow "Little" {
      action    kms:DescribeKey
      resource  @key
    }

Source:
    KMS Developer Guide, "Resource quotas" ("Key policy document size"); IAM User Guide, "IAM and AWS STS quotas".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Place, Rule
from policy.lint.subject import Policy
from policy.model.kinds import PolicyKind
from policy.model.writing import to_json
from policy.syntax.reading import is_json

_KEY_POLICY = 32_768
_MANAGED_POLICY = 6_144


def _check(policy: Policy) -> Iterator[Fault]:
    # Counting exactly costs time, and most policies are far from any limit.
    if policy.length < _MANAGED_POLICY / 2:
        return
    text = policy.document.source.text if policy.document.source and not policy.is_partial else ""
    if not is_json(text):
        text = to_json(policy.document, indent=None)
    if policy.kind is PolicyKind.KEY and len(text.encode()) > _KEY_POLICY:
        yield Fault(
            place=Place(),
            message=f"the key policy has {len(text.encode()):,} bytes, and AWS takes {_KEY_POLICY:,}",
            severity=Severity.ERROR,
        )
    size = sum(map(len, text.split()))
    if policy.kind is PolicyKind.IDENTITY and size > _MANAGED_POLICY:
        yield Fault(
            place=Place(),
            message=f"the policy has {size:,} characters without white space, and a managed policy {_MANAGED_POLICY:,}",
            help="part it into several policies",
        )


RULE = Rule(
    code="WK111",
    name="policy-too-large",
    severity=Severity.WARNING,
    text=__doc__,
    check=_check,
    analyzer=("POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA", "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA"),
)
