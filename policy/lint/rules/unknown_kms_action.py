"""An action of AWS KMS does not exist.

Why:
    A misspelt action allows nothing and, worse, denies nothing.

Bad:
    deny "KeysStay" {
      action    kms:SheduleKeyDeletion  # <-- here
      resource  *
    }

Good:
    deny "KeysStay" {
      action    kms:ScheduleKeyDeletion
      resource  *
    }

Source:
    Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.kms import every_kms_action, kms_matches
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip, did_you_mean


def _check(policy: Policy) -> Iterator[Fault]:
    for value in policy.actions:
        is_kms = value.text[:4].lower() == "kms:"
        if is_kms and "*" not in value.text and "?" not in value.text and not kms_matches(value.text):
            yield Fault(
                place=value.place,
                message=f"`{clip(value.text)}` is no action of AWS KMS",
                help=did_you_mean(value.text, sorted(every_kms_action())),
            )


RULE = Rule(
    code="WK301",
    name="unknown-kms-action",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("INVALID_ACTION",),
)
