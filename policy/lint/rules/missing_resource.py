"""A statement names no resource.

Why:
    AWS refuses it; in a key policy it accepts the statement, which then has no effect: write `*`, which is the key.

Bad:
    allow "Nothing" {  # <-- here
      action    kms:ListKeys
    }

Good:
    allow "EveryKeyIsListed" {
      action    kms:ListKeys
      resource  *
    }

Source:
    IAM User Guide, "IAM JSON policy elements: Resource"; KMS API Reference, "PutKeyPolicy".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import WITH_RESOURCE, Fault, Rule
from policy.lint.subject import Policy
from policy.model.kinds import PolicyKind


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.statements:
        if each.statement.resources is None:
            is_key = policy.kind is PolicyKind.KEY
            yield Fault(
                place=each.place,
                message=f"{each.title} names no resource" + (", so it has no effect" if is_key else ""),
                help="add `Resource`; in a key policy `*` is the key itself",
                severity=Severity.WARNING if is_key else None,
            )


RULE = Rule(
    code="WK103",
    name="missing-resource",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    kinds=WITH_RESOURCE,
    analyzer=("MISSING_RESOURCE",),
)
