"""GetKeyLastUsage: the last successful cryptographic operation with a key, and where the trail has it.

Source: KMS API Reference, "GetKeyLastUsage".
"""

from dataclasses import dataclass

from keyservice.operations.keys import KeyIdInput
from keyservice.operations.locate import key_target
from keyservice.operations.operation import Kind, Operation, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLastUsageData:
    """The last use; every member is absent of a key that was never used."""

    operation: str | None = None
    timestamp: float | None = None
    cloud_trail_event_id: str | None = None
    kms_request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetKeyLastUsageOutput:
    """What GetKeyLastUsage answers; `key_id` is the key's id."""

    key_id: str
    key_last_usage: KeyLastUsageData
    tracking_start_date: float
    key_creation_date: float


def get_key_last_usage(run: Run, _: KeyIdInput) -> GetKeyLastUsageOutput:
    """Tell when, how and by which call the key was last used."""
    key = run.key
    use = run.ports.last_uses.of(key.arn, since=key.created)
    usage = KeyLastUsageData()
    if use is not None:
        usage = KeyLastUsageData(
            operation=use.operation,
            timestamp=use.moment,
            cloud_trail_event_id=use.event_id,
            kms_request_id=use.request_id,
        )
    return GetKeyLastUsageOutput(
        key_id=key.key_id,
        key_last_usage=usage,
        tracking_start_date=key.created,  # the trail is older than any key
        key_creation_date=key.created,
    )


GET_KEY_LAST_USAGE = Operation(
    name="GetKeyLastUsage",
    page="GetKeyLastUsage",
    input=KeyIdInput,
    kind=Kind.READ,
    locate=lambda run, given: key_target(run, "kms:GetKeyLastUsage", given.key_id),
    answer=get_key_last_usage,
    is_slow=lambda _: True,
)
