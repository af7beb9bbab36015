"""An action of AWS KMS that is on no key stands under a condition on the key's tags.

Why:
    `aws:ResourceTag` is not there in requests without a key. An Allow never applies to them, and a Deny does not deny
    them.

Bad:
    deny "OnlyOurs" {
      action    kms:DisableKey, kms:CreateKey
      resource  *
      when      aws:ResourceTag/team == "other"  # <-- here
    }

Good:
    deny "OnlyOurs" {
      action    kms:DisableKey
      resource  *
      when      aws:ResourceTag/team == "other"
    }
    deny "OnlyForUs" {
      action    kms:CreateKey
      resource  *
      when      aws:RequestTag/team == "other"
    }

Source:
    Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service"; IAM User
    Guide, "IAM policy validation check reference", Security Warning - Deny with unsupported tag condition key.
"""

from collections.abc import Iterator

from policy.catalogue.actions import action_facts
from policy.diagnostics import Severity
from policy.lint.kms import kms_matches
from policy.lint.rule import Fault, Rule
from policy.lint.subject import ConditionFacts, Policy

_KEY = "aws:resourcetag/"


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if not (entry.key.startswith(_KEY) and entry.restricts):
            continue
        idle = [value.text for value in entry.statement.actions if not value.negated and _is_without_key(value.text)]
        if idle:
            yield Fault(
                place=entry.place,
                message=_message(entry, idle),
                help="write a statement of its own for it, without this condition",
                severity=Severity.SUGGESTION if entry.statement.is_allow else None,
            )


def _message(entry: ConditionFacts, idle: list[str]) -> str:
    outcome = "allowed" if entry.statement.is_allow else "denied"
    return f"`{', '.join(idle)}` is about no key, whose tags it could carry, and is never {outcome} here"


def _is_without_key(pattern: str) -> bool:
    found = [action_facts(action) for action in kms_matches(pattern)]
    return bool(found) and not any(facts and facts.resource_types for facts in found)


RULE = Rule(
    code="WK545",
    name="resource-tag-without-resource",
    severity=Severity.SECURITY_WARNING,
    text=__doc__,
    check=_check,
    analyzer=(
        "DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
        "ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
    ),
)
