"""CreateCustomKeyStore, UpdateCustomKeyStore and DeleteCustomKeyStore.

A CloudHsmClusterId names an HSM that the operator configured; `external_key_stores` has what the other type of store
does otherwise. Source: KMS API Reference, the three operations;
"CustomKeyStoreInvalidStateException" for the states that each of them takes.
"""

from dataclasses import dataclass, replace
from functools import partial

from keyservice.errors import (
    CLUSTER_IN_USE,
    CLUSTER_NOT_ACTIVE,
    CLUSTER_NOT_FOUND,
    CLUSTER_NOT_RELATED,
    CLUSTER_UNFIT,
    CUSTOM_KEY_STORE_HAS_KEYS,
    CUSTOM_KEY_STORE_INVALID_STATE,
    CUSTOM_KEY_STORE_NAME_IN_USE,
    DEPENDENCY_TIMEOUT,
    INCORRECT_TRUST_ANCHOR,
    LIMIT_EXCEEDED,
    VALIDATION,
)
from keyservice.keystore.clusters import Cluster, seal_password
from keyservice.keystore.configured import certificate_in
from keyservice.keystore.token import TokenError, TokenTimeoutError, UnfitTokenError
from keyservice.model.custom_key_store import ConnectionState, CustomKeyStore, CustomKeyStoreType
from keyservice.operations.custom_key_store_members import (
    CreateCustomKeyStoreInput,
    CustomKeyStoreIdInput,
    NoMembers,
    UpdateCustomKeyStoreInput,
)
from keyservice.operations.custom_keys import current, own_custom_key_store
from keyservice.operations.external_key_stores import (
    MOST_STORES,
    changed_external,
    check_create_external,
    check_update_external,
    new_external,
    prepare_create_external,
    prepare_update_external,
)
from keyservice.operations.locate import account_target
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.store.port import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCustomKeyStoreOutput:
    """The new custom key store, which is not connected yet."""

    custom_key_store_id: str


def check_create(run: Run, given: CreateCustomKeyStoreInput) -> None:
    """Refuse what makes no custom key store, before any HSM or proxy is asked."""
    if given.custom_key_store_type == CustomKeyStoreType.EXTERNAL_KEY_STORE:
        check_create_external(run, given)
        return
    if given.names_proxy:
        raise VALIDATION(detail="A custom key store of type AWS_CLOUDHSM has no external key store proxy.")
    if given.cloud_hsm_cluster_id is None or given.key_store_password is None or not given.trust_anchor_certificate:
        detail = "CloudHsmClusterId, KeyStorePassword and TrustAnchorCertificate are required for type AWS_CLOUDHSM."
        raise VALIDATION(detail=detail)
    cluster = _cluster(run, given.cloud_hsm_cluster_id)
    certificate = certificate_in(given.trust_anchor_certificate)
    if certificate is None or cluster.certificate not in (None, certificate):
        raise INCORRECT_TRUST_ANCHOR()


def prepare_create(run: Run, given: CreateCustomKeyStoreInput) -> None:
    """Look whether the HSM or the proxy is there, which takes its time."""
    if given.custom_key_store_type == CustomKeyStoreType.EXTERNAL_KEY_STORE:
        prepare_create_external(run, given)
        return
    _look_at(run, given.cloud_hsm_cluster_id or "")


def create_custom_key_store(run: Run, change: Change, given: CreateCustomKeyStoreInput) -> CreateCustomKeyStoreOutput:
    """Make a custom key store, on a cluster that belongs to no other yet or with a proxy."""
    _check_name(run, change, given.custom_key_store_name)
    # Changes come one at a time, so that what is read outside this one cannot have changed since it began.
    made = run.ports.store.custom_key_stores(run.caller.account, run.region, name=None, after=None, limit=MOST_STORES)
    if len(made) >= MOST_STORES:
        raise LIMIT_EXCEEDED(detail=f"An account has at most {MOST_STORES} custom key stores in a Region.")
    custom_key_store_id = f"cks-{run.ports.random(9).hex()[:17]}"
    is_external = given.custom_key_store_type == CustomKeyStoreType.EXTERNAL_KEY_STORE
    make = new_external if is_external else partial(_new_on_cluster, change)
    change.put_custom_key_store(make(run, given, custom_key_store_id))
    return CreateCustomKeyStoreOutput(custom_key_store_id=custom_key_store_id)


def _new_on_cluster(
    change: Change, run: Run, given: CreateCustomKeyStoreInput, custom_key_store_id: str
) -> CustomKeyStore:
    cluster_id = given.cloud_hsm_cluster_id or ""
    if change.custom_key_store_on(cluster_id) is not None:
        raise CLUSTER_IN_USE(cluster_id=cluster_id)
    return CustomKeyStore(
        account=run.caller.account,
        region=run.region,
        custom_key_store_id=custom_key_store_id,
        name=given.custom_key_store_name,
        cluster_id=cluster_id,
        trust_anchor_certificate=given.trust_anchor_certificate,
        sealed_password=_sealed(run, custom_key_store_id, given.key_store_password or ""),
        created=run.now,
    )


def check_update(run: Run, given: UpdateCustomKeyStoreInput) -> None:
    """Refuse what the store's state or type does not let through: a connected one takes a new name, and no more."""
    store = own_custom_key_store(run, given.custom_key_store_id)
    if store.proxy is not None:
        check_update_external(run, store, given)
        return
    if given.names_proxy:
        raise VALIDATION(detail="A custom key store of type AWS_CLOUDHSM has no external key store proxy.")
    is_renamed_alone = store.state is ConnectionState.CONNECTED and not given.names_cluster
    if store.state is not ConnectionState.DISCONNECTED and not is_renamed_alone:
        raise CUSTOM_KEY_STORE_INVALID_STATE(id=store.custom_key_store_id, state=store.state)
    if given.cloud_hsm_cluster_id is not None:
        cluster = _cluster(run, given.cloud_hsm_cluster_id)
        if cluster.certificate not in (None, certificate_in(store.trust_anchor_certificate or "")):
            raise CLUSTER_NOT_RELATED(cluster_id=cluster.cluster_id)


