"""A service or resource control policy names principals.

Why:
    An SCP has no `Principal`, and an RCP has only `*`: whom they bind follows from where they are attached.

Bad:
    deny "Keys stay" {
      principal  arn:aws:iam::111122223333:role/App  # <-- here
      action     kms:ScheduleKeyDeletion
      resource   *
    }

Good:
    deny "Keys stay" {
      action    kms:ScheduleKeyDeletion
      resource  *
      when      aws:PrincipalArn like arn:aws:iam::*:role/App
    }

Source:
    AWS Organizations User Guide, "SCP syntax" and "RCP syntax".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import CONTROL, Fault, Part, Place, Rule
from policy.lint.subject import Policy
from policy.model.document import PrincipalKind


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.statements:
        if any(value.negated or value.kind is not PrincipalKind.EVERYONE for value in each.principals):
            yield Fault(
                place=Place(each.index, Part.PRINCIPAL),
                message=f"{each.title} names principals, which a control policy cannot",
                help='an RCP has `"Principal": "*"`, an SCP none; tell principals apart by conditions',
            )


RULE = Rule(
    code="WK106",
    name="principal-in-control-policy",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    kinds=CONTROL,
    analyzer=("SCP_SYNTAX_ERROR_PRINCIPAL", "RCP_SYNTAX_ERROR_PRINCIPAL"),
)
