"""The signature of requests to an external key store proxy: Signature Version 4, service `kms-xks-proxy`.

The service's own signer, of thirty lines, and not botocore's: that weighs 25 MB and a tenth of a second at start, and
is what the tests check this against. The paths signed here hold nothing that would be encoded.
Source: AWS KMS External Key Store Proxy API Specification, "Appendix A: Using SigV4 to sign XKS proxy requests".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.hazmat.primitives.hashes import SHA256, Hash

from keyservice.crypto.mac import hmac_sha256

SERVICE = "kms-xks-proxy"
_SIGNED = "host;x-amz-date"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyCredential:
    """An XksProxyAuthenticationCredential."""

    access_key_id: str
    secret_access_key: str = field(repr=False)


def sign(
    credential: ProxyCredential, *, host: str, path: str, body: bytes, region: str, now: float
) -> Mapping[str, str]:
    """The headers that authenticate a POST of `body`, sent at `now` (epoch seconds)."""
    moment = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{moment[:8]}/{region}/{SERVICE}/aws4_request"
    canonical = f"POST\n{path}\n\nhost:{host}\nx-amz-date:{moment}\n\n{_SIGNED}\n{_sha256(body)}"
    to_sign = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{_sha256(canonical.encode())}"
    key = b"AWS4" + credential.secret_access_key.encode()
    for part in scope.split("/"):
        key = hmac_sha256(key, part.encode())
    signature = hmac_sha256(key, to_sign.encode()).hex()
    return {
        "Host": host,
        "X-Amz-Date": moment,
        "Authorization": (
            f"AWS4-HMAC-SHA256 Credential={credential.access_key_id}/{scope}, SignedHeaders={_SIGNED}, "
            f"Signature={signature}"
        ),
    }


def _sha256(data: bytes) -> str:
    digest = Hash(SHA256())
    digest.update(data)
    return digest.finalize().hex()
