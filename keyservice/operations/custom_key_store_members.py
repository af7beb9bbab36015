"""The members that the operations on custom key stores share, with AWS's limits.

Source: KMS API Reference, the parameters of the operations; the constraints are those of the SDK's own model.
"""

from dataclasses import dataclass
from typing import Annotated

from keyservice.model.custom_key_store import CustomKeyStoreType
from keyservice.operations.shapes import Choice, Record, Text

CustomKeyStoreId = Annotated[str, Text(1, 64)]
CustomKeyStoreName = Annotated[str, Text(1, 256)]
ClusterId = Annotated[str | None, Text(19, 24, r"cluster-[2-7a-zA-Z]{11,16}")]
Password = Annotated[str | None, Text(7, 32, secret=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class XksProxyAuthenticationCredential:
    """What requests to an external key store proxy are signed with."""

    access_key_id: Annotated[str, Text(20, 30, "^[A-Z2-7]+$", secret=True)]
    raw_secret_access_key: Annotated[str, Text(43, 64, r"^[a-zA-Z0-9\/+=]+$", secret=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class XksMembers:
    """The parameters of external key stores."""

    xks_proxy_uri_endpoint: Annotated[str | None, Text(10, 128, "^https://[a-zA-Z0-9.-]+$")] = None
    xks_proxy_uri_path: Annotated[
        str | None, Text(10, 128, r"^(/[a-zA-Z0-9\/_-]+/kms/xks/v\d{1,2})$|^(/kms/xks/v\d{1,2})$")
    ] = None
    xks_proxy_vpc_endpoint_service_name: Annotated[
        str | None, Text(20, 64, r"^(com|eu)\.amazonaws\.vpce\.([a-z]+-){2,3}\d+\.vpce-svc-[0-9a-z]+$")
    ] = None
    xks_proxy_vpc_endpoint_service_owner: Annotated[str | None, Text(12, 12, "[0-9]{12}")] = None
    xks_proxy_authentication_credential: Annotated[
        XksProxyAuthenticationCredential | None, Record(XksProxyAuthenticationCredential)
    ] = None
    xks_proxy_connectivity: Annotated[str | None, Choice(("PUBLIC_ENDPOINT", "VPC_ENDPOINT_SERVICE"))] = None

    @property
    def names_proxy(self) -> bool:
        """Whether any of them is given."""
        return any(getattr(self, name) is not None for name in XksMembers.__dataclass_fields__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCustomKeyStoreInput(XksMembers):
    """The parameters of CreateCustomKeyStore."""

    custom_key_store_name: CustomKeyStoreName
    cloud_hsm_cluster_id: ClusterId = None
    trust_anchor_certificate: Annotated[str | None, Text(1, 5000)] = None
    key_store_password: Password = None
    custom_key_store_type: Annotated[str, Choice(tuple(CustomKeyStoreType))] = CustomKeyStoreType.AWS_CLOUDHSM

    @property
    def names_cluster(self) -> bool:
        """Whether anything of an AWS CloudHSM cluster is given."""
        return any(
            member is not None
            for member in (self.cloud_hsm_cluster_id, self.key_store_password, self.trust_anchor_certificate)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateCustomKeyStoreInput(XksMembers):
    """The parameters of UpdateCustomKeyStore."""

    custom_key_store_id: CustomKeyStoreId
    new_custom_key_store_name: CustomKeyStoreName | None = None
    key_store_password: Password = None
    cloud_hsm_cluster_id: ClusterId = None

    @property
    def names_cluster(self) -> bool:
        """Whether anything of an AWS CloudHSM cluster is given."""
        return any(member is not None for member in (self.cloud_hsm_cluster_id, self.key_store_password))


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomKeyStoreIdInput:
    """The parameters of operations that take a custom key store and nothing else."""

    custom_key_store_id: CustomKeyStoreId


@dataclass(frozen=True, slots=True, kw_only=True)
class NoMembers:
    """The answer of operations that answer an object without properties."""
