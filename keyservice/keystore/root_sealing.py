"""The sealings of the root key: what its file holds, a row each.

Every file opens with 16 bytes that name the sealing and its version.

owner-only file   key 32 bytes, root id 16: a MAC of the key under itself, which tells a damaged file
passphrase        root id 16, salt 16, Argon2id's memory, passes and lanes 4 each, IV 12, key and tag 48
HSM               root id 16, the token's settings (length-prefixed JSON), object id 16, IV 12, key and tag 48

What is sealed is so by AES-256-GCM, with everything before the IV as additional data: under a key that the passphrase
gives, or under one that was made for this in the HSM's token and never leaves it.
"""

import hmac
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keyservice.crypto.encoding import length_prefixed
from keyservice.crypto.kbkdf import Purpose, derive
from keyservice.crypto.passphrase import (
    COST_LENGTH,
    SALT_LENGTH,
    PassphraseError,
    Stretching,
    check_passphrase,
    stretch,
)
from keyservice.keystore.configured import HsmSettingsError, open_pkcs11
from keyservice.keystore.root_key import (
    ID_LENGTH,
    KEY_LENGTH,
    Random,
    RootKey,
    RootKeyError,
    RootSealedError,
    UnsealError,
    root_of,
)
from keyservice.keystore.token import NoSuchMaterialError, Token, TokenError, TokenTimeoutError, WrongCiphertextError
from keyservice.settings import HsmToken

T = TypeVar("T")

MAGIC_LENGTH = 16
IV_LENGTH = 12
OBJECT_ID_LENGTH = 16
SEALED_LENGTH = KEY_LENGTH + 16


class SealingKind(StrEnum):
    """What seals a root key."""

    FILE = "file"
    PASSPHRASE = "passphrase"  # noqa: S105 - the name of a kind
    HSM = "hsm"


MAGIC: Mapping[SealingKind, bytes] = {
    SealingKind.FILE: b"wardkey-root-v1\n",
    SealingKind.PASSPHRASE: b"wardkey-rootp-1\n",
    SealingKind.HSM: b"wardkey-rooth-1\n",
}

Ask = Callable[[SealingKind, str], str]
"""Gives the passphrase or the PIN; the text says what it is of."""


class WrongSecretError(UnsealError):
    """The passphrase or the PIN is not the one, or the file is damaged: which, cannot be told apart."""


class Sealing(Protocol):
    """A way to seal a root key."""

    kind: SealingKind

    def seal(self, root: RootKey, random: Random) -> bytes:
        """What the file is to hold.

        Raises:
            UnsealError, HsmSettingsError.
        """
        ...


@dataclass(frozen=True, slots=True)
class FileSealing:
    """The file itself: whoever can read it can open every key, and nobody but its owner can."""

    kind = SealingKind.FILE

    def seal(self, root: RootKey, random: Random) -> bytes:  # noqa: ARG002 - as every sealing
        """The key as it is."""
        return MAGIC[self.kind] + root.key + bytes.fromhex(root.root_id)


@dataclass(frozen=True, slots=True)
class PassphraseSealing:
    """A passphrase, by Argon2id."""

    passphrase: str = field(repr=False)
    cost: Stretching = field(default_factory=Stretching)
    kind = SealingKind.PASSPHRASE

    def seal(self, root: RootKey, random: Random) -> bytes:
        """The key under what the passphrase gives."""
        try:
            check_passphrase(self.passphrase)
        except PassphraseError as error:
            raise RootKeyError(str(error)) from None
        salt = random(SALT_LENGTH)
        opening = MAGIC[self.kind] + bytes.fromhex(root.root_id) + salt + self.cost.encode()
        iv = random(IV_LENGTH)
        return opening + iv + AESGCM(_stretched(self.passphrase, salt, self.cost)).encrypt(iv, root.key, opening)


@dataclass(frozen=True, slots=True)
class HsmSealing:
    """A key in an HSM's token, made for this one sealing."""

    hsm: HsmToken
    pin: str = field(repr=False)
    open_token: Callable[[HsmToken], Token] = open_pkcs11
    kind = SealingKind.HSM

    def seal(self, root: RootKey, random: Random) -> bytes:
        """The key under one that never leaves the token."""
        object_id = random(OBJECT_ID_LENGTH)
        settings = json.dumps(self.hsm.model_dump(mode="json", exclude_defaults=True)).encode()
        opening = MAGIC[self.kind] + bytes.fromhex(root.root_id) + length_prefixed(settings) + object_id

        def work(token: Token) -> tuple[bytes, bytes]:
            token.check()
            token.generate(object_id)
            return token.encrypt(object_id, root.key, opening)

        iv, sealed = _in_token(self.open_token(self.hsm), self.hsm, self.pin, work)
        return opening + iv + sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRoot:
    """What anybody who can read the file sees of it: how the key is sealed, its id, and the HSM if there is one."""

    kind: SealingKind
    root_id: str
    hsm: HsmToken | None = None


def look_at(content: bytes, name: str) -> SealedRoot:
    """What a root key's file says without being opened.

    Raises:
        RootKeyError: if it is no root key of a known form.
    """
    kind = next((kind for kind, magic in MAGIC.items() if content.startswith(magic)), None)
    if kind is None:
        raise RootKeyError(f"the file `{name}` is not a root key of a known version")
    if kind is SealingKind.FILE:
        _expect_length(content, MAGIC_LENGTH + KEY_LENGTH + ID_LENGTH, name)
        return SealedRoot(kind=kind, root_id=content[-ID_LENGTH:].hex())
    root_id = content[MAGIC_LENGTH : MAGIC_LENGTH + ID_LENGTH].hex()
    if kind is SealingKind.PASSPHRASE:
        _expect_length(content, _BEFORE_COST + COST_LENGTH + IV_LENGTH + SEALED_LENGTH, name)
        return SealedRoot(kind=kind, root_id=root_id)
    start = MAGIC_LENGTH + ID_LENGTH
    end = start + 4 + int.from_bytes(content[start : start + 4], "big")
    _expect_length(content, end + OBJECT_ID_LENGTH + IV_LENGTH + SEALED_LENGTH, name)
    try:
        hsm = HsmToken.read(json.loads(content[start + 4 : end]))
    except ValueError:
        raise RootKeyError(f"the root key file `{name}` is damaged: it names no HSM") from None
    return SealedRoot(kind=kind, root_id=root_id, hsm=hsm)


