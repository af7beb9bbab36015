"""A service principal has no form that one can have.

Why:
    Its form is `service.amazonaws.com`, in lower case and without wildcards. AWS refuses any other.

Bad:
    allow "EC2" {
      principal  service ec2  # <-- here
      action     sts:AssumeRole
    }

Good:
    allow "EC2" {
      principal  service ec2.amazonaws.com
      action     sts:AssumeRole
    }

Source:
    IAM User Guide, "AWS JSON policy elements: Principal", AWS service principals.
"""

import re
from collections.abc import Iterator

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.model.document import PrincipalKind
from policy.syntax.faults import clip

# Partitions and old services have other domains: what is sure is that there is one.
_FORM = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")


def _check(policy: Policy) -> Iterator[Fault]:
    for value in policy.principals:
        if value.kind is PrincipalKind.SERVICE and not _FORM.fullmatch(value.text) and "*" not in value.text:
            yield Fault(
                place=value.place,
                message=f"`{clip(value.text)}` is no service principal",
                help="write the service's own name in lower case, such as `ec2.amazonaws.com`",
            )


RULE = Rule(
    code="WK204",
    name="invalid-service-principal",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("INVALID_SERVICE_PRINCIPAL_FORMAT",),
)
