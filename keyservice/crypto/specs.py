"""The key specs that can be created, a row each.

Source: KMS API Reference, "CreateKey", KeySpec and KeyUsage; KMS Developer Guide, "Key spec reference".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySpec:
    """A row: what a key of this spec is made of and may be used for. Names are AWS's; lengths are bytes."""

    name: str
    usages: frozenset[str]
    material_length: int
    encryption_algorithms: tuple[str, ...] = ()
    signing_algorithms: tuple[str, ...] = ()
    mac_algorithms: tuple[str, ...] = ()


SYMMETRIC_DEFAULT = KeySpec(
    name="SYMMETRIC_DEFAULT",
    usages=frozenset({"ENCRYPT_DECRYPT"}),
    material_length=32,
    encryption_algorithms=("SYMMETRIC_DEFAULT",),
)

KEY_SPECS: Mapping[str, KeySpec] = MappingProxyType({row.name: row for row in (SYMMETRIC_DEFAULT,)})
