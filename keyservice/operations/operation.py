"""What an operation is: a row that says what it takes, on what it is authorised, and what it does.

`service` does what the row says, so no operation can run unauthorised, unaudited or unmetered.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from keyservice.audit.last_use import LastUses
from keyservice.auth.authenticate import Authenticator
from keyservice.auth.caller import Caller
from keyservice.auth.provider_keys import ProviderKeys
from keyservice.authorize.authorizer import Authorizer
from keyservice.authorize.context import SpelledValues
from keyservice.authorize.target import Target
from keyservice.errors import KMS_INTERNAL
from keyservice.keystore.hsm import HsmKeyStore
from keyservice.keystore.port import KeyStore
from keyservice.keystore.xks import XksKeyStore
from keyservice.model.key import BackingKey, Key, KeyUsage
from keyservice.model.states import StateRule
from keyservice.operations.shapes import prepare_reader
from keyservice.store.port import Change, Store


class Kind(StrEnum):
    """How an operation runs and is recorded."""

    READ = "read"
    CRYPTOGRAPHIC = "cryptographic"
    CHANGE = "change"
    """A transaction: the change commits together with its audit record, off the event loop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What operations reach the outside through. `random` gives that many random bytes, `fresh_id` a new UUID.

    `hsm` and `xks` are the parts of `keystore` that custom key stores are managed through.
    From the domain key only keys with a purpose are derived: for markers and session tokens here.
    """

    store: Store
    keystore: KeyStore
    hsm: HsmKeyStore
    xks: XksKeyStore
    authorizer: Authorizer
    authenticator: Authenticator
    domain_key: bytes = field(repr=False)
    random: Callable[[int], bytes]
    fresh_id: Callable[[], str]
    home_region: str
    regions: tuple[str, ...]
    last_uses: LastUses
    provider_keys: ProviderKeys = field(default_factory=ProviderKeys)


SERVICE_EVENT = "AwsServiceEvent"  # no call has caused it (CloudTrail User Guide, "AWS service events")


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """A further event that a change leaves on the trail: what it did to another Region's key, in that Region.

    `by_service` is true of what the service did on its own, because of the change or as its time had come; it has no
    request parameters. `details` are the serviceEventDetails of an event that CloudTrail calls an AwsServiceEvent.
    """

    operation: str
    key: Key
    request_parameters: Mapping[str, object] | None = None
    response_elements: Mapping[str, object] | None = None
    by_service: bool = False
    event_type: str = "AwsApiCall"
    details: Mapping[str, object] | None = None


@dataclass(slots=True, kw_only=True)
class Run:
    """One call under way: who calls, when (epoch seconds), on what, and the ports.

    `region` is the one that the request was signed for. `targets` are what the caller was authorised on, in the order
    of the row's `locate`; the pipeline sets them, and reads their keys anew inside a transaction. A change adds to
    `echoes`, which commit with it, and to `forgotten` what the key store forgets once it is committed.
    """

    ports: Ports
    caller: Caller
    region: str
    now: float
    source_ip: str
    is_secure: bool = False
    operation: str = ""
    request_id: str = ""
    targets: tuple[Target, ...] = ()
    prepared: object = None
    echoes: list[Echo] = field(default_factory=list)
    forgotten: list[BackingKey] = field(default_factory=list)

    @property
    def key(self) -> Key:
        """The key that the call was authorised on, for operations on one key."""
        key = self.targets[0].key
        if key is None:
            raise KMS_INTERNAL()
        return key


I = TypeVar("I")  # noqa: E741 - Input, beside O for Output
O = TypeVar("O")  # noqa: E741


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Generic[I, O]):
    """A row of the registry.

    `locate` finds what the call is authorised on; `offers` the condition keys that the request itself carries.
    Exactly one of `answer` and `apply` runs it: `apply` inside a transaction, when `kind` is CHANGE; `prepare` does
    before a transaction what takes long and needs none, and leaves it in `run.prepared`. `check` refuses what the
    authorised key cannot do, before a dry run is told that it would have succeeded.
    `cross_account` is what its API page says under "Cross-account use"; `is_slow` keeps an input off the event loop.
    An operation that `is_analysis` of policies has threads of its own: what it is given may take it seconds.
    An operation that nobody signs has `identify`, which finds out who calls from the input, off the event loop.
    `redacted` names input members that the trail never shows; `recorded` makes the trail's responseElements.
    """

    name: str
    page: str
    input: type[I]
    kind: Kind
    locate: Callable[[Run, I], tuple[Target, ...]]
    answer: Callable[[Run, I], O] | None = None
    apply: Callable[[Run, Change, I], O] | None = None
    states: StateRule = StateRule.ALWAYS
    usage: KeyUsage | None = None
    offers: Callable[[I], SpelledValues] = field(default=lambda _: {})
    redacted: frozenset[str] = frozenset()
    recorded: Callable[[O], Mapping[str, object] | None] = field(default=lambda _: None)
    read_only: bool = True
    cross_account: bool = False
    check: Callable[[Run, I], None] = field(default=lambda _run, _given: None)
    prepare: Callable[[Run, I], object] | None = None
    is_slow: Callable[[I], bool] = field(default=lambda _: False)
    is_analysis: bool = False
    identify: Callable[[Ports, I, float], Caller] | None = None
    service: str = "kms"
    read: Callable[[Mapping[str, object]], I] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Prepare the reader of the input."""
        object.__setattr__(self, "read", prepare_reader(self.input))
