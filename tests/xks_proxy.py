"""An external key store proxy of our own, for tests: the published XKS proxy API over TLS on a loopback port.

It verifies signatures with botocore, keeps AES-256 keys, and misbehaves as a test wants.
"""

import asyncio
import base64
import datetime as dt
import hashlib
import ipaddress
import json
import os
import re
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import botocore.auth
import uvicorn
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from keyservice.settings import XksEndpoint

HOST = "xks.example"
ENDPOINT = f"https://{HOST}"
PATH = "/customer/kms/xks/v1"
ACCESS_KEY_ID = "MUBSXM6K3KMXHN6RRCXI7TWQH4"
SECRET = "xksProxySecretOfTheTests/0123456789+ABCDEFGHIJ="
CREDENTIAL = {"AccessKeyId": ACCESS_KEY_ID, "RawSecretAccessKey": SECRET}
SERVICE = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"

STATUSES = {
    **dict.fromkeys(("ValidationException", "InvalidStateException", "InvalidCiphertextException"), 400),
    "InvalidKeyUsageException": 400,
    "AuthenticationFailedException": 401,
    "AccessDeniedException": 403,
    **dict.fromkeys(("KeyNotFoundException", "InvalidUriPathException"), 404),
    "ThrottlingException": 429,
    "InternalException": 500,
    "UnsupportedOperationException": 501,
    "DependencyTimeoutException": 503,
}


class Refusal(Exception):
    def __init__(self, name):
        super().__init__(name)
        self.name = name


@dataclass(kw_only=True)
class ExternalKey:
    cipher: AESGCM = field(default_factory=lambda: AESGCM(os.urandom(32)))
    spec: str = "AES_256"
    usage: tuple = ("ENCRYPT", "DECRYPT")
    status: str = "ENABLED"


@dataclass(kw_only=True)
class Proxy:
    """The proxy. `tamper` gets (operation, answer) of what succeeded; `respond` is an ASGI answer instead of one."""

    port: int = 0
    ca: Path = None
    secret: str = SECRET
    path: str = PATH
    iv_length: int = 12
    metadata: bytes = b"key_version=1"
    health: tuple = ("ACTIVE",)
    keys: dict = field(default_factory=lambda: {name: ExternalKey() for name in ("one", "two", "three", "four")})
    calls: list = field(default_factory=list)
    connections: set = field(default_factory=set)
    refuse: str = None
    tamper: object = None
    respond: object = None

    def endpoint(self, **more):
        """What the operator says of it."""
        return XksEndpoint(endpoint=ENDPOINT, connect=f"127.0.0.1:{self.port}", ca=self.ca, **more)

    async def __call__(self, scope, receive, send):
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self.connections.add(scope["client"])
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        if self.respond is not None:
            await self.respond(send)
            return
        try:
            status, answer = 200, self.answer(scope["method"], scope["path"], headers, body)
        except Refusal as refusal:
            message = "said by the proxy itself"
            status, answer = STATUSES[refusal.name], {"errorName": refusal.name, "errorMessage": message}
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        await self.send(send, status, content)

    @staticmethod
    async def send(send, status, content, headers=()):
        sized = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode()), *headers]
        await send({"type": "http.response.start", "status": status, "headers": sized})
        await send({"type": "http.response.body", "body": content})

    def answer(self, method, path, headers, body):
        assert ("POST", "application/json") == (method, headers["content-type"])
        if not path.startswith(f"{self.path}/"):
            raise Refusal("InvalidUriPathException")
        self.authenticate(path, headers, body)
        given = json.loads(body)
        operation = path.rsplit("/", 1)[1]
        self.calls.append((operation, given, headers["authorization"]))
        if self.refuse is not None:
            raise Refusal(self.refuse)
        answer = self.do(operation, path, given)
        return self.tamper(operation, answer) if self.tamper else answer

    def authenticate(self, path, headers, body):
        """The signature, made again by botocore."""
        found = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=(?P<id>[A-Z2-7]+)/(?P<date>\d{8})/(?P<region>[a-z0-9-]+)/kms-xks-proxy/"
            r"aws4_request, SignedHeaders=host;x-amz-date, Signature=[0-9a-f]{64}",
            headers["authorization"],
        )
        moment = headers["x-amz-date"]
        assert moment.startswith(found["date"])
        signer = botocore.auth.SigV4Auth(Credentials(ACCESS_KEY_ID, self.secret), "kms-xks-proxy", found["region"])
        told = {"Host": headers["host"], "X-Amz-Date": moment}
        request = AWSRequest(method="POST", url=f"https://{headers['host']}{path}", headers=told, data=body)
        request.context["timestamp"] = moment
        signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
        if found["id"] != ACCESS_KEY_ID or not headers["authorization"].endswith(f"Signature={signature}"):
            raise Refusal("AuthenticationFailedException")

    def do(self, operation, path, given):
        if operation == "health":
            assert {"kmsRequestId", "kmsOperation"} == set(given["requestMetadata"])
            managers = [
                {"id": f"hsm-{i}", "model": "Test 1", "healthStatus": each} for i, each in enumerate(self.health)
            ]
            names = {"xksProxyVendor": "Tests", "xksProxyModel": "Tests 1", "ekmVendor": "Tests"}
            return {"xksProxyFleetSize": 1, **names, "ekmFleetDetails": managers}
        assert {"kmsRequestId", "kmsOperation", "awsPrincipalArn"} <= set(given["requestMetadata"])
        key = self.keys.get(path.split("/")[-2])
        if key is None:
            raise Refusal("KeyNotFoundException")
        if operation == "metadata":
            return {"keySpec": key.spec, "keyUsage": key.usage, "keyStatus": key.status}
        if key.status != "ENABLED":
            raise Refusal("InvalidStateException")
        if operation.upper() not in key.usage:
            raise Refusal("InvalidKeyUsageException")
        assert ("AES_GCM", True) == (given["encryptionAlgorithm"], "kmsKeyArn" in given["requestMetadata"])
        return self.encrypt(key, given) if operation == "encrypt" else self.decrypt(key, given)

    def encrypt(self, key, given):
        bound, plaintext = decoded(given["additionalAuthenticatedData"]), decoded(given["plaintext"])
        assert len(plaintext) <= 4300
        iv = os.urandom(self.iv_length)
        sealed = key.cipher.encrypt(iv, plaintext, self.bound(bound, self.metadata))
        ciphertext, tag = sealed[:-16], sealed[-16:]
        assert "SHA_256" == given["ciphertextDataIntegrityValueAlgorithm"]
        value = hashlib.sha256(bound + self.metadata + iv + ciphertext + tag).digest()
        return {
            "ciphertext": encoded(ciphertext),
            "initializationVector": encoded(iv),
            "authenticationTag": encoded(tag),
            "ciphertextDataIntegrityValue": encoded(value),
            **({"ciphertextMetadata": encoded(self.metadata)} if self.metadata else {}),
        }

    def decrypt(self, key, given):
        bound, metadata = decoded(given["additionalAuthenticatedData"]), decoded(given.get("ciphertextMetadata", ""))
        sealed = decoded(given["ciphertext"]) + decoded(given["authenticationTag"])
        try:
            iv = decoded(given["initializationVector"])
            return {"plaintext": encoded(key.cipher.decrypt(iv, sealed, self.bound(bound, metadata)))}
        except InvalidTag:
            raise Refusal("InvalidCiphertextException") from None

    @staticmethod
    def bound(bound, metadata):
        """What the specification binds: both parts, each behind its length."""
        return len(bound).to_bytes(2, "big") + bound + bytes([len(metadata)]) + metadata


