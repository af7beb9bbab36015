"""A request whose signature is to be verified: what the wire hands in."""

from collections.abc import Mapping, Sequence
from dataclasses import field

from keyservice.values import call_value


@call_value
class SignedRequest:
    """An HTTP request as it came: `path` and `query` as sent (percent-encoded), header names in lower case."""

    method: str
    path: bytes
    query: bytes
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes = field(repr=False)
    named: Mapping[bytes, list[bytes]] = field(init=False, repr=False, compare=False)
    """The headers' values by name, in the order in which they came."""

    def __post_init__(self) -> None:
        named: dict[bytes, list[bytes]] = {}
        for name, value in self.headers:
            if name in named:
                named[name].append(value)
            else:
                named[name] = [value]
        object.__setattr__(self, "named", named)

    def header(self, name: bytes) -> str | None:
        """The value of a header, None without one; several of one name are joined by commas (RFC 9110, section 5.2)."""
        values = self.named.get(name)
        return b",".join(values).decode("latin-1").strip() if values else None
