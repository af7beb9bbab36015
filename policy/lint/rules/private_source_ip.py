"""`aws:SourceIp` is compared with private addresses.

Why:
    It holds the caller's public address, and is absent from calls through a VPC endpoint: no call has a private one.

Bad:
    allow "FromTheNetwork" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      aws:SourceIp in 10.0.0.0/8  # <-- here
    }

Good:
    allow "FromTheNetwork" {
      action    kms:Decrypt
      resource  arn:aws:kms:us-east-1:111122223333:key/*
      when      aws:VpcSourceIp in 10.0.0.0/8
    }

Source:
    IAM User Guide, "AWS global condition context keys", aws:SourceIp and aws:VpcSourceIp.
"""

from collections.abc import Iterator
from ipaddress import ip_network

from policy.diagnostics import Severity
from policy.lint.rule import Fault, Rule
from policy.lint.subject import Policy
from policy.syntax.faults import clip

_PRIVATE = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))


def _check(policy: Policy) -> Iterator[Fault]:
    for entry in policy.conditions:
        if entry.key != "aws:sourceip" or not entry.is_known:
            continue
        private = [(text, place) for text, place in entry.values if _is_private(text)]
        for text, place in private:
            yield Fault(
                place=place,
                message=f"`{clip(text)}` is private, and `aws:SourceIp` is always public",
                help="use `aws:VpcSourceIp`, which calls through a VPC endpoint have",
                severity=None if len(private) == len(entry.values) else Severity.SUGGESTION,
            )


def _is_private(text: str) -> bool:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return False
    return any(network.version == each.version and network.network_address in each for each in _PRIVATE)


RULE = Rule(
    code="WK522",
    name="private-source-ip",
    severity=Severity.ERROR,
    text=__doc__,
    check=_check,
    analyzer=(
        "PRIVATE_IP_ADDRESS",
        "PRIVATE_NOT_IP_ADDRESS",
        "PRIVATE_IP_ADDRESS_SUBSET",
        "PRIVATE_NOT_IP_ADDRESS_SUBSET",
    ),
)
