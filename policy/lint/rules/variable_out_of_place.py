"""A policy variable stands where none can: in a principal, an action, or before the resource part of an ARN.

Why:
    Variables are for the last part of a resource's ARN and for conditions; elsewhere AWS takes them for text.

Bad:
    allow "OwnAccount" {
      action    kms:Decrypt
      resource  "arn:aws:kms:us-east-1:${aws:PrincipalAccount}:key/*"  # <-- here
    }

Good:
    allow "OwnAccount" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
    }

Source:
    IAM User Guide, "IAM policy elements: Variables and tags", Where you can use policy variables.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    found = [(value.place, Severity.ERROR) for value in policy.principals if "${" in value.text]
    found += [(value.place, Severity.ERROR) for value in policy.actions if "${" in value.text]
    for value in policy.resources:
        # The colons of the variable's own name are not the ARN's. Some of AWS's managed policies have a variable for
        # the account, whatever its pages say.
        if "${" in value.text and "${" in ":".join(value.text.split(":", 5)[:5]):
            found.append((value.place, Severity.WARNING))
    for place, severity in found:
        yield Fault(
            place=place,
            message="a policy variable stands where AWS takes it for text",
            help="use a wildcard there, or a condition",
            severity=severity,
        )


RULE = Rule(
    code="WK529",
    name="variable-out-of-place",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("VARIABLE_UNSUPPORTED_IN_ELEMENT",),
)
