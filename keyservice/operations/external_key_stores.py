"""Custom key stores of type EXTERNAL_KEY_STORE: what CreateCustomKeyStore and UpdateCustomKeyStore do with these.

Source: KMS API Reference, the two operations (the Xks… parameters and their uniqueness requirements); KMS Developer
Guide, "Create an external key store", "Edit external key store properties".
"""

from dataclasses import replace

from keyservice.errors import (
    CUSTOM_KEY_STORE_INVALID_STATE,
    VALIDATION,
    XKS_PROXY_ENDPOINT_IN_USE,
    XKS_PROXY_URI_IN_USE,
    XKS_VPC_ENDPOINT_SERVICE_IN_USE,
)
from keyservice.keystore.xks_faults import XksError
from keyservice.keystore.xks_proxies import seal_secret
from keyservice.keystore.xks_signing import ProxyCredential
from keyservice.model.custom_key_store import (
    ConnectionState,
    CustomKeyStore,
    CustomKeyStoreType,
    XksProxy,
    XksProxyConnectivity,
)
from keyservice.operations.custom_key_store_members import CreateCustomKeyStoreInput, UpdateCustomKeyStoreInput
from keyservice.operations.operation import Run
from keyservice.operations.xks_calls import metadata_of

MOST_STORES = 10  # of an account and Region (KMS Developer Guide, "Resource quotas", custom key stores)
_VPC = XksProxyConnectivity.VPC_ENDPOINT_SERVICE


def check_create_external(run: Run, given: CreateCustomKeyStoreInput) -> None:
    """Refuse what makes no external key store, before its proxy is asked."""
    if given.names_cluster:
        raise VALIDATION(detail="A custom key store of type EXTERNAL_KEY_STORE has no AWS CloudHSM cluster.")
    _check_proxy(run, _new_proxy(run, given), custom_key_store_id=None)


def prepare_create_external(run: Run, given: CreateCustomKeyStoreInput) -> None:
    """Ask a public endpoint whether it is well; a VPC endpoint service is asked when the store is connected."""
    proxy = _new_proxy(run, given)
    if proxy.connectivity is not _VPC:
        _ask(run, proxy, _credential(given))


def new_external(run: Run, given: CreateCustomKeyStoreInput, custom_key_store_id: str) -> CustomKeyStore:
    """The custom key store, not connected yet."""
    return CustomKeyStore(
        account=run.caller.account,
        region=run.region,
        custom_key_store_id=custom_key_store_id,
        name=given.custom_key_store_name,
        type=CustomKeyStoreType.EXTERNAL_KEY_STORE,
        proxy=_new_proxy(run, given),
        sealed_password=_sealed(run, custom_key_store_id, _credential(given)),
        created=run.now,
    )


def check_update_external(run: Run, store: CustomKeyStore, given: UpdateCustomKeyStoreInput) -> None:
    """Refuse what the store's state does not let through.

    Name, path and credential of a connected store change too ("UpdateCustomKeyStore", the parameters).
    """
    if given.names_cluster:
        raise VALIDATION(detail="A custom key store of type EXTERNAL_KEY_STORE has no AWS CloudHSM cluster.")
    needs_disconnection = any(
        member is not None
        for member in (
            given.xks_proxy_uri_endpoint,
            given.xks_proxy_connectivity,
            given.xks_proxy_vpc_endpoint_service_name,
            given.xks_proxy_vpc_endpoint_service_owner,
        )
    )
    takes_less = store.state is ConnectionState.CONNECTED and not needs_disconnection
    if store.state is not ConnectionState.DISCONNECTED and not takes_less:
        raise CUSTOM_KEY_STORE_INVALID_STATE(id=store.custom_key_store_id, state=store.state)
    _check_proxy(run, _changed_proxy(store, given), custom_key_store_id=store.custom_key_store_id)


def prepare_update_external(run: Run, store: CustomKeyStore, given: UpdateCustomKeyStoreInput) -> None:
    """Ask the proxy as it will be known; one behind a VPC endpoint service just if the store is connected."""
    proxy = _changed_proxy(store, given)
    if not given.names_proxy or (proxy.connectivity is _VPC and not store.is_connected):
        return
    try:
        credential = _credential(given) if given.xks_proxy_authentication_credential else _known(run, store)
    except XksError as error:
        raise error.when_managing() from None
    _ask(run, proxy, credential)


def changed_external(run: Run, store: CustomKeyStore, given: UpdateCustomKeyStoreInput) -> CustomKeyStore:
    """The store with its proxy and credential as they are given."""
    store = replace(store, proxy=_changed_proxy(store, given))
    if given.xks_proxy_authentication_credential is not None:
        sealed = _sealed(run, store.custom_key_store_id, _credential(given))
        store = replace(store, sealed_password=sealed)
    return store


