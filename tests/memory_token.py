"""An HSM's token in memory, for tests of what is built on one: it can vanish, refuse a PIN, lose keys, choose IVs."""

import os
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding

from keyservice.keystore.token import NoSuchMaterialError, TokenError, WrongCiphertextError
from keyservice.model.custom_key_store import ConnectionErrorCode
from keyservice.settings import Hsm

PASSWORD = "kmsuser-password"
CLUSTER, OTHER_CLUSTER, NO_CLUSTER = "cluster-aaaaaaaaaaa", "cluster-bbbbbbbbbbb", "cluster-ccccccccccc"
HSMS = tuple(
    Hsm(cluster=cluster, module=f"/{cluster}.so", token="keys", user="kmsuser") for cluster in (CLUSTER, OTHER_CLUSTER)
)


class MemoryToken:
    """A Token, connected or not; `failure` is raised by every call but `disconnect` while it is set."""

    def __init__(self, hsm):
        self.pin = hsm.pin(PASSWORD)
        self.keys = {}
        self.is_connected = False
        self.failure = None
        self.logins = 0

    def check(self):
        if self.failure is not None:
            raise self.failure

    def connect(self, pin):
        self.check()
        self.logins += 1
        self.is_connected = pin == self.pin
        if not self.is_connected:
            raise TokenError(ConnectionErrorCode.INVALID_CREDENTIALS, "PinIncorrect")

    def disconnect(self):
        self.is_connected = False

    def ping(self):
        self._enter()

    def generate(self, object_id):
        self._enter()
        self.keys[object_id] = AESGCM(os.urandom(32))

    def encrypt(self, object_id, plaintext, additional_data):
        iv = os.urandom(12)
        return iv, self._key(object_id).encrypt(iv, plaintext, additional_data)

    def decrypt(self, object_id, iv, body, additional_data):
        try:
            return self._key(object_id).decrypt(iv, body, additional_data)
        except InvalidTag:
            raise WrongCiphertextError from None

    def random(self, length):
        self._enter()
        return os.urandom(length)

    def destroy(self, object_id):
        self._enter()
        self.keys.pop(object_id, None)

    def vanish(self):
        self.failure = TokenError(ConnectionErrorCode.CLUSTER_NOT_FOUND, "there is no token `keys`")
        self.is_connected = False

    def come_back(self):
        self.failure = None

    def _enter(self):
        self.check()
        if not self.is_connected:
            raise TokenError(ConnectionErrorCode.NETWORK_ERRORS, "the token is not connected")

    def _key(self, object_id):
        self._enter()
        if object_id not in self.keys:
            raise NoSuchMaterialError
        return self.keys[object_id]


def make_certificate(name="hsm.example"):
    """A self-signed certificate, PEM: what customerCA.crt is."""
    key = ed25519.Ed25519PrivateKey.generate()
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    end, serial = now + timedelta(days=1), x509.random_serial_number()
    signed = x509.CertificateBuilder(subject, subject, key.public_key(), serial, now, end).sign(key, None)
    return signed.public_bytes(Encoding.PEM).decode()


TRUST_ANCHOR = make_certificate()
