"""One of the actions of an Allow never carries the condition key that the statement asks for.

Why:
    The Allow applies to the other actions only: DescribeKey has no encryption context, so it is never allowed beside
    Decrypt under a condition on one.

Bad:
    allow "Use" {
      action    kms:Decrypt, kms:DescribeKey
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      kms:EncryptionContext:app == "web"  # <-- here
    }

Good:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      kms:EncryptionContext:app == "web"
    }
    allow "Describe" {
      action    kms:DescribeKey
      resource  arn:aws:kms:us-east-1:111122223333:key/*
    }

Source:
    Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.kms import carried_by, kms_matches
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        statement = entry.statement
        if entry.facts is None or not entry.key.startswith("kms:") or not (entry.restricts and statement.is_allow):
            continue
        name = entry.facts.name
        idle = [value.text for value in statement.actions if not value.negated and _never_carries(value.text, name)]
        if idle and len(idle) < len(statement.actions):
            yield Fault(
                place=entry.place,
                message=f"`{', '.join(idle)}` never carries `{entry.condition.key}`, so it is not allowed here",
                help="allow it in a statement without this condition",
            )


def _never_carries(pattern: str, key: str) -> bool:
    actions = kms_matches(pattern)
    return bool(actions) and not any(key in carried_by(action) for action in actions)


RULE = Rule(
    code="WK505",
    name="action-without-condition-key",
    severity=Severity.SUGGESTION,
    text=__doc__,
    check=_check,
    analyzer=("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", "MISSING_ACTION_FOR_CONDITION_KEY"),
)