def _new_proxy(run: Run, given: CreateCustomKeyStoreInput) -> XksProxy:
    if (
        given.xks_proxy_connectivity is None
        or given.xks_proxy_uri_endpoint is None
        or given.xks_proxy_uri_path is None
        or given.xks_proxy_authentication_credential is None
    ):
        detail = (
            "XksProxyConnectivity, XksProxyUriEndpoint, XksProxyUriPath and XksProxyAuthenticationCredential are "
            "required for type EXTERNAL_KEY_STORE."
        )
        raise VALIDATION(detail=detail)
    connectivity = XksProxyConnectivity(given.xks_proxy_connectivity)
    owner = given.xks_proxy_vpc_endpoint_service_owner
    return XksProxy(
        connectivity=connectivity,
        endpoint=given.xks_proxy_uri_endpoint,
        path=given.xks_proxy_uri_path,
        access_key_id=given.xks_proxy_authentication_credential.access_key_id,
        vpc_endpoint_service_name=given.xks_proxy_vpc_endpoint_service_name,
        # "If not provided, the AWS account ID calling the action will be used."
        vpc_endpoint_service_owner=owner or (run.caller.account if connectivity is _VPC else None),
    )


def _changed_proxy(store: CustomKeyStore, given: UpdateCustomKeyStoreInput) -> XksProxy:
    """The proxy as it is given; what is not given stays."""
    proxy = _proxy_of(store)
    credential = given.xks_proxy_authentication_credential
    connectivity = XksProxyConnectivity(given.xks_proxy_connectivity or proxy.connectivity)
    if connectivity is not proxy.connectivity and given.xks_proxy_uri_endpoint in (None, proxy.endpoint):
        raise VALIDATION(detail="With another XksProxyConnectivity, XksProxyUriEndpoint must be another too.")
    is_vpc = connectivity is _VPC
    name, owner = given.xks_proxy_vpc_endpoint_service_name, given.xks_proxy_vpc_endpoint_service_owner
    return XksProxy(
        connectivity=connectivity,
        endpoint=given.xks_proxy_uri_endpoint or proxy.endpoint,
        path=given.xks_proxy_uri_path or proxy.path,
        access_key_id=credential.access_key_id if credential else proxy.access_key_id,
        # A public endpoint has neither, whatever the store had before.
        vpc_endpoint_service_name=name or (proxy.vpc_endpoint_service_name if is_vpc else None),
        vpc_endpoint_service_owner=owner or ((proxy.vpc_endpoint_service_owner or store.account) if is_vpc else None),
    )


def _check_proxy(run: Run, proxy: XksProxy, *, custom_key_store_id: str | None) -> None:
    """Refuse a proxy that is none, that is another store's, or that the operator did not configure."""
    is_vpc = proxy.connectivity is _VPC
    if is_vpc != (proxy.vpc_endpoint_service_name is not None) or (proxy.vpc_endpoint_service_owner and not is_vpc):
        detail = (
            "XksProxyVpcEndpointServiceName is required with XksProxyConnectivity VPC_ENDPOINT_SERVICE, and neither it "
            "nor XksProxyVpcEndpointServiceOwner is valid with PUBLIC_ENDPOINT."
        )
        raise VALIDATION(detail=detail)
    made = run.ports.store.custom_key_stores(run.caller.account, run.region, name=None, after=None, limit=MOST_STORES)
    for store in made:
        if store.custom_key_store_id != custom_key_store_id and store.proxy is not None:
            _check_apart(proxy, store.proxy)
    try:
        run.ports.xks.proxies.place(proxy)
    except XksError as error:
        raise error.when_managing() from None


def _check_apart(proxy: XksProxy, other: XksProxy) -> None:
    """Refuse what two external key stores of a Region may not share ("Uniqueness requirements")."""
    if proxy.host == other.host:
        if proxy.path == other.path:
            raise XKS_PROXY_URI_IN_USE(uri=f"{proxy.endpoint}{proxy.path}")
        if _VPC in (proxy.connectivity, other.connectivity):
            raise XKS_PROXY_ENDPOINT_IN_USE(endpoint=proxy.endpoint)
    name = proxy.vpc_endpoint_service_name
    if name is not None and name == other.vpc_endpoint_service_name:
        raise XKS_VPC_ENDPOINT_SERVICE_IN_USE(name=name)


def _ask(run: Run, proxy: XksProxy, credential: ProxyCredential) -> None:
    try:
        run.ports.xks.proxies.check(proxy, credential, run.region, metadata_of(run))
    except XksError as error:
        raise error.when_managing() from None


def _known(run: Run, store: CustomKeyStore) -> ProxyCredential:
    return run.ports.xks.proxies.credential(store)


def _credential(given: CreateCustomKeyStoreInput | UpdateCustomKeyStoreInput) -> ProxyCredential:
    credential = given.xks_proxy_authentication_credential
    if credential is None:
        raise VALIDATION(detail="XksProxyAuthenticationCredential is required.")
    return ProxyCredential(access_key_id=credential.access_key_id, secret_access_key=credential.raw_secret_access_key)


def _proxy_of(store: CustomKeyStore) -> XksProxy:
    if store.proxy is None:
        raise VALIDATION(detail="A custom key store of type AWS_CLOUDHSM has no external key store proxy.")
    return store.proxy


def _sealed(run: Run, custom_key_store_id: str, credential: ProxyCredential) -> bytes:
    owner = (run.caller.account, custom_key_store_id)
    return seal_secret(run.ports.domain_key, owner, credential, random=run.ports.random)
