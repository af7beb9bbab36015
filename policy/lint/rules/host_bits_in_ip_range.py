"""A range of addresses is written with bits that do not count.

Why:
    `192.0.2.7/24` means all of `192.0.2.0/24`; it may have been meant to be the one address.

Bad:
    deny "OnlyFromTheOffice" {
      action    kms:*
      resource  *
      when      aws:SourceIp not in 192.0.2.7/24  # <-- here
    }

Good:
    deny "OnlyFromTheOffice" {
      action    kms:*
      resource  *
      when      aws:SourceIp not in 192.0.2.0/24
    }

Source:
    IAM User Guide, "IAM policy validation check reference", Suggestion - Improve IP range.
"""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network

from policy.catalogue.operators import Operator
from policy.diagnostics import Severity
from policy.lint.rule import Fault, Replace, Rule
from policy.lint.subject import Policy


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.operator not in (Operator.IP_ADDRESS, Operator.NOT_IP_ADDRESS):
            continue
        for text, place in entry.values:
            network = _network(text)
            if network is not None and str(network.network_address) != text.partition("/")[0].lower() and "." in text:
                yield Fault(
                    place=place,
                    message=f"`{text}` is all of `{network}`",
                    help=f"write `{network}`, or the address without a prefix",
                    edit=Replace(str(network)),
                )


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None


RULE = Rule(
    code="WK523",
    name="host-bits-in-ip-range",
    severity=Severity.SUGGESTION,
    text=__doc__,
    check=_check,
    analyzer=("IMPROVE_IP_RANGE",),
)
