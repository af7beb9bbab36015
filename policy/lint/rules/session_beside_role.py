"""A principal is a session of a role that stands beside it.

Why:
    The role stands for all of its sessions: the one named gets nothing that it has not already.

Bad:
    allow "Deploy" {
      principal  arn:aws:iam::111122223333:role/CI, arn:aws:sts::111122223333:assumed-role/CI/nightly  # <-- here
      action     sts:AssumeRole
    }

Good:
    allow "Deploy" {
      principal  arn:aws:iam::111122223333:role/CI
      action     sts:AssumeRole
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Suggestion - Redundant principal in role trust policy.
"""

from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import WITH_PRINCIPAL, Fault, Remove, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for each in policy.statements:
        roles = {_role_of(value.text) for value in each.principals if ":role/" in value.text}
        for value in each.principals:
            is_session = ":assumed-role/" in value.text and not value.negated
            if is_session and _role_of(value.text) in roles:
                yield Fault(
                    place=value.place,
                    message=f"`{clip(value.text)}` is a session of a role that is listed already",
                    help="remove it",
                    edit=Remove(),
                )


def _role_of(text: str) -> tuple[str, str]:
    """The account and the name of the role; a session's ARN has the role's name without its path."""
    account, _, resource = text.rpartition(":")
    kind, _, rest = resource.partition("/")
    name = rest.split("/")[0] if kind == "assumed-role" else rest.rpartition("/")[2]
    return account.rpartition(":")[2], name


RULE = Rule(
    code="WK217",
    name="session-beside-role",
    severity=Severity.SUGGESTION,
    text=__doc__,
    check=_check,
    kinds=WITH_PRINCIPAL,
    analyzer=("REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY",),
)
