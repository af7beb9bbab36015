"""The service of an action is a wildcard.

Why:
    The statement is about services that nobody thought of, those of tomorrow among them.

Bad:
    allow "Read" {
      action    k*:Describe*  # <-- here
      resource  *
    }

Good:
    allow "Read" {
      action    kms:Describe*, kinesis:Describe*
      resource  *
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Suggestion - Wildcard in service name.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for value in policy.actions:
        service, colon, action = value.text.partition(":")
        # `*:*` is another way of writing `*`, and a Deny may well reach far.
        if colon and "*" in service and action != "*" and value.statement.is_allow and not value.negated:
            yield Fault(
                place=value.place,
                message=f"`{clip(value.text)}` has a wildcard for the service",
                help="name the services",
            )


RULE = Rule(
    code="WK304",
    name="wildcard-in-service",
    severity=Severity.SUGGESTION,
    text=__doc__,
    check=_check,
    analyzer=("WILDCARD_IN_SERVICE_NAME",),
)
