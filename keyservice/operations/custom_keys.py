"""KMS keys in custom key stores: what can be made there, and how such a key stands.

Source: KMS API Reference, "CreateKey" (CustomKeyStoreId, Origin); KMS Developer Guide, "Troubleshooting a custom key
store", "How to fix unavailable KMS keys".
"""

from dataclasses import replace

from keyservice.crypto.specs import SYMMETRIC_DEFAULT
from keyservice.errors import (
    CUSTOM_KEY_STORE_INVALID_STATE,
    CUSTOM_KEY_STORE_NOT_FOUND,
    UNSUPPORTED_OPERATION,
    VALIDATION,
    XKS_KEY_NOT_FOUND,
)
from keyservice.keystore.xks_faults import XksError, XksFault
from keyservice.model.custom_key_store import CustomKeyStore, CustomKeyStoreType
from keyservice.model.key import Key, KeyState, Origin
from keyservice.operations.operation import Run
from keyservice.store.port import Change

IN_CUSTOM_KEY_STORES = (Origin.AWS_CLOUDHSM, Origin.EXTERNAL_KEY_STORE)
_NO_KEYS = (".", "..")  # which the pattern lets through, and which are other places in the proxy's URI
_HIDDEN_STATES = (KeyState.ENABLED, KeyState.DISABLED)  # a key that waits for its deletion says that it does


def as_it_stands(run: Run, key: Key, *, ask: bool = False) -> Key:
    """The key in the state that it is in now: Unavailable while its custom key store is.

    That state is never stored: keys come back in the state that they had, or were given meanwhile. With `ask` an HSM
    that had not answered is asked again, which may take long. An external key store is available while it is connected,
    whatever its proxy does: AWS tells that of the proxy when a key is used ("Troubleshooting external key stores").
    """
    if key.custom_key_store_id is None or key.state not in _HIDDEN_STATES:
        return key
    store = run.ports.store.custom_key_store(key.region, key.custom_key_store_id)
    if store is not None and store.is_connected and store.proxy is not None:
        return key
    if store is not None and store.is_connected:
        clusters = run.ports.hsm.clusters
        is_there = clusters.answers(store) if ask else not clusters.is_resting(store)
        if is_there:
            return key
    return replace(key, state=KeyState.UNAVAILABLE)


def check_custom_key_store(
    run: Run, *, origin: str, custom_key_store_id: str | None, xks_key_id: str | None, spec: str, multi_region: bool
) -> None:
    """Refuse a key that no custom key store can have, or not this one now. AWS's order of these is undocumented.

    Raises:
        ServiceError: ValidationException, UnsupportedOperationException, CustomKeyStoreNotFoundException,
            CustomKeyStoreInvalidStateException.
    """
    if multi_region and origin in IN_CUSTOM_KEY_STORES:
        raise UNSUPPORTED_OPERATION(detail="Multi-Region keys are not supported in custom key stores.")
    if (origin in IN_CUSTOM_KEY_STORES) != (custom_key_store_id is not None):
        detail = "CustomKeyStoreId is required with Origin AWS_CLOUDHSM or EXTERNAL_KEY_STORE, and with no other."
        raise VALIDATION(detail=detail)
    if (origin == Origin.EXTERNAL_KEY_STORE) != (xks_key_id is not None):
        raise VALIDATION(detail="XksKeyId is required with Origin EXTERNAL_KEY_STORE, and with no other.")
    if xks_key_id in _NO_KEYS:
        raise XKS_KEY_NOT_FOUND(detail=f"{xks_key_id} is no external key ID.")
    if custom_key_store_id is None:
        return
    if spec != SYMMETRIC_DEFAULT.name:
        raise UNSUPPORTED_OPERATION(detail=f"KeySpec {spec} is not supported in custom key stores.")
    store = own_custom_key_store(run, custom_key_store_id)
    if store.type != CustomKeyStoreType(origin):
        raise UNSUPPORTED_OPERATION(detail=f"Origin {origin} is not that of a custom key store of type {store.type}.")
    check_connected(store)


def own_custom_key_store(run: Run, custom_key_store_id: str) -> CustomKeyStore:
    """A custom key store of the caller's account and Region; another account's is as if there were none."""
    store = run.ports.store.custom_key_store(run.region, custom_key_store_id)
    if store is None or store.account != run.caller.account:
        raise CUSTOM_KEY_STORE_NOT_FOUND(id=custom_key_store_id)
    return store


def check_connected(store: CustomKeyStore) -> None:
    """Refuse a custom key store that is not connected (CustomKeyStoreInvalidStateException: "CreateKey")."""
    if store.proxy is not None and not store.is_connected:
        raise XksError(XksFault.DISCONNECTED, "the custom key store is not connected").when_making()
    if not store.is_connected:
        raise CUSTOM_KEY_STORE_INVALID_STATE(id=store.custom_key_store_id, state=store.state)


def current(run: Run, change: Change, custom_key_store_id: str) -> CustomKeyStore:
    """The custom key store as the change sees it."""
    store = change.custom_key_store(run.region, custom_key_store_id)
    if store is None or store.account != run.caller.account:
        raise CUSTOM_KEY_STORE_NOT_FOUND(id=custom_key_store_id)
    return store
