"""Changes of the directory on the trail: made by whoever may run commands on the data directory, not by an identity.

Source: IAM User Guide, "Logging IAM and AWS STS API calls with AWS CloudTrail"; CloudTrail User Guide, "CloudTrail
userIdentity element".
"""

from collections.abc import Callable

from keyservice.audit.record import Call, UserIdentity, event, line
from keyservice.identity.events import IamEvent

COMMAND = "keyservice identity"


def journal(*, clock: Callable[[], float], fresh_id: Callable[[], str], region: str) -> Callable[[IamEvent], bytes]:
    """What makes the trail's line of an event. `region` is the service's home, as IAM has none of its own."""

    def record(change: IamEvent) -> bytes:
        call = Call(
            operation=change.name,
            event_source=f"{change.service}.amazonaws.com",
            event_time=clock(),
            region=region,
            # Unlike AWS, where only identities change identities: the operator has none.
            identity=UserIdentity(type="Unknown", account_id=change.account, invoked_by=COMMAND),
            source_ip=COMMAND,
            user_agent=COMMAND,
            request_parameters=change.parameters or None,
            read_only=False,
            request_id=None,
            event_id=fresh_id(),
            recipient_account=change.account,
        )
        return line(event(call), None)

    return record
