"""A condition on the address lets every address in.

Why:
    `0.0.0.0/0` is all of IPv4: the condition asks nothing.

Bad:
    allow "FromTheOffice" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      aws:SourceIp in 0.0.0.0/0  # <-- here
    }

Good:
    allow "FromTheOffice" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      aws:SourceIp in 192.0.2.0/24
    }

Source:
    IAM User Guide, "IAM JSON policy elements: Condition operators", IP address condition operators.
"""

from collections.abc import Iterator

from policy.catalogue.operators import Operator
from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.operators.ip import parse_range


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.operator in (Operator.IP_ADDRESS, Operator.NOT_IP_ADDRESS):
            for text, place in entry.values:
                if text.endswith("/0") and parse_range(text) is not None:
                    yield Fault(
                        place=place,
                        message=f"`{text}` is every address",
                        help="name the ranges that are meant, or remove the condition",
                    )


RULE = Rule(
    code="WK524",
    name="ip-range-of-everyone",
    severity=Severity.SECURITY_WARNING,
    text=__doc__,
    check=_check,
    analyzer=("WILDCARD_USAGE_TOO_PERMISSIVE",),
)
