"""IAM Roles Anywhere is trusted without all of the actions that it needs.

Why:
    It assumes a role with session tags and a source identity. Without leave for those it cannot give out credentials.

Bad:
    allow "Machines" {
      principal  service rolesanywhere.amazonaws.com
      action     sts:AssumeRole, sts:TagSession  # <-- here
      when       aws:SourceArn like arn:aws:rolesanywhere:us-east-1:111122223333:trust-anchor/*
    }

Good:
    allow "Machines" {
      principal  service rolesanywhere.amazonaws.com
      action     sts:AssumeRole, sts:TagSession, sts:SetSourceIdentity
      when       aws:SourceArn like arn:aws:rolesanywhere:us-east-1:111122223333:trust-anchor/*
    }

Source:
    IAM Roles Anywhere User Guide, "Trust model in AWS Identity and Access Management Roles Anywhere".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import TRUST, Fault, Part, Place, Rule
from policy.lint.subject import Policy

_SERVICE = "rolesanywhere.amazonaws.com"
_NEEDED = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")


def _check(policy: Policy) -> Iterator[Fault]:
    if policy.is_partial:
        return
    trusting = [each for each in policy.allows if any(value.text == _SERVICE for value in each.principals)]
    missing = [action for action in _NEEDED if not any(each.covers_action(action) for each in trusting)]
    # Statements may part the actions among themselves; the fault is the last one's.
    for each in trusting[-1:] if missing else ():
        yield Fault(
            place=Place(each.index, Part.ACTION),
            message=f"IAM Roles Anywhere also needs `{'` and `'.join(missing)}`",
            help="allow it in the same statement",
        )


RULE = Rule(
    code="WK219",
    name="roles-anywhere-without-action",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    kinds=TRUST,
    analyzer=("MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY",),
)
