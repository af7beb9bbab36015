"""The operator does not suit the type of the key.

Why:
    The two compare as texts, or not at all: `StringLike` with an address knows no ranges, `NumericEquals` no names.

Bad:
    deny "OnlyFromTheOffice" {
      action    kms:*
      resource  *
      when      aws:SourceIp != "192.0.2.0/24"  # <-- here
    }

Good:
    deny "OnlyFromTheOffice" {
      action    kms:*
      resource  *
      when      aws:SourceIp not in 192.0.2.0/24
    }

Source:
    IAM User Guide, "IAM JSON policy elements: Condition operators"; "AWS global condition context keys".
"""

from collections.abc import Iterator

from policy.catalogue.keys import KeyType
from policy.catalogue.operators import Operator
from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy

# Key type -> what the names of fitting operators begin with. AWS's own examples compare ARNs with String operators,
# encryption contexts with Arn operators, and dates with Numeric ones.
_FITTING = {
    KeyType.STRING: ("String", "Arn", "Binary"),
    KeyType.ARN: ("Arn", "String"),
    KeyType.BOOL: ("Bool",),
    KeyType.NUMERIC: ("Numeric",),
    KeyType.DATE: ("Date", "Numeric"),
    KeyType.IP_ADDRESS: ("IpAddress", "NotIpAddress"),
}

# What authors fill themselves may hold anything.
_OPEN = ("aws:principaltag/", "aws:requesttag/", "aws:resourcetag/", "kms:encryptioncontext:")


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.facts is None or entry.operator is Operator.NULL or entry.key.startswith(_OPEN):
            continue
        fitting = _FITTING[entry.facts.type]
        if not entry.operator.startswith(fitting):
            yield Fault(
                place=entry.place,
                message=f"`{entry.condition.key}` is of type {entry.facts.type}, not for `{entry.operator}`",
                help=f"use an operator of the {fitting[0]} family",
            )


RULE = Rule(
    code="WK510",
    name="wrong-operator-for-key",
    severity=Severity.WARNING,
    text=__doc__,
    check=_check,
    analyzer=("TYPE_MISMATCH", "TYPE_MISMATCH_STRING"),
)
