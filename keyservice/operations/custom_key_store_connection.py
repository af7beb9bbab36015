"""ConnectCustomKeyStore and DisconnectCustomKeyStore: whether a custom key store's keys may be used.

Source: KMS API Reference, the two operations; "CustomKeyStoreInvalidStateException" for the states that each takes.
"""

from contextlib import suppress
from dataclasses import replace

from keyservice.errors import CUSTOM_KEY_STORE_INVALID_STATE, DEPENDENCY_TIMEOUT
from keyservice.keystore.token import TokenTimeoutError
from keyservice.model.custom_key_store import ConnectionErrorCode, ConnectionState
from keyservice.operations.custom_key_store_members import CustomKeyStoreIdInput, NoMembers
from keyservice.operations.custom_keys import current, own_custom_key_store
from keyservice.operations.locate import account_target
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.xks_calls import metadata_of
from keyservice.store.port import Change

_S = ConnectionState
_NO_CONNECT = (_S.DISCONNECTING, _S.FAILED)  # "To reconnect a custom key store in a FAILED state, disconnect it"
_NO_DISCONNECT = (_S.DISCONNECTING, _S.DISCONNECTED)


def prepare_connect(run: Run, given: CustomKeyStoreIdInput) -> ConnectionErrorCode | None:
    """Log in to the HSM, or ask the proxy whether it is well; why not, if that fails."""
    store = own_custom_key_store(run, given.custom_key_store_id)
    if store.proxy is not None:
        return run.ports.xks.proxies.connect(store, metadata_of(run))
    try:
        return run.ports.hsm.clusters.connect(replace(store, connected=run.now))
    except TokenTimeoutError:
        raise DEPENDENCY_TIMEOUT() from None


def connect_custom_key_store(run: Run, change: Change, given: CustomKeyStoreIdInput) -> NoMembers:
    """Connect a custom key store, or reconnect it; a failure is told by DescribeCustomKeyStores, and not here.

    Unlike AWS, where this goes on for up to twenty minutes after the answer: the store is CONNECTED or FAILED by then,
    and nobody sees it CONNECTING. Nor is the password rotated, which is the operator's.
    """
    store = replace(current(run, change, given.custom_key_store_id), connected=run.now)
    code = run.prepared
    if isinstance(code, ConnectionErrorCode):
        store = replace(store, state=ConnectionState.FAILED, error_code=code)
    else:
        store = replace(store, state=ConnectionState.CONNECTED, error_code=None)
    change.put_custom_key_store(store)
    return NoMembers()


def prepare_disconnect(run: Run, given: CustomKeyStoreIdInput) -> None:
    """Log out of the HSM; one that does not come back from earlier calls is just what one disconnects from.

    Of a proxy there is nothing to take leave.
    """
    store = own_custom_key_store(run, given.custom_key_store_id)
    with suppress(TokenTimeoutError):
        if store.proxy is None:
            run.ports.hsm.clusters.disconnect(store)


def disconnect_custom_key_store(run: Run, change: Change, given: CustomKeyStoreIdInput) -> NoMembers:
    """Disconnect a custom key store: its keys are Unavailable from now on."""
    store = current(run, change, given.custom_key_store_id)
    change.put_custom_key_store(replace(store, state=ConnectionState.DISCONNECTED, error_code=None))
    return NoMembers()


def _refuse(run: Run, given: CustomKeyStoreIdInput, states: tuple[ConnectionState, ...]) -> None:
    store = own_custom_key_store(run, given.custom_key_store_id)
    if store.state in states:
        raise CUSTOM_KEY_STORE_INVALID_STATE(id=store.custom_key_store_id, state=store.state)


CONNECT_CUSTOM_KEY_STORE = Operation(
    name="ConnectCustomKeyStore",
    page="ConnectCustomKeyStore",
    input=CustomKeyStoreIdInput,
    kind=Kind.CHANGE,
    locate=lambda run, _: account_target(run, "kms:ConnectCustomKeyStore"),
    check=lambda run, given: _refuse(run, given, _NO_CONNECT),
    prepare=prepare_connect,
    apply=connect_custom_key_store,
    read_only=False,
)

DISCONNECT_CUSTOM_KEY_STORE = Operation(
    name="DisconnectCustomKeyStore",
    page="DisconnectCustomKeyStore",
    input=CustomKeyStoreIdInput,
    kind=Kind.CHANGE,
    locate=lambda run, _: account_target(run, "kms:DisconnectCustomKeyStore"),
    check=lambda run, given: _refuse(run, given, _NO_DISCONNECT),
    prepare=prepare_disconnect,
    apply=disconnect_custom_key_store,
    read_only=False,
)
