"""`iam:CreateServiceLinkedRole` is allowed for every service.

Why:
    A service-linked role lets its service act in the account. Whoever may create any of them lets in services that
    nobody meant to use.

Bad:
    allow "SetUp" {
      action    iam:CreateServiceLinkedRole
      resource  *  # <-- here
    }

Good:
    allow "SetUp" {
      action    iam:CreateServiceLinkedRole
      resource  arn:aws:iam::*:role/aws-service-role/ecs.amazonaws.com/*
    }

Source:
    IAM User Guide, "Create a service-linked role"; "IAM policy validation check reference", General Warning - Create
    SLR with star in resource.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import IDENTITY, Fault, Part, Place, Rule
from policy.lint.subject import Policy

_ACTION = "iam:CreateServiceLinkedRole"


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.allows:
        # The condition key names the service as well as the ARN does.
        if not each.is_everywhere or any(each.restricting("iam:awsservicename")):
            continue
        # `*` on `*` is `allow-everything`'s matter.
        if not each.is_every_action and each.covers_action(_ACTION):
            yield Fault(
                place=Place(each.index, Part.RESOURCE, 0),
                message=f"{each.title} lets a service-linked role be created for every service",
                help="name the roles, or add a condition on `iam:AWSServiceName`",
            )


RULE = Rule(
    code="WK317",
    name="create-any-service-linked-role",
    severity=Severity.WARNING,
    text=__doc__,
    check=_check,
    kinds=IDENTITY,
    analyzer=(
        "CREATE_SLR_WITH_STAR_IN_RESOURCE",
        "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE",
        "CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
        "CREATE_SLR_WITH_NOT_RESOURCE",
        "CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
        "CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE",
    ),
)
