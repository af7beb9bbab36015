"""A wildcard stands behind an operator that knows none.

Why:
    `StringEquals` takes `*` and `?` for themselves, and no request holds them.

Bad:
    allow "Applications" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      aws:PrincipalTag/app == "web-*"  # <-- here
    }

Good:
    allow "Applications" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      aws:PrincipalTag/app like "web-*"
    }

Source:
    IAM User Guide, "IAM JSON policy elements: Condition operators", String condition operators.
"""

import re
from collections.abc import Iterator

from policy.catalogue.operators import Operator
from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip

_LIKES = {Operator.STRING_EQUALS: Operator.STRING_LIKE, Operator.STRING_NOT_EQUALS: Operator.STRING_NOT_LIKE}
_VARIABLE = re.compile(r"\$\{[^}]*\}")


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.operator not in _LIKES:
            continue
        for text, place in entry.values:
            if "*" in _VARIABLE.sub("", text):
                yield Fault(
                    place=place,
                    message=f"`{clip(text)}` has a `*`, which `{entry.operator}` takes for itself",
                    help=f"use `{_LIKES[entry.operator]}`",
                )


RULE = Rule(
    code="WK517",
    name="wildcard-without-like",
    severity=Severity.WARNING,
    text=__doc__,
    check=_check,
    analyzer=("WILDCARD_WITHOUT_LIKE_OPERATOR",),
)
