"""From what the operator says of HSMs to the clusters that custom key stores can be made on."""

import os
from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from keyservice.keystore.clusters import Cluster
from keyservice.keystore.token import Token
from keyservice.settings import Hsm, HsmToken

OpenToken = Callable[[Hsm], Token]


class HsmSettingsError(Exception):
    """An HSM is not configured as it could be used; the message is one line, for the person who starts the service."""


def open_clusters(hsms: tuple[Hsm, ...], open_token: OpenToken | None = None) -> tuple[Cluster, ...]:
    """The clusters of the settings. No HSM is touched: one out of reach must not keep the service from starting.

    Raises:
        HsmSettingsError.
    """
    open_token = open_token or open_pkcs11
    return tuple(
        Cluster(
            cluster_id=hsm.cluster,
            token=open_token(hsm),
            pin=hsm.pin,
            certificate=_certificate(hsm.certificate) if hsm.certificate else None,
        )
        for hsm in hsms
    )


def certificate_in(pem: str) -> bytes | None:
    """The certificate (DER) in a text that is one certificate in PEM; None if it is anything else."""
    try:
        (certificate,) = x509.load_pem_x509_certificates(pem.encode())
    except ValueError:
        return None
    return certificate.public_bytes(Encoding.DER)


def _certificate(path: Path) -> bytes:
    try:
        found = certificate_in(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise HsmSettingsError(f"--hsm: cannot read the certificate `{path}`: {error}") from None
    if found is None:
        raise HsmSettingsError(f"--hsm: `{path}` is not one certificate in PEM form")
    return found


def open_pkcs11(hsm: HsmToken) -> Token:
    """A token behind PKCS#11. The binding is an extra, wanted only where an HSM is configured."""
    try:
        from keyservice.keystore.pkcs11_module import module_at
        from keyservice.keystore.pkcs11_token import Pkcs11Token
    except ImportError:
        raise HsmSettingsError("an HSM needs the package's extra `hsm`: pip install 'wardkey[hsm]'") from None
    return Pkcs11Token(hsm, module_at(hsm.module, hsm.sessions), os.urandom)
