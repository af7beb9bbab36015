"""The policy is larger than AWS takes.

Why:
    A key policy has at most 32,768 bytes, an SCP and an RCP 5,120 characters. Without white space a managed policy has
    at most 6,144 characters, and a trust policy 2,048 unless a larger quota was granted; inline policies may have more.

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
    KMS Developer Guide, "Resource quotas" ("Key policy document size"); IAM User Guide, "IAM and AWS STS quotas";
    AWS Organizations User Guide, "Quotas for AWS Organizations".
"""

from collections.abc import Iterator
from dataclasses import dataclass

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Place, Rule
from policy.lint.subject import Policy
from policy.model.kinds import PolicyKind
from policy.model.writing import to_json
from policy.syntax.reading import is_json


@dataclass(frozen=True, slots=True)
class _Limit:
    """How large a policy may be. `is_plain` says that white space does not count."""

    size: int
    of: str
    severity: Severity = Severity.ERROR
    is_plain: bool = True


# An SCP and an RCP lose their white space in the console; elsewhere it counts. What counts for sure is the rest.
_LIMITS = {
    PolicyKind.KEY: _Limit(32_768, "a key policy", is_plain=False),
    PolicyKind.CONTROL: _Limit(5_120, "a control policy"),
    PolicyKind.IDENTITY: _Limit(6_144, "a managed policy", Severity.WARNING),
    PolicyKind.TRUST: _Limit(2_048, "a trust policy", Severity.WARNING),
}


def _check(policy: Policy) -> Iterator[Fault]:
    limit = _LIMITS.get(policy.kind) if policy.kind else None
    # Counting exactly costs time, and most policies are far from any limit.
    if limit is None or policy.length < limit.size / 4:
        return
    text = policy.document.source.text if policy.document.source and not policy.is_partial else ""
    if not is_json(text):
        text = to_json(policy.document, indent=None)
    size = sum(map(len, text.split())) if limit.is_plain else len(text.encode())
    if size > limit.size:
        unit = "characters without white space" if limit.is_plain else "bytes"
        yield Fault(
            place=Place(),
            message=f"the policy has {size:,} {unit}, and {limit.of} may have {limit.size:,}",
            help="part it into several policies" if limit.is_plain else None,
            severity=limit.severity,
        )


RULE = Rule(
    code="WK111",
    name="policy-too-large",
    severity=Severity.WARNING,
    text=__doc__,
    check=_check,
    analyzer=(
        "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA",
        "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA",
        "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA",
        "POLICY_SIZE_EXCEEDS_SCP_QUOTA",
        "POLICY_SIZE_EXCEEDS_RCP_QUOTA",
    ),
)
