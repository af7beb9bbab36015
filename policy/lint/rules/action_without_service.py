"""An action does not begin with the prefix of its service.

Why:
    An action is `service:Action`, or `*` for all. AWS refuses any other.

Bad:
    allow "Use" {
      action    Decrypt  # <-- here
      resource  arn:aws:kms:us-east-1:111122223333:key/*
    }

Good:
    allow "Use" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
    }

Source:
    IAM User Guide, "IAM JSON policy elements: Action".
"""

import re
from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.kms import every_kms_action
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip

# Which services there are is not known here; what a prefix looks like is.
_ACTION = re.compile(r"\*+|[A-Za-z0-9*?-]+:[A-Za-z0-9*?_-]+")


def _check(policy: Policy) -> Iterator[Fault]:
    for value in policy.actions:
        if not _ACTION.fullmatch(value.text) and "${" not in value.text:
            known = [name for name in every_kms_action() if name.partition(":")[2].lower() == value.text.lower()]
            yield Fault(
                place=value.place,
                message=f"`{clip(value.text)}` is no action, expected `service:Action` or `*`",
                help=f"did you mean `{known[0]}`?" if known else None,
            )


RULE = Rule(
    code="WK303",
    name="action-without-service",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("INVALID_ACTION", "INVALID_SERVICE_IN_ACTION"),
)
