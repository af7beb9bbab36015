"""`iam:PassRole` is allowed on every role.

Why:
    Whoever may pass any role can start a service with the most powerful one, and so have its permissions.

Bad:
    allow "Launch" {
      action    iam:PassRole
      resource  *  # <-- here
    }

Good:
    allow "Launch" {
      action    iam:PassRole
      resource  arn:aws:iam::111122223333:role/WebServer
      when      iam:PassedToService == "ec2.amazonaws.com"
    }

Source:
    IAM User Guide, "Grant a user permissions to pass a role to an AWS service".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import IDENTITY, Fault, Part, Place, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.allows:
        if not each.is_everywhere or not each.covers_action("iam:PassRole"):
            continue
        # `*` on `*` is `allow-everything`'s matter.
        is_narrowed = any(each.restricting("iam:passedtoservice", "iam:associatedresourcearn"))
        if not is_narrowed and not each.is_every_action:
            yield Fault(
                place=Place(each.index, Part.RESOURCE, 0),
                message=f"{each.title} lets every role be passed to every service",
                help="name the roles, or add a condition on `iam:PassedToService`",
            )


RULE = Rule(
    code="WK313",
    name="pass-any-role",
    severity=Severity.SECURITY_WARNING,
    text=__doc__,
    check=_check,
    kinds=IDENTITY,
    analyzer=(
        "PASS_ROLE_WITH_STAR_IN_RESOURCE",
        "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE",
        "PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
        "PASS_ROLE_WITH_NOT_RESOURCE",
        "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
        "PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE",
    ),
)
