"""A resource control policy asks who the principal is, and so stops AWS services as well.

Why:
    A call of an AWS service by its service principal has no `aws:PrincipalOrgID` and the like, and a negated operator
    holds without them: the service that writes logs or backups is denied.

Bad:
    deny "Outsiders" {
      principal  *
      action     kms:Decrypt
      resource   *
      when       aws:PrincipalOrgID? != "o-exampleorgid"  # <-- here
    }

Good:
    deny "Outsiders" {
      principal  *
      action     kms:Decrypt
      resource   *
      when       aws:PrincipalOrgID? != "o-exampleorgid"
      when       aws:PrincipalIsAWSService? == false
    }

Source:
    AWS Organizations User Guide, "Resource control policy examples"; IAM User Guide, "AWS global condition context
    keys", Properties of the principal.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import CONTROL, Fault, Rule
from policy.lint.subject import Policy

_OF_PRINCIPAL = (
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principaltag/",
)
_SERVICE = "aws:principalisawsservice"


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.statements:
        # Only an RCP has a principal.
        if each.is_allow or not each.is_open or _SERVICE in each.keys or each.is_partial:
            continue
        for entry in each.conditions:
            if entry.is_negated and entry.key.startswith(_OF_PRINCIPAL):
                yield Fault(
                    place=entry.place,
                    message=f"AWS services have no `{entry.condition.key}`, so that {each.title} denies them too",
                    help="add `BoolIfExists` `aws:PrincipalIsAWSService` `false`",
                )
                break


RULE = Rule(
    code="WK539",
    name="rcp-stops-service-calls",
    severity=Severity.WARNING,
    text=__doc__,
    check=_check,
    kinds=CONTROL,
    analyzer=("RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY",),
)
