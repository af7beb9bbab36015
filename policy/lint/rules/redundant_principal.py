"""A principal is listed twice, or beside everyone.

Why:
    Taking one of them away takes nothing away. An account's id and its root ARN are the same principal.

Bad:
    allow "Enable IAM policies" {
      principal  arn:aws:iam::111122223333:root, 111122223333  # <-- here
      action     kms:*
      resource   *
    }

Good:
    allow "Enable IAM policies" {
      principal  arn:aws:iam::111122223333:root
      action     kms:*
      resource   *
    }

Source:
    IAM User Guide, "AWS JSON policy elements: Principal", AWS account principals.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Remove, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.statements:
        if len(each.principals) < 2 or each.is_partial:
            continue
        seen: set[tuple[str, str]] = set()
        for value in each.principals:
            identity = value.identity
            if identity in seen:
                yield Fault(
                    place=value.place,
                    message=f"`{clip(value.text)}` is listed already",
                    help="remove it",
                    edit=Remove(),
                )
            seen.add(identity)


RULE = Rule(code="WK705", name="redundant-principal", severity=Severity.SUGGESTION, text=__doc__, check=_check)
