"""When each key was last used for cryptography: read from the trail, which has every call and outlives the process.

Nothing is noted while calls are answered, so they pay nothing for it. Whoever asks pays for reading the lines that were
written since somebody asked before; the first to ask reads the whole trail.
Source: KMS API Reference, "GetKeyLastUsage", "KeyLastUsageData".
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

TRACKED = frozenset(
    {
        *("Decrypt", "DeriveSharedSecret", "Encrypt", "GenerateDataKey", "GenerateDataKeyPair"),
        *("GenerateDataKeyPairWithoutPlaintext", "GenerateDataKeyWithoutPlaintext", "GenerateMac", "ReEncrypt"),
        *("Sign", "Verify", "VerifyMac", "Encapsulate", "Decapsulate"),
    }
)
"""The operations that are a use ("KeyLastUsageData", Operation)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A successful call; `time` is `2025-05-20T20:45:00Z`."""

    operation: str
    time: str
    event_id: str
    request_id: str

    @property
    def moment(self) -> float:
        """Its time in epoch seconds."""
        return datetime.fromisoformat(self.time).timestamp()


class Entries(Protocol):
    """Gives the trail's entries, each once: what is new since it was asked before."""

    def entries(self) -> Iterable[Mapping[str, object]]:
        """The new entries."""
        ...


class LastUses:
    """The last use of every key, brought up to date when it is asked. Threads may ask at once."""

    def __init__(self, trail: Entries) -> None:
        self._trail = trail
        self._uses: dict[str, Use] = {}
        self._lock = threading.Lock()

    def of(self, key_arn: str, *, since: float) -> Use | None:
        """The last use of a key that was made then (epoch seconds); None if it never was used.

        A replica that was deleted and made again has the ARN of the one that was used before.
        """
        with self._lock:
            for entry in self._trail.entries():
                self._note(entry.get("event"))
            use = self._uses.get(key_arn)
        return use if use is not None and use.moment >= int(since) else None

    def _note(self, event: object) -> None:
        if not isinstance(event, Mapping) or event.get("eventName") not in TRACKED or "errorCode" in event:
            return
        use = Use(
            operation=str(event["eventName"]),
            time=str(event.get("eventTime")),
            event_id=str(event.get("eventID")),
            request_id=str(event.get("requestID")),
        )
        for resource in event.get("resources") or ():
            known = self._uses.get(resource["ARN"])
            # Lines of the same moment may stand in another order than the calls were made in.
            if known is None or known.time <= use.time:
                self._uses[resource["ARN"]] = use
