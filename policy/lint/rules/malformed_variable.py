"""What opens like a policy variable is none.

Why:
    A variable is `${key}` or `${key, 'default'}`. AWS refuses others, or takes them for literal text.

Bad:
    allow "OwnTeam" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      aws:ResourceTag/team == "${aws:PrincipalTag/team"  # <-- here
    }

Good:
    allow "OwnTeam" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      aws:ResourceTag/team == "${aws:PrincipalTag/team}"
    }

Source:
    IAM User Guide, "IAM policy elements: Variables and tags".
"""

import re
from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.model.document import Version
from policy.syntax.faults import clip

_VARIABLE = re.compile(r"\$\{(?:[*?$]|[^\s${}*?',][^${}*?',]*(?:, *'[^']*')?)\}")


def _check(policy: Policy) -> Iterator[Fault]:
    if policy.document.version is Version.OLD:
        return
    texts = [(value.text, value.place) for value in policy.resources]
    for text, place in (*texts, *(each for entry in policy.conditions for each in entry.values)):
        if "${" in text and "${" in _VARIABLE.sub("", text):
            yield Fault(
                place=place,
                message=f"`{clip(text)}` opens a policy variable that is none",
                help="write `${key}` or `${key, 'default'}`",
            )


RULE = Rule(
    code="WK527",
    name="malformed-variable",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=(
        "MISSING_BRACE_IN_VARIABLE",
        "MISSING_QUOTE_IN_VARIABLE",
        "UNSUPPORTED_SPACE_IN_VARIABLE",
        "EMPTY_VARIABLE",
    ),
)
