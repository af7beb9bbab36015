"""Whoever has the policy can give itself any permission.

Why:
    Some of IAM's actions, allowed on everything, are as good as all actions: attaching a policy to oneself, writing a
    new version of one's own, changing a role's trust policy.

Bad:
    allow "Users" {
      action    iam:ListUsers, iam:AttachUserPolicy  # <-- here
      resource  *
    }

Good:
    allow "Users" {
      action    iam:ListUsers, iam:AttachUserPolicy
      resource  *
      when      iam:PolicyARN == arn:aws:iam::111122223333:policy/ReadOnly
    }

Source:
    IAM User Guide, "Permissions boundaries for IAM entities", Delegating responsibility to others using permissions
    boundaries; "IAM JSON policy elements: Action".
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import IDENTITY, Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip

_ESCALATING = frozenset(
    {
        "iam:attachgrouppolicy",
        "iam:attachrolepolicy",
        "iam:attachuserpolicy",
        "iam:createpolicyversion",
        "iam:putgrouppolicy",
        "iam:putrolepolicy",
        "iam:putuserpolicy",
        "iam:setdefaultpolicyversion",
        "iam:updateassumerolepolicy",
    }
)
_WIDE = frozenset({"iam:*", "iam:attach*", "iam:put*", "iam:create*", "iam:update*"})


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.allows:
        if each.conditions or not any(value.text == "*" and not value.negated for value in each.resources):
            continue
        for value in each.actions:
            if value.text.lower() in _ESCALATING | _WIDE and not value.negated:
                yield Fault(
                    place=value.place,
                    message=f"`{clip(value.text)}` on every resource lets one give oneself any permission",
                    help="name the users, roles or policies, or ask for a permissions boundary",
                )
                # One such action is enough; the others are of the same cause.
                break


RULE = Rule(
    code="WK314",
    name="privilege-escalation",
    severity=Severity.SECURITY_WARNING,
    text=__doc__,
    check=_check,
    kinds=IDENTITY,
)
