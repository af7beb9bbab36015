"""A statement names no action.

Why:
    AWS refuses it; in a key policy it accepts the statement, which then has no effect.

Bad:
    allow "Nothing" {  # <-- here
      resource  arn:aws:kms:us-east-1:111122223333:key/*
    }

Good:
    allow "Something" {
      action    kms:DescribeKey
      resource  arn:aws:kms:us-east-1:111122223333:key/*
    }

Source:
    IAM User Guide, "IAM JSON policy elements: Action"; KMS API Reference, "PutKeyPolicy".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.model.kinds import PolicyKind


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.statements:
        if each.statement.actions is None:
            # "If either of the required Resource or Action elements are missing from a key policy statement, the policy
            # statement has no effect", yet the call succeeds. [KMS API Reference, "PutKeyPolicy"]
            is_key = policy.kind is PolicyKind.KEY
            yield Fault(
                place=each.place,
                message=f"{each.title} names no action" + (", so it has no effect" if is_key else ""),
                help="add `Action`",
                severity=Severity.WARNING if is_key else None,
            )


RULE = Rule(
    code="WK102",
    name="missing-action",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("MISSING_ACTION",),
)
