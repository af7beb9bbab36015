"""A resource control policy allows, or lists by `NotAction`, or denies all actions of all services by `*`.

Why:
    An RCP only denies, and it names the services that it is about. AWS Organizations refuses any other.

Bad:
    allow "Use" {  # <-- here
      principal  *
      action     kms:Decrypt
      resource   *
    }

Good:
    deny "Use from outside" {
      principal  *
      action     kms:Decrypt
      resource   *
      when       aws:PrincipalOrgID? != "o-exampleorgid"
      when       aws:PrincipalIsAWSService? == false
    }

Source:
    AWS Organizations User Guide, "RCP syntax".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import CONTROL, Fault, Part, Place, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.statements:
        # Only an RCP has a principal; without one it may be an SCP, which may all of this.
        if not each.is_open or each.is_partial:
            continue
        actions = [value.text for value in each.actions]
        # AWS's own RCPFullAWSAccess allows everything.
        if each.is_allow and actions != ["*"]:
            yield Fault(place=each.place, message=f"{each.title} allows, and an RCP can only deny")
        elif each.actions and each.actions[0].negated:
            yield Fault(
                place=Place(each.index, Part.ACTION), message=f"{each.title} has `NotAction`, which an RCP cannot"
            )
        elif not each.is_allow and "*" in actions:
            yield Fault(
                place=Place(each.index, Part.ACTION),
                message=f"{each.title} denies the actions of every service, and an RCP must name services",
            )


RULE = Rule(
    code="WK114",
    name="unsupported-in-rcp",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    kinds=CONTROL,
    analyzer=("RCP_SYNTAX_ERROR_ALLOW", "RCP_SYNTAX_ERROR_NOTACTION", "RCP_SYNTAX_ERROR_ACTION"),
)
