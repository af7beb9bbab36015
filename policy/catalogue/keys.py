"""The condition keys of AWS KMS and the global ones: type, and whether they may hold several values.

Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service"; IAM
User Guide, "AWS global condition context keys".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from policy.catalogue.data import load_catalogue


class KeyType(StrEnum):
    """What a key's values are, and so which operators suit it."""

    STRING = "String"
    ARN = "Arn"
    BOOL = "Bool"
    NUMERIC = "Numeric"
    DATE = "Date"
    IP_ADDRESS = "IpAddress"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFacts:
    """What is known of a condition key.

    `name` has AWS's capitals. For a key with a name of the author's choice (`aws:RequestTag/*`,
    `kms:EncryptionContext:*`) or with a number (`kms:RecipientAttestation:PCR#`) it is the pattern.
    """

    name: str
    type: KeyType
    multivalued: bool = False
    last_number: int | None = None


def condition_keys() -> tuple[KeyFacts, ...]:
    """All keys: those of AWS KMS, then the global ones."""
    return tuple(_by_name().values())


def key_type(name: str) -> KeyFacts | None:
    """The facts of a key, its name in any case; None for a key that is not known."""
    lowered = name.lower()
    for candidate in _patterns(lowered):
        facts = _by_name().get(candidate)
        if facts is not None:
            return facts
    return None


def _patterns(name: str) -> Iterator[str]:
    """The names that the catalogue may have for the key: its own, up to a tag or context key, or without a number."""
    yield name
    for separator in ("/", "encryptioncontext:"):
        head, found, rest = name.partition(separator)
        if rest:
            yield f"{head}{found}*"
    stem = name.rstrip("0123456789")
    digits = name[len(stem) :]
    facts = _by_name().get(f"{stem}#") if digits else None
    if facts is not None and facts.last_number is not None and digits in map(str, range(facts.last_number + 1)):
        yield f"{stem}#"


@cache
def _by_name() -> dict[str, KeyFacts]:
    catalogue = load_catalogue()
    entries = catalogue["kms_keys"] | catalogue["global_keys"]
    return {
        name.lower(): KeyFacts(
            name=name,
            type=KeyType(entry["type"]),
            multivalued=entry.get("multivalued", False),
            last_number=entry.get("last"),
        )
        for name, entry in entries.items()
    }
