"""A service is allowed under a condition that no service meets.

Why:
    A call that a service makes for itself has no `aws:PrincipalOrgID`, no `aws:PrincipalArn` and none of the other keys
    that tell of users and roles: the Allow never applies.

Bad:
    allow "Logs" {
      principal  service logs.us-east-1.amazonaws.com
      action     kms:GenerateDataKey*
      resource   *
      when       aws:PrincipalOrgID == "o-exampleorgid"  # <-- here
    }

Good:
    allow "Logs" {
      principal  service logs.us-east-1.amazonaws.com
      action     kms:GenerateDataKey*
      resource   *
      when       aws:SourceOrgID == "o-exampleorgid"
    }

Source:
    IAM User Guide, "AWS global condition context keys", aws:PrincipalOrgID.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.model.document import PrincipalKind

_OF_USERS = (
    "aws:principalorg",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principaltag/",
    "aws:userid",
    "aws:username",
)


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        values = entry.statement.principals
        is_for_services = values and all(value.kind is PrincipalKind.SERVICE and not value.negated for value in values)
        if is_for_services and entry.statement.is_allow and entry.restricts and entry.key.startswith(_OF_USERS):
            yield Fault(
                place=entry.place,
                message=f"`{entry.condition.key}` is in no call that a service makes for itself",
                help="use the `aws:Source…` keys, which tell for whom the service acts",
            )


RULE = Rule(
    code="WK211",
    name="principal-key-for-service",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL",),
)
