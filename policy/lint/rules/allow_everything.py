"""All actions are allowed on all resources.

Why:
    Whoever has this policy is an administrator of everything, and so is whoever gets hold of its credentials.

Bad:
    allow "Everything" {
      action    *  # <-- here
      resource  *
    }

Good:
    allow "Keys" {
      action    kms:DescribeKey, kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
    }

Source:
    IAM User Guide, "Security best practices in IAM", Apply least-privilege permissions.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import IDENTITY, Fault, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.allows:
        if each.conditions or not any(value.text == "*" and not value.negated for value in each.resources):
            continue
        for value in each.actions:
            if value.text in {"*", "*:*"} and not value.negated:
                yield Fault(
                    place=value.place,
                    message=f"{each.title} allows every action on every resource",
                    help="list the actions and resources that are needed",
                )


RULE = Rule(
    code="WK310",
    name="allow-everything",
    severity=Severity.SECURITY_WARNING,
    text=__doc__,
    check=_check,
    kinds=IDENTITY,
    analyzer=("PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE", "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE"),
)
