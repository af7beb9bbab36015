"""Usage: the mark that a call leaves in its trail line, and the table that is counted from the marks.

A mark is written in the same line as the call's event, so there is exactly one for every call that was recorded.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from keyservice.metering.classes import price_class


class By(StrEnum):
    """What usage is counted by."""

    KEY = "key"
    PRINCIPAL = "principal"
    OPERATION = "operation"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class UsageRow:
    """How many calls of a price class one key, principal or operation has. `name` is "" where a call has none."""

    account: str
    name: str
    price_class: str
    count: int


def usage_mark(
    *,
    account: str | None,
    operation: str,
    key_arn: str | None = None,
    key_spec: str | None = None,
    key_pair_spec: str | None = None,
    service: str = "kms",
    is_aws_owned: bool = False,
    succeeded: bool,
) -> dict[str, object]:
    """The mark of one call.

    `account` is the caller's: who calls pays, whoever owns the key ("AWS Key Management Service Pricing", note 2).
    """
    charged = price_class(
        operation,
        key_spec,
        service=service,
        key_pair_spec=key_pair_spec,
        is_aws_owned=is_aws_owned,
        succeeded=succeeded,
    )
    return {"account": account, "key": key_arn, "operation": operation, "class": charged.value, "count": 1}


def count_usage(entries: Iterable[Mapping[str, object]], *, by: By) -> list[UsageRow]:
    """The table of usage of trail entries (`{"event": …, "usage": …}`), in the order of account, name and class."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for entry in entries:
        usage = entry.get("usage")
        if isinstance(usage, Mapping):
            name = _principal(entry.get("event")) if by is By.PRINCIPAL else usage.get(by.value)
            counts[_text(usage.get("account")), _text(name), _text(usage.get("class"))] += int(usage.get("count", 1))
    return sorted(
        UsageRow(account=account, name=name, price_class=charged, count=count)
        for (account, name, charged), count in counts.items()
    )


def _principal(event: object) -> object:
    """Who called: the role for any of its sessions, else the caller's own ARN or service name."""
    identity = event.get("userIdentity") if isinstance(event, Mapping) else None
    if not isinstance(identity, Mapping):
        return None
    session = identity.get("sessionContext")
    issuer = session.get("sessionIssuer") if isinstance(session, Mapping) else None
    if isinstance(issuer, Mapping):
        return issuer.get("arn")
    return identity.get("arn") or identity.get("invokedBy")


def _text(value: object) -> str:
    return "" if value is None else str(value)
