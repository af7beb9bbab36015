"""DescribeKey, UpdateKeyDescription, ListKeys, EnableKey, DisableKey: keys and whether they may be used."""

from dataclasses import dataclass, replace
from typing import Annotated

from keyservice.model.key import Key, KeyState
from keyservice.model.states import StateRule
from keyservice.operations.custom_keys import (
    as_it_stands,
)
from keyservice.operations.locate import account_target, key_target
from keyservice.operations.members import Description, GrantTokens, KeyId, Limit, Marker
from keyservice.operations.metadata import KeyMetadataOutput, describe
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.paging import Paging, read_page
from keyservice.operations.shapes import NotOffered
from keyservice.store.port import Change


def describe_key(run: Run, _: "DescribeKeyInput") -> KeyMetadataOutput:
    """Describe a key, and with a multi-Region key its related keys."""
    key = as_it_stands(run, run.key, ask=True)
    related = run.ports.store.related_keys(key.key_id) if key.multi_region else ()
    place = key.custom_key_store_id
    custom_key_store = run.ports.store.custom_key_store(key.region, place) if place else None
    return KeyMetadataOutput(key_metadata=describe(key, related, custom_key_store=custom_key_store))


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeKeyInput:
    """The parameters of DescribeKey."""

    key_id: KeyId
    grant_tokens: GrantTokens = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKeysInput:
    """The parameters of ListKeys."""

    limit: Limit = None
    marker: Marker = None
    resource_owners: Annotated[None, NotOffered()] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyListEntry:
    """A key in a list."""

    key_id: str
    key_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKeysOutput:
    """A page of keys."""

    keys: tuple[KeyListEntry, ...]
    next_marker: str | None
    truncated: bool


def list_keys(run: Run, given: ListKeysInput) -> ListKeysOutput:
    """List the caller's account's keys, in the order of their ids."""

    def fetch(after: str | None, limit: int) -> list[Key]:
        return list(run.ports.store.keys(run.caller.account, run.region, after=after, limit=limit))

    page = read_page(run, _PAGING, limit=given.limit, marker=given.marker, fetch=fetch, name=lambda key: key.key_id)
    entries = tuple(KeyListEntry(key_id=key.key_id, key_arn=key.arn) for key in page.members)
    return ListKeysOutput(keys=entries, next_marker=page.next_marker, truncated=page.truncated)


_PAGING = Paging(scope="keys", default=100, most=1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateKeyDescriptionInput:
    """The parameters of UpdateKeyDescription."""

    key_id: KeyId
    description: Description


def update_key_description(run: Run, change: Change, given: UpdateKeyDescriptionInput) -> None:
    """Describe the key in other words."""
    change.put_key(replace(run.key, description=given.description))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyIdInput:
    """The parameters of operations that take a key and nothing else."""

    key_id: KeyId


def enable_key(run: Run, change: Change, _: KeyIdInput) -> None:
    """Let the key be used again."""
    change.put_key(replace(run.key, state=KeyState.ENABLED))


def disable_key(run: Run, change: Change, _: KeyIdInput) -> None:
    """Keep the key from being used."""
    change.put_key(replace(run.key, state=KeyState.DISABLED))


DESCRIBE_KEY = Operation(
    name="DescribeKey",
    page="DescribeKey",
    input=DescribeKeyInput,
    kind=Kind.READ,
    locate=lambda run, given: key_target(run, "kms:DescribeKey", given.key_id, by_alias=True),
    answer=describe_key,
    redacted=frozenset({"GrantTokens"}),
    cross_account=True,
)

LIST_KEYS = Operation(
    name="ListKeys",
    page="ListKeys",
    input=ListKeysInput,
    kind=Kind.READ,
    locate=lambda run, _: account_target(run, "kms:ListKeys"),
    answer=list_keys,
)

UPDATE_KEY_DESCRIPTION = Operation(
    name="UpdateKeyDescription",
    page="UpdateKeyDescription",
    input=UpdateKeyDescriptionInput,
    kind=Kind.CHANGE,
    locate=lambda run, given: key_target(run, "kms:UpdateKeyDescription", given.key_id),
    apply=update_key_description,
    states=StateRule.LABEL,
    read_only=False,
)

ENABLE_KEY = Operation(
    name="EnableKey",
    page="EnableKey",
    input=KeyIdInput,
    kind=Kind.CHANGE,
    locate=lambda run, given: key_target(run, "kms:EnableKey", given.key_id),
    apply=enable_key,
    states=StateRule.SWITCH,
    read_only=False,
)

DISABLE_KEY = Operation(
    name="DisableKey",
    page="DisableKey",
    input=KeyIdInput,
    kind=Kind.CHANGE,
    locate=lambda run, given: key_target(run, "kms:DisableKey", given.key_id),
    apply=disable_key,
    states=StateRule.SWITCH,
    read_only=False,
)
