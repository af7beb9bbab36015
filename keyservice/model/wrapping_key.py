"""The wrapping key that waits for a key's material to be imported.

Source: KMS API Reference, "GetParametersForImport".
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class WrappingKey:
    """The private half of a key pair that was given out for one import into one key, until `expires` (epoch seconds).

    `nonce` is its name, which the import token carries; `sealed` opens only under the domain key, bound to key and
    nonce.
    """

    account: str
    region: str
    key_id: str
    nonce: str
    expires: float
    sealed: bytes = field(repr=False)
