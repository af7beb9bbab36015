"""DescribeCustomKeyStores: an account's custom key stores, without their passwords.

Source: KMS API Reference, "DescribeCustomKeyStores", "CustomKeyStoresListEntry", "XksProxyConfigurationType".
"""

from dataclasses import dataclass

from keyservice.errors import CUSTOM_KEY_STORE_NOT_FOUND, VALIDATION
from keyservice.model.custom_key_store import ConnectionState, CustomKeyStore, XksProxy
from keyservice.operations.custom_key_store_members import CustomKeyStoreId, CustomKeyStoreName
from keyservice.operations.custom_keys import own_custom_key_store
from keyservice.operations.locate import account_target
from keyservice.operations.members import Limit, Marker
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.paging import Paging, read_page


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeCustomKeyStoresInput:
    """The parameters of DescribeCustomKeyStores: at most one of id and name."""

    custom_key_store_id: CustomKeyStoreId | None = None
    custom_key_store_name: CustomKeyStoreName | None = None
    limit: Limit = None
    marker: Marker = None


@dataclass(frozen=True, slots=True, kw_only=True)
class XksProxyConfiguration:
    """The proxy of an external key store."""

    connectivity: str
    access_key_id: str
    uri_endpoint: str
    uri_path: str
    vpc_endpoint_service_name: str | None
    vpc_endpoint_service_owner: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomKeyStoresListEntry:
    """A custom key store as it is described; absent members are None."""

    custom_key_store_id: str
    custom_key_store_name: str
    cloud_hsm_cluster_id: str | None
    trust_anchor_certificate: str | None
    connection_state: str
    connection_error_code: str | None
    creation_date: float
    custom_key_store_type: str
    xks_proxy_configuration: XksProxyConfiguration | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeCustomKeyStoresOutput:
    """A page of custom key stores."""

    custom_key_stores: tuple[CustomKeyStoresListEntry, ...]
    next_marker: str | None
    truncated: bool


def describe_custom_key_stores(run: Run, given: DescribeCustomKeyStoresInput) -> DescribeCustomKeyStoresOutput:
    """Describe the account's custom key stores, or the one of an id or a name."""
    if given.custom_key_store_id is not None:
        found = [own_custom_key_store(run, given.custom_key_store_id)]
        return DescribeCustomKeyStoresOutput(custom_key_stores=_entries(found), next_marker=None, truncated=False)

    def fetch(after: str | None, limit: int) -> list[CustomKeyStore]:
        stores = run.ports.store
        name = given.custom_key_store_name
        return list(stores.custom_key_stores(run.caller.account, run.region, name=name, after=after, limit=limit))

    page = read_page(
        run,
        _PAGING,
        limit=given.limit,
        marker=given.marker,
        fetch=fetch,
        name=lambda store: store.custom_key_store_id,
    )
    if given.custom_key_store_name is not None and not page.members:
        raise CUSTOM_KEY_STORE_NOT_FOUND(id=given.custom_key_store_name)
    return DescribeCustomKeyStoresOutput(
        custom_key_stores=_entries(list(page.members)), next_marker=page.next_marker, truncated=page.truncated
    )


_PAGING = Paging(scope="custom key stores", default=100, most=1000)  # defaults of this list are undocumented


def check_describe(_: Run, given: DescribeCustomKeyStoresInput) -> None:
    """Refuse an id and a name at once ("DescribeCustomKeyStores": but not both)."""
    if given.custom_key_store_id is not None and given.custom_key_store_name is not None:
        raise VALIDATION(detail="Specify either CustomKeyStoreId or CustomKeyStoreName, but not both.")


def _entries(stores: list[CustomKeyStore]) -> tuple[CustomKeyStoresListEntry, ...]:
    return tuple(
        CustomKeyStoresListEntry(
            custom_key_store_id=store.custom_key_store_id,
            custom_key_store_name=store.name,
            cloud_hsm_cluster_id=store.cluster_id,
            trust_anchor_certificate=store.trust_anchor_certificate,
            connection_state=store.state,
            connection_error_code=store.error_code if store.state is ConnectionState.FAILED else None,
            creation_date=store.created,
            custom_key_store_type=store.type,
            xks_proxy_configuration=_configuration(store.proxy) if store.proxy else None,
        )
        for store in stores
    )


def _configuration(proxy: XksProxy) -> XksProxyConfiguration:
    return XksProxyConfiguration(
        connectivity=proxy.connectivity,
        access_key_id=proxy.access_key_id,
        uri_endpoint=proxy.endpoint,
        uri_path=proxy.path,
        vpc_endpoint_service_name=proxy.vpc_endpoint_service_name,
        vpc_endpoint_service_owner=proxy.vpc_endpoint_service_owner,
    )


DESCRIBE_CUSTOM_KEY_STORES = Operation(
    name="DescribeCustomKeyStores",
    page="DescribeCustomKeyStores",
    input=DescribeCustomKeyStoresInput,
    kind=Kind.READ,
    locate=lambda run, _: account_target(run, "kms:DescribeCustomKeyStores"),
    check=check_describe,
    answer=describe_custom_key_stores,
)
