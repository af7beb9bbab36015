"""A token behind PKCS#11: sessions that are logged in, and AES-256-GCM by keys that stay inside.

Source: PKCS #11 v3.1, sections 4 ("Objects"), 5 ("Functions"), 6.13 ("AES-GCM"); AWS CloudHSM User Guide, "PKCS #11
library": the PIN is `user:password`, sessions are read-write alone, and the HSM writes its IV into the parameters.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol, TypeVar, cast

from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass, Session, TokenFlag
from pkcs11 import exceptions as fault

from keyservice.keystore.pkcs11_gcm import IV_LENGTH, TAG_LENGTH, Gcm
from keyservice.keystore.pkcs11_module import Pkcs11Module
from keyservice.keystore.token import NoSuchMaterialError, TokenError, UnfitTokenError, WrongCiphertextError
from keyservice.model.custom_key_store import ConnectionErrorCode as Code
from keyservice.settings import HsmToken

T = TypeVar("T")

KEY_BITS = 256
KNOWN_KEYS = 4096  # of each session
LABEL = "wardkey"  # of every key that is made here, for the people who look into the HSM

_NEEDED = {Mechanism.AES_KEY_GEN, Mechanism.AES_GCM}
_TEMPLATE = {
    Attribute.TOKEN: True,
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
}
_CODES: tuple[tuple[type[Exception], Code], ...] = (
    (fault.PinLocked, Code.USER_LOCKED_OUT),
    (fault.UserPinNotInitialized, Code.USER_NOT_FOUND),
    (fault.PinIncorrect, Code.INVALID_CREDENTIALS),
    (fault.PinInvalid, Code.INVALID_CREDENTIALS),
    (fault.PinLenRange, Code.INVALID_CREDENTIALS),
    (fault.PinExpired, Code.INVALID_CREDENTIALS),
    (fault.AnotherUserAlreadyLoggedIn, Code.USER_LOGGED_IN),
    (fault.UserTooManyTypes, Code.USER_LOGGED_IN),
    (fault.TokenNotPresent, Code.CLUSTER_NOT_FOUND),
    (fault.TokenNotRecognised, Code.CLUSTER_NOT_FOUND),
    (fault.SlotIDInvalid, Code.CLUSTER_NOT_FOUND),
    (fault.DeviceError, Code.NETWORK_ERRORS),
    (fault.DeviceRemoved, Code.NETWORK_ERRORS),
    (fault.SessionHandleInvalid, Code.NETWORK_ERRORS),
    (fault.SessionClosed, Code.NETWORK_ERRORS),
)
_STALE_HANDLE = (fault.ObjectHandleInvalid, fault.KeyHandleInvalid)
_WRONG_CIPHERTEXT = (fault.EncryptedDataInvalid, fault.EncryptedDataLenRange)


class _AesKey(Protocol):
    """What the binding makes of an AES key: its types do not say."""

    def encrypt(self, data: bytes, *, mechanism: Mechanism, mechanism_param: bytes) -> bytes: ...

    def decrypt(self, data: bytes, *, mechanism: Mechanism, mechanism_param: bytes) -> bytes: ...

    def destroy(self) -> None: ...

    def __getitem__(self, name: Attribute) -> object: ...


class _Worker:
    """A session for one call at a time, and the keys that it has found."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._keys: dict[bytes, _AesKey] = {}

    def key(self, object_id: bytes) -> _AesKey:
        """The key of an id."""
        known = self._keys.get(object_id)
        if known is None:
            known = self._find(object_id)
            if len(self._keys) >= KNOWN_KEYS:
                self._keys.clear()
            self._keys[object_id] = known
        return known

    def forget(self) -> None:
        """Look for every key anew."""
        self._keys.clear()

    def _find(self, object_id: bytes) -> _AesKey:
        # Read to its end: an unfinished search would end in the garbage collector, and that in any thread.
        found = list(self.session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.ID: object_id}))
        if len(found) != 1:
            raise NoSuchMaterialError
        return cast("_AesKey", found[0])