def encoded(data):
    return base64.b64encode(data).decode()


def decoded(text):
    return base64.b64decode(text, validate=True)


def make_certificates(path, host=HOST):
    """A certificate of the host and its authority's, as files: (authority, certificate with its key)."""
    now = dt.datetime.now(dt.UTC)

    def signed(name, issuer, public, issuer_key, *extensions):
        made = x509.CertificateBuilder(issuer, name, public, x509.random_serial_number(), now, now + dt.timedelta(1))
        for extension, critical in extensions:
            made = made.add_extension(extension, critical)
        return made.sign(issuer_key, hashes.SHA256())

    def named(text):
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority_id = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    usage = x509.KeyUsage(True, False, False, False, False, True, False, False, False)
    authority = signed(
        named("tests"),
        named("tests"),
        authority_key.public_key(),
        authority_key,
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (usage, True),
        (authority_id, False),
    )
    names = [x509.DNSName(host), x509.IPAddress(ipaddress.ip_address("127.0.0.2"))]
    certificate = signed(
        named(host),
        named("tests"),
        key.public_key(),
        authority_key,
        (x509.SubjectAlternativeName(names), False),
        (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(authority_id), False),
    )
    path.mkdir(parents=True, exist_ok=True)
    (path / "ca.pem").write_bytes(authority.public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (path / "proxy.pem").write_bytes(certificate.public_bytes(Encoding.PEM) + private)
    return path / "ca.pem", path / "proxy.pem"


class _Server(uvicorn.Server):
    """A server that ends without waiting for TLS clients to say goodbye."""

    async def shutdown(self, sockets=None):
        for listening in self.servers:
            listening.close()
        for _ in range(3):  # some are shaking hands at first
            for connection in tuple(self.server_state.connections):
                connection.transport.abort()
            await asyncio.sleep(0.05)
        await super().shutdown(sockets)


@contextmanager
def running_proxy(path, *, port=0, proxy=None, host=HOST):
    """The proxy on a loopback port, with certificates under `path`."""
    if (path / "ca.pem").exists():
        ca, certificate = path / "ca.pem", path / "proxy.pem"
    else:
        ca, certificate = make_certificates(path, host)
    proxy = proxy or Proxy()
    config = uvicorn.Config(
        proxy,
        host="127.0.0.1",
        port=port,
        ssl_certfile=str(certificate),
        log_level="critical",
        lifespan="off",
        access_log=False,
        loop="asyncio",
        timeout_graceful_shutdown=0,
    )
    server = _Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    proxy.port, proxy.ca = server.servers[0].sockets[0].getsockname()[1], ca
    try:
        yield proxy
    finally:
        server.should_exit = True
        thread.join()


# How a proxy may misbehave, as answers of `Proxy.respond`.


async def hang(send):
    await asyncio.sleep(30)


async def drip(send):
    """A byte now and then, each soon enough for a client that bounds each read."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
    for _ in range(1000):
        await send({"type": "http.response.body", "body": b" ", "more_body": True})
        await asyncio.sleep(0.02)


async def huge(send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(10_000):
        await send({"type": "http.response.body", "body": b" " * 65_536, "more_body": True})


async def redirect(send):
    where = (b"location", b"https://169.254.169.254/latest/meta-data/")
    await Proxy.send(send, 307, b"", [where])


def says(content, status=200):
    async def respond(send):
        await Proxy.send(send, status, content)

    return respond