def open_sealed(content: bytes, name: str, ask: Ask | None, open_token: Callable[[HsmToken], Token]) -> RootKey:
    """The root key in what its file holds; `name` is the file's, for messages.

    Raises:
        RootSealedError: it takes a secret, and there is nobody to ask.
        WrongSecretError: it is not the secret.
        UnsealError, HsmSettingsError: the file is damaged, or the HSM is out of reach.
    """
    seen = look_at(content, name)
    if seen.kind is SealingKind.FILE:
        return _checked(content[MAGIC_LENGTH:-ID_LENGTH], seen, name)
    if ask is None:
        raise RootSealedError(f"the root key `{name}` is sealed by {_named(seen)}, which has not been given")
    secret = ask(seen.kind, _named(seen))
    opening, iv, body = _parts(content)
    if seen.hsm is None:
        key = _open_by_passphrase(opening, iv, body, secret, name)
    else:
        object_id = opening[-OBJECT_ID_LENGTH:]
        key = _open_by_token(
            open_token(seen.hsm), seen.hsm, secret, lambda token: token.decrypt(object_id, iv, body, opening)
        )
    return _checked(key, seen, name)


_BEFORE_COST = MAGIC_LENGTH + ID_LENGTH + SALT_LENGTH


def _named(seen: SealedRoot) -> str:
    return "a passphrase" if seen.hsm is None else f"the HSM token `{seen.hsm.token}`"


def _parts(content: bytes) -> tuple[bytes, bytes, bytes]:
    """What is additional data, the IV, what is sealed."""
    iv_start = len(content) - SEALED_LENGTH - IV_LENGTH
    return content[:iv_start], content[iv_start:-SEALED_LENGTH], content[-SEALED_LENGTH:]


def _open_by_passphrase(opening: bytes, iv: bytes, body: bytes, passphrase: str, name: str) -> bytes:
    try:
        cost = Stretching.decode(opening[_BEFORE_COST:])
    except PassphraseError as error:
        raise RootKeyError(f"the root key file `{name}` is damaged: {error}") from None
    salt = opening[MAGIC_LENGTH + ID_LENGTH : _BEFORE_COST]
    try:
        return AESGCM(_stretched(passphrase, salt, cost)).decrypt(iv, body, opening)
    except InvalidTag:
        raise WrongSecretError(
            f"the root key `{name}` does not open: the passphrase is another, or the file is damaged"
        ) from None


def _open_by_token(token: Token, hsm: HsmToken, pin: str, work: Callable[[Token], bytes]) -> bytes:
    try:
        return _in_token(token, hsm, pin, work)
    except NoSuchMaterialError:
        raise RootKeyError(f"the HSM token `{hsm.token}` does not have the key that seals the root key") from None
    except WrongCiphertextError:
        raise RootKeyError("the root key does not open in its HSM: the file is damaged") from None


def _in_token(token: Token, hsm: HsmToken, pin: str, work: Callable[[Token], T]) -> T:
    """What is done with a token that is logged in to for this alone: between two of these nobody is."""
    try:
        token.connect(hsm.pin(pin))
        try:
            return work(token)
        finally:
            with suppress(TokenTimeoutError):
                token.disconnect()
    except TokenError as error:
        raise UnsealError(f"the HSM token `{hsm.token}` cannot be used: {error}") from None
    except TokenTimeoutError:
        raise UnsealError(f"the HSM token `{hsm.token}` does not answer") from None


def _stretched(passphrase: str, salt: bytes, cost: Stretching) -> bytes:
    return derive(stretch(passphrase, salt, cost), Purpose.WRAP, b"root")


def _checked(key: bytes, seen: SealedRoot, name: str) -> RootKey:
    root = root_of(key)
    if not hmac.compare_digest(root.root_id, seen.root_id):
        raise RootKeyError(f"the root key file `{name}` is damaged: its checksum does not match")
    return root


def _expect_length(content: bytes, expected: int, name: str) -> None:
    if len(content) != expected:
        raise RootKeyError(f"the root key file `{name}` has a wrong size; expected {expected} bytes")


def read_sealing(given: Mapping[str, object]) -> Sealing:
    """The sealing that a command asks for: `seal`, and `secret` and `hsm` where it takes them.

    Raises:
        RootKeyError, HsmSettingsError: with what is wrong with it.
    """
    try:
        kind = SealingKind(str(given.get("seal")))
    except ValueError:
        raise RootKeyError(f"`{given.get('seal')}`: expected {', '.join(SealingKind)}") from None
    secret = given.get("secret")
    if kind is SealingKind.FILE:
        return FileSealing()
    if not isinstance(secret, str) or not secret:
        raise RootKeyError("no passphrase or PIN has been given")
    if kind is SealingKind.PASSPHRASE:
        return PassphraseSealing(secret)
    try:
        return HsmSealing(HsmToken.read(given.get("hsm")), secret)
    except ValueError as error:
        raise HsmSettingsError(f"--hsm: {error}") from None
