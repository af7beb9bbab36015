"""From a passphrase to a key: Argon2id, with parameters that are kept beside what was sealed.

Source: RFC 9106, section 4 ("Parameter Choice"), the second recommended option: 64 MiB, 3 passes, 4 lanes.
"""

import struct
import unicodedata
from dataclasses import dataclass
from typing import Self

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

SALT_LENGTH = 16
SHORTEST = 12
"""Characters: guessing what is shorter costs less than Argon2id can make it cost."""

# What is read is bounded: a file made up by somebody else shall neither take all memory nor keep us busy for hours.
_MOST_MEMORY = 1024 * 1024  # KiB
_MOST_ITERATIONS = 64
_MOST_LANES = 64
_FORM = struct.Struct(">III")
COST_LENGTH = _FORM.size


class PassphraseError(ValueError):
    """A passphrase that nothing should be sealed by, or parameters out of bounds; the message is one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretching:
    """The cost of one guess: memory in KiB, passes over it, lanes."""

    memory: int = 64 * 1024
    iterations: int = 3
    lanes: int = 4

    def encode(self) -> bytes:
        """Three numbers of four bytes, big-endian."""
        return _FORM.pack(self.memory, self.iterations, self.lanes)

    @classmethod
    def decode(cls, encoded: bytes) -> Self:
        """What `encode` made. Raises PassphraseError if it is out of bounds."""
        memory, iterations, lanes = _FORM.unpack(encoded)
        is_bounded = 1 <= lanes <= _MOST_LANES and 1 <= iterations <= _MOST_ITERATIONS
        if not is_bounded or not 8 * lanes <= memory <= _MOST_MEMORY:
            raise PassphraseError("its Argon2id parameters are out of bounds")
        return cls(memory=memory, iterations=iterations, lanes=lanes)


def stretch(passphrase: str, salt: bytes, cost: Stretching) -> bytes:
    """32 bytes of key. One text in two Unicode spellings, as two keyboards give it, is one passphrase."""
    text = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
    return Argon2id(salt=salt, length=32, iterations=cost.iterations, lanes=cost.lanes, memory_cost=cost.memory).derive(
        text
    )


def check_passphrase(passphrase: str) -> None:
    """Refuse to seal anything by a passphrase that is too short."""
    if len(passphrase) < SHORTEST:
        raise PassphraseError(f"a passphrase has at least {SHORTEST} characters")
