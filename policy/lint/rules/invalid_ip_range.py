"""An address operator compares with something that is neither an address nor a range.

Why:
    The comparison never holds, negated or not: a Deny for everything outside of the range does not apply at all.

Bad:
    deny "OnlyFromTheOffice" {
      action    kms:*
      resource  *
      when      aws:SourceIp NotIpAddress "192.0.2.0/33"  # <-- here
    }

Good:
    deny "OnlyFromTheOffice" {
      action    kms:*
      resource  *
      when      aws:SourceIp not in 192.0.2.0/24
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
from policy.syntax.faults import clip


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.operator in (Operator.IP_ADDRESS, Operator.NOT_IP_ADDRESS):
            for text, place in entry.values:
                if parse_range(text) is None and "${" not in text:
                    yield Fault(
                        place=place,
                        message=f"`{clip(text)}` is neither an IP address nor a range",
                        help="write it like `192.0.2.0/24` or `2001:db8::/32`",
                    )


RULE = Rule(
    code="WK514",
    name="invalid-ip-range",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=("TYPE_MISMATCH_IP_RANGE",),
)