class Pkcs11Token:
    """The Token of an operator's HSM. `random` makes IVs where the HSM does not."""

    def __init__(self, hsm: HsmToken, module: Pkcs11Module, random: Callable[[int], bytes]) -> None:
        self._hsm = hsm
        self._module = module
        self._random = random
        self._login: Session | None = None
        self._generation = -1
        self._idle: list[_Worker] = []

    def check(self) -> None:
        """Look whether the token is there, has a user, and knows AES-GCM."""
        with self._module.alone(), _told():
            token = self._module.find_token(self._hsm.token)
            if not token.flags & TokenFlag.USER_PIN_INITIALIZED:
                raise UnfitTokenError(Code.USER_NOT_FOUND, f"the token `{self._hsm.token}` has no user yet")
            if not token.slot.get_mechanisms() >= _NEEDED:
                raise UnfitTokenError(Code.INTERNAL_ERROR, f"the token `{self._hsm.token}` does not do AES-GCM")

    def connect(self, pin: str) -> None:
        """Log in: a login is the process's, so an earlier one is ended first, or the PIN would not be asked for."""
        with self._module.alone(), _told():
            self._leave()
            token = self._module.find_token(self._hsm.token)
            try:
                login = token.open(rw=True, user_pin=pin)
            except fault.UserAlreadyLoggedIn:
                self._module.restart()
                login = self._module.token(self._hsm.token).open(rw=True, user_pin=pin)
            self._login, self._generation = login, self._module.generation

    def disconnect(self) -> None:
        """Log out."""
        with self._module.alone():
            self._leave()

    def ping(self) -> None:
        """Return if the library still finds the token, and we are logged in to it."""
        with self._working():
            self._module.token(self._hsm.token)

    def generate(self, object_id: bytes) -> None:
        """Make a key: AES-256, for encryption and decryption, never to leave."""
        with self._working() as worker:
            worker.session.generate_key(
                KeyType.AES,
                KEY_BITS,
                id=object_id,
                label=LABEL,
                store=True,
                capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
                template=_TEMPLATE,
            )

    def encrypt(self, object_id: bytes, plaintext: bytes, additional_data: bytes) -> tuple[bytes, bytes]:
        """The IV, which may be the HSM's, and the ciphertext with its tag."""
        # AWS CloudHSM wants a buffer of zeros where it is to write its IV.
        wanted = bytes(IV_LENGTH) if self._hsm.iv == "hsm" else self._random(IV_LENGTH)
        parameters = Gcm(wanted, additional_data)
        body = self._by_key(
            object_id,
            lambda worker: worker.key(object_id).encrypt(
                plaintext, mechanism=Mechanism.AES_GCM, mechanism_param=parameters.encoded
            ),
        )
        if not any(parameters.iv):
            # The operator says that the HSM chooses, and it did not: every message would have the one IV.
            raise UnfitTokenError(Code.INTERNAL_ERROR, "the HSM has chosen no IV; set iv=service")
        if len(body) != len(plaintext) + TAG_LENGTH:
            raise UnfitTokenError(Code.INTERNAL_ERROR, "the HSM's ciphertext has an unexpected length")
        return parameters.iv, body

    def decrypt(self, object_id: bytes, iv: bytes, body: bytes, additional_data: bytes) -> bytes:
        """The plaintext."""
        parameters = Gcm(iv, additional_data)

        def work(worker: _Worker) -> bytes:
            key = worker.key(object_id)
            try:
                return key.decrypt(body, mechanism=Mechanism.AES_GCM, mechanism_param=parameters.encoded)
            except _WRONG_CIPHERTEXT:
                raise WrongCiphertextError from None
            except (fault.GeneralError, fault.FunctionFailed):
                # What SoftHSM says of a wrong tag, and others of any trouble: if the key still answers, it was the tag.
                _ = key[Attribute.KEY_TYPE]
                raise WrongCiphertextError from None

        return self._by_key(object_id, work)

    def random(self, length: int) -> bytes:
        """Random bytes of the HSM's."""
        with self._working() as worker:
            return worker.session.generate_random(8 * length)

    def destroy(self, object_id: bytes) -> None:
        """Destroy a key."""
        with suppress(NoSuchMaterialError):
            self._by_key(object_id, lambda worker: worker.key(object_id).destroy())

    def _by_key(self, object_id: bytes, work: Callable[[_Worker], object]) -> bytes:
        """What is done by a key; once more if the key had another handle by now."""
        try:
            with self._working() as worker:
                return cast("bytes", work(worker))
        except _STALE_HANDLE:
            for worker in list(self._idle):
                worker.forget()
        try:
            with self._working() as worker:
                return cast("bytes", work(worker))
        except _STALE_HANDLE:
            raise TokenError(Code.NETWORK_ERRORS, f"the key {object_id.hex()} does not answer") from None

    @contextmanager
    def _working(self) -> Iterator[_Worker]:
        """A session that is logged in, for one call. One that failed is not used again."""
        with self._module.shared(), _told():
            worker = self._worker()
            try:
                yield worker
            except NoSuchMaterialError:
                self._idle.append(worker)
                self._module.token(self._hsm.token)  # a token that is gone has no keys either: that is said first
                raise
            except WrongCiphertextError:
                self._idle.append(worker)
                raise
            except BaseException:
                with suppress(fault.PKCS11Error):
                    worker.session.close()
                raise
            self._idle.append(worker)

    def _worker(self) -> _Worker:
        if self._login is None or self._generation != self._module.generation:
            raise TokenError(Code.NETWORK_ERRORS, "the token is not connected")
        with suppress(IndexError):
            return self._idle.pop()
        return _Worker(self._login.token.open(rw=True))

    def _leave(self) -> None:
        """Log out and end all sessions; those of an earlier start of the library are void already."""
        login, workers = self._login, self._idle
        self._login, self._idle = None, []
        if login is None or self._generation != self._module.generation:
            return
        for session in (*(worker.session for worker in workers), login):
            with suppress(fault.PKCS11Error):
                session.close()


@contextmanager
def _told() -> Iterator[None]:
    """What the library finds fault with, as the port's errors; stale handles are for the caller to try again."""
    try:
        yield
    except _STALE_HANDLE:
        raise
    except (fault.PKCS11Error, RuntimeError) as error:
        code = next((code for kind, code in _CODES if isinstance(error, kind)), Code.INTERNAL_ERROR)
        raise TokenError(code, f"the HSM answers {type(error).__name__}") from None
