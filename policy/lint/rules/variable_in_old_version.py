"""A policy variable stands in a policy of the old version, which knows none.

Why:
    In version 2008-10-17, and without a version, `${aws:username}` is that text and no variable.

Bad:
    version 2008-10-17
    allow "Own" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      aws:ResourceTag/owner == "${aws:username}"  # <-- here
    }

Good:
    allow "Own" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      aws:ResourceTag/owner == "${aws:username}"
    }

Source:
    IAM User Guide, "IAM JSON policy elements: Version".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.model.document import Version
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    if policy.document.version is not Version.OLD:
        return
    texts = [(value.text, value.place) for value in policy.resources]
    for text, place in (*texts, *(each for entry in policy.conditions for each in entry.values)):
        if "${" in text:
            yield Fault(
                place=place,
                message=f"`{clip(text)}` is literal text in version 2008-10-17",
                help="set the version to 2012-10-17",
            )


RULE = Rule(
    code="WK528",
    name="variable-in-old-version",
    severity=Severity.WARNING,
    text=__doc__,
    check=_check,
    analyzer=("VARIABLE_UNSUPPORTED_IN_VERSION",),
)
