"""Request quotas: how many requests a second an account may make in a Region, and the buckets that hold it to them.

Source: KMS Developer Guide, "Request quotas" (the table, shared quotas, cross-account requests), "Throttling AWS KMS
requests". Not counted here: the quotas of custom key stores, and the requests that ReplicateKey and
UpdatePrimaryRegion count for in another Region.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from keyservice.metering.classes import KEY_PAIR_OPERATIONS

# Requests a second, by name of the quota; those of one operation have its name.
_OF_ONE_OPERATION: Mapping[str, float] = {
    **dict.fromkeys(("CancelKeyDeletion", "ConnectCustomKeyStore", "CreateAlias", "CreateCustomKeyStore"), 5),
    **dict.fromkeys(("CreateKey", "DeleteCustomKeyStore", "DescribeCustomKeyStores", "DisableKey"), 5),
    **dict.fromkeys(("DisableKeyRotation", "DisconnectCustomKeyStore", "EnableKey", "GetKeyLastUsage"), 5),
    **dict.fromkeys(("ReplicateKey", "RotateKeyOnDemand", "UntagResource", "UpdateAlias"), 5),
    **dict.fromkeys(("UpdateCustomKeyStore", "UpdateKeyDescription", "UpdatePrimaryRegion"), 5),
    **dict.fromkeys(("DeleteAlias", "DeleteImportedKeyMaterial", "EnableKeyRotation", "ImportKeyMaterial"), 15),
    **dict.fromkeys(("PutKeyPolicy", "ScheduleKeyDeletion"), 15),
    **dict.fromkeys(("CreateGrant", "RetireGrant", "RevokeGrant"), 50),
    **dict.fromkeys(("ListGrants", "ListKeyPolicies", "ListKeyRotations", "ListRetirableGrants"), 100),
    **dict.fromkeys(("ListAliases", "ListKeys"), 500),
    **dict.fromkeys(("GetKeyPolicy", "GetKeyRotationStatus"), 1000),
    **dict.fromkeys(("DescribeKey", "GetPublicKey", "ListResourceTags"), 2000),
    "GetParametersForImport": 1,
    "TagResource": 10,
}

# Cryptographic operations share a quota with all others on keys of the same kind.
_CRYPTOGRAPHIC = frozenset(
    (
        *("Decrypt", "DeriveSharedSecret", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"),
        *("GenerateMac", "GenerateRandom", "ReEncrypt", "Sign", "Verify", "VerifyMac"),
        *("Encapsulate", "Decapsulate"),
    )
)
_SYMMETRIC = "symmetric"
_KINDS = {"RSA": "RSA", "ML_DSA": "ML-DSA", "ECC": "ECC and SM2", "SM2": "ECC and SM2", "ML_KEM": "ML-KEM"}
_OF_A_KIND: Mapping[str, float] = {
    "RSA": 1000,
    "ML-DSA": 1000,
    "ECC and SM2": 1000,
    "ML-KEM": 1000,  # not in the table: as the other key pairs
}
_SYMMETRIC_BY_REGION: Mapping[str, float] = {
    **dict.fromkeys(("us-east-2", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1"), 20_000),
    **dict.fromkeys(("eu-central-1", "eu-west-2"), 20_000),
    **dict.fromkeys(("us-east-1", "us-west-2", "eu-west-1"), 100_000),
}
_SYMMETRIC_ELSEWHERE = 10_000

_DATA_KEY_PAIRS: Mapping[str, float] = {
    **dict.fromkeys(("ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1"), 100),
    "ECC_NIST_EDWARDS25519": 100,
    **dict.fromkeys(("ML_KEM_512", "ML_KEM_768", "ML_KEM_1024"), 100),  # not in the table: as elliptic curves
    "RSA_2048": 20,
    "RSA_3072": 4,
    "RSA_4096": 1,
    "SM2": 25,
}
_DATA_KEY_PAIRS_IN_CHINA: Mapping[str, float] = {"RSA_2048": 1, "RSA_3072": 0.5, "RSA_4096": 0.1}


@dataclass(frozen=True, slots=True)
class RequestQuota:
    """A quota: its name, as Service Quotas has it, and how many requests a second it lets through."""

    name: str
    rate: float


def request_quota(
    region: str, operation: str, key_spec: str | None = None, key_pair_spec: str | None = None
) -> RequestQuota | None:
    """The quota that a request counts toward, None for one that has none; `key_spec` is that of its KMS key."""
    if operation in KEY_PAIR_OPERATIONS and key_pair_spec is not None and key_pair_spec in _DATA_KEY_PAIRS:
        rate = _DATA_KEY_PAIRS[key_pair_spec]
        if region.startswith("cn-"):
            rate = _DATA_KEY_PAIRS_IN_CHINA.get(key_pair_spec, rate)
        return RequestQuota(f"GenerateDataKeyPair ({key_pair_spec}) request rate", rate)
    if operation in _CRYPTOGRAPHIC:
        kind = next((name for prefix, name in _KINDS.items() if (key_spec or "").startswith(prefix)), _SYMMETRIC)
        of_symmetric = _SYMMETRIC_BY_REGION.get(region, _SYMMETRIC_ELSEWHERE)
        return RequestQuota(f"Cryptographic operations ({kind}) request rate", _OF_A_KIND.get(kind, of_symmetric))
    if operation in _OF_ONE_OPERATION:
        return RequestQuota(f"{operation} request rate", _OF_ONE_OPERATION[operation])
    return None


class _Bucket:
    """Requests that may still be made: it fills at the quota's rate, and holds what a second brings (at least one)."""

    __slots__ = ("left", "most", "rate", "stamp")

    def __init__(self, rate: float, now: float) -> None:
        self.rate = rate
        self.most = self.left = max(rate, 1.0)
        self.stamp = now


class RequestQuotas:
    """Counts requests against the quotas, a bucket for each account, Region and quota.

    Asked on the event loop alone, so nothing is locked. Unlike AWS: each process counts its own requests.
    """

    def __init__(self) -> None:
        self._of_requests: dict[tuple[str, str, str, str | None, str | None], _Bucket | None] = {}
        self._buckets: dict[tuple[str, str, str], _Bucket] = {}

    def take(
        self,
        now: float,
        account: str,
        region: str,
        operation: str,
        key_spec: str | None = None,
        key_pair_spec: str | None = None,
    ) -> bool:
        """Count a request of the calling account's at `now` (epoch seconds); false says that it is one too many."""
        request = (account, region, operation, key_spec, key_pair_spec)
        try:
            bucket = self._of_requests[request]
        except KeyError:
            bucket = self._of_requests[request] = self._bucket(now, *request)
        if bucket is None:
            return True
        passed = now - bucket.stamp
        if passed > 0.0:  # a clock that goes back fills nothing
            bucket.left = min(bucket.left + passed * bucket.rate, bucket.most)
            bucket.stamp = now
        if bucket.left < 1.0:
            return False
        bucket.left -= 1.0
        return True

    def _bucket(
        self, now: float, account: str, region: str, operation: str, key_spec: str | None, key_pair_spec: str | None
    ) -> _Bucket | None:
        quota = request_quota(region, operation, key_spec, key_pair_spec)
        if quota is None:
            return None
        where = (account, region, quota.name)
        if where not in self._buckets:
            self._buckets[where] = _Bucket(quota.rate, now)
        return self._buckets[where]