def prepare_update(run: Run, given: UpdateCustomKeyStoreInput) -> None:
    """Look whether a new cluster, or the changed proxy, is there."""
    store = own_custom_key_store(run, given.custom_key_store_id)
    if store.proxy is not None:
        prepare_update_external(run, store, given)
    if given.cloud_hsm_cluster_id is not None:
        _look_at(run, given.cloud_hsm_cluster_id)


def update_custom_key_store(run: Run, change: Change, given: UpdateCustomKeyStoreInput) -> NoMembers:
    """Change a custom key store's name, password or cluster, proxy or credential."""
    store = current(run, change, given.custom_key_store_id)
    if given.new_custom_key_store_name is not None and given.new_custom_key_store_name != store.name:
        _check_name(run, change, given.new_custom_key_store_name)
        store = replace(store, name=given.new_custom_key_store_name)
    if given.cloud_hsm_cluster_id is not None and given.cloud_hsm_cluster_id != store.cluster_id:
        if change.custom_key_store_on(given.cloud_hsm_cluster_id) is not None:
            # Of UpdateCustomKeyStore's errors the one that comes nearest: it has none for a cluster in use.
            raise CLUSTER_NOT_RELATED(cluster_id=given.cloud_hsm_cluster_id)
        store = replace(store, cluster_id=given.cloud_hsm_cluster_id)
    if given.key_store_password is not None:
        sealed = _sealed(run, store.custom_key_store_id, given.key_store_password)
        store = replace(store, sealed_password=sealed)
    if store.proxy is not None:
        store = changed_external(run, store, given)
    change.put_custom_key_store(store)
    return NoMembers()


def check_delete(run: Run, given: CustomKeyStoreIdInput) -> None:
    """Refuse a store that is connected, or whose connection failed: it is to be disconnected first."""
    store = own_custom_key_store(run, given.custom_key_store_id)
    if store.state is not ConnectionState.DISCONNECTED:
        raise CUSTOM_KEY_STORE_INVALID_STATE(id=store.custom_key_store_id, state=store.state)


def delete_custom_key_store(run: Run, change: Change, given: CustomKeyStoreIdInput) -> NoMembers:
    """Delete a custom key store that has no keys; keys that wait for their deletion are keys. The HSM is left alone."""
    store = current(run, change, given.custom_key_store_id)
    if change.holds_keys(run.region, store.custom_key_store_id):
        raise CUSTOM_KEY_STORE_HAS_KEYS(id=store.custom_key_store_id)
    change.delete_custom_key_store(run.region, store.custom_key_store_id)
    return NoMembers()


def _cluster(run: Run, cluster_id: str) -> Cluster:
    cluster = run.ports.hsm.clusters.cluster(cluster_id)
    if cluster is None:
        raise CLUSTER_NOT_FOUND(cluster_id=cluster_id)
    return cluster


def _look_at(run: Run, cluster_id: str) -> None:
    try:
        _cluster(run, cluster_id).token.check()
    except UnfitTokenError:
        raise CLUSTER_UNFIT(cluster_id=cluster_id) from None
    except TokenError:
        raise CLUSTER_NOT_ACTIVE(cluster_id=cluster_id) from None
    except TokenTimeoutError:
        raise DEPENDENCY_TIMEOUT() from None


def _check_name(run: Run, change: Change, name: str) -> None:
    if change.custom_key_store_named(run.caller.account, run.region, name) is not None:
        raise CUSTOM_KEY_STORE_NAME_IN_USE(name=name)


def _sealed(run: Run, custom_key_store_id: str, password: str) -> bytes:
    owner = (run.caller.account, custom_key_store_id)
    return seal_password(run.ports.domain_key, owner, password, random=run.ports.random)


CREATE_CUSTOM_KEY_STORE = Operation(
    name="CreateCustomKeyStore",
    page="CreateCustomKeyStore",
    input=CreateCustomKeyStoreInput,
    kind=Kind.CHANGE,
    locate=lambda run, _: account_target(run, "kms:CreateCustomKeyStore"),
    check=check_create,
    prepare=prepare_create,
    apply=create_custom_key_store,
    redacted=frozenset({"KeyStorePassword", "XksProxyAuthenticationCredential"}),
    recorded=lambda output: {"customKeyStoreId": output.custom_key_store_id},
    read_only=False,
)

UPDATE_CUSTOM_KEY_STORE = Operation(
    name="UpdateCustomKeyStore",
    page="UpdateCustomKeyStore",
    input=UpdateCustomKeyStoreInput,
    kind=Kind.CHANGE,
    locate=lambda run, _: account_target(run, "kms:UpdateCustomKeyStore"),
    check=check_update,
    prepare=prepare_update,
    apply=update_custom_key_store,
    redacted=frozenset({"KeyStorePassword", "XksProxyAuthenticationCredential"}),
    read_only=False,
)

DELETE_CUSTOM_KEY_STORE = Operation(
    name="DeleteCustomKeyStore",
    page="DeleteCustomKeyStore",
    input=CustomKeyStoreIdInput,
    kind=Kind.CHANGE,
    locate=lambda run, _: account_target(run, "kms:DeleteCustomKeyStore"),
    check=check_delete,
    apply=delete_custom_key_store,
    read_only=False,
)
