"""CreateAlias, UpdateAlias, DeleteAlias and ListAliases: friendly names of keys.

Alias operations are authorised on the alias and on every key they touch (KMS Developer Guide, "Controlling access to
aliases").
"""

from dataclasses import dataclass, replace

from keyservice.authorize.target import Target
from keyservice.crypto.specs import KEY_SPECS, Family
from keyservice.errors import (
    ALIAS_NOT_FOUND,
    ALREADY_EXISTS,
    CIPHERTEXT_ACCESS_DENIED,
    DEPENDENCY_TIMEOUT,
    INVALID_ALIAS_NAME,
    KMS_INTERNAL,
    LIMIT_EXCEEDED,
    VALIDATION,
)
from keyservice.model.key import Alias, Key
from keyservice.model.states import StateRule, refuse_by_state
from keyservice.operations.locate import account_target, alias_arn, is_alias, locate_key, target_of
from keyservice.operations.members import AliasName, KeyId, Limit, Marker
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.paging import Paging, read_page
from keyservice.store.port import Change

PREFIX = "alias/"
RESERVED_PREFIX = "alias/aws/"
MOST_ALIASES = 50  # of a key (KMS Developer Guide, "Resource quotas")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateAliasInput:
    """The parameters of CreateAlias."""

    alias_name: AliasName
    target_key_id: KeyId


def create_alias(run: Run, change: Change, given: CreateAliasInput) -> None:
    """Give a key of the caller's account and Region a friendly name."""
    key = run.key
    if change.alias(run.caller.account, run.region, given.alias_name) is not None:
        raise ALREADY_EXISTS(arn=alias_arn(run, given.alias_name))
    _check_quota(run, key)
    change.put_alias(
        Alias(
            account=run.caller.account,
            partition=run.caller.partition,
            region=run.region,
            name=given.alias_name,
            target_key_id=key.key_id,
            created=run.now,
            updated=run.now,
        )
    )


def check_alias_name(name: str) -> None:
    """Refuse a name that no alias of a customer's can have (KMS API Reference, "CreateAlias").

    Raises:
        ServiceError: ValidationException or InvalidAliasNameException.
    """
    _check_prefix(name)
    if name.startswith(RESERVED_PREFIX) or name == PREFIX:
        raise INVALID_ALIAS_NAME(detail="Alias name cannot be empty or begin with the reserved prefix alias/aws/")


def _check_prefix(name: str) -> None:
    if not name.startswith(PREFIX):
        raise VALIDATION(
            detail='Alias must start with the prefix "alias/". Please see '
            "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
        )


def _check_quota(run: Run, key: Key) -> None:
    store = run.ports.store
    # Inside the transaction nobody else makes one, so what is committed is all there is.
    aliases = store.aliases(key.account, key.region, key_id=key.key_id, after=None, limit=MOST_ALIASES)
    if len(aliases) >= MOST_ALIASES:
        raise LIMIT_EXCEEDED(detail=f"{key.arn} has {MOST_ALIASES} aliases, the most that a KMS key can have")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateAliasInput:
    """The parameters of UpdateAlias."""

    alias_name: AliasName
    target_key_id: KeyId


def update_alias(run: Run, change: Change, given: UpdateAliasInput) -> None:
    """Let an alias name another key of the same kind."""
    alias = _authorised_alias(run, change, given.alias_name)
    if alias.target_key_id != run.key.key_id:
        _check_quota(run, run.key)
    change.put_alias(replace(alias, target_key_id=run.key.key_id, updated=run.now))


def _check_update(run: Run, _: UpdateAliasInput) -> None:
    """The new key must be in a state to be labelled, whatever that of the current one, and of the same kind."""
    new, current = run.key, _current_key(run)
    refusal = refuse_by_state(StateRule.LABEL, new)
    if refusal is not None:
        raise refusal
    if (_kind(new), new.usage) != (_kind(current), current.usage):
        detail = f"The current and new KMS key must be the same type and have the same key usage: {current.arn} is"
        raise VALIDATION(
            detail=f"{detail} {current.spec} for {current.usage}, {new.arn} is {new.spec} for {new.usage}."
        )


def _kind(key: Key) -> str:
    """What must stay the same: symmetric, asymmetric or HMAC ("UpdateAlias")."""
    family = KEY_SPECS[key.spec].family
    return family if family in (Family.SYMMETRIC, Family.HMAC) else "asymmetric"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteAliasInput:
    """The parameters of DeleteAlias."""

    alias_name: AliasName


def delete_alias(run: Run, change: Change, given: DeleteAliasInput) -> None:
    """Delete an alias; the key stays."""
    alias = _authorised_alias(run, change, given.alias_name)
    change.delete_alias(alias.account, alias.region, alias.name)


def _current_key(run: Run) -> Key:
    """The key that the alias named when the call was authorised: the last of the targets."""
    key = run.targets[-1].key
    if key is None:
        raise KMS_INTERNAL()
    return key


def _authorised_alias(run: Run, change: Change, name: str) -> Alias:
    """The alias as it is now, if it still names the key that the call was authorised on; else the caller tries again.

    Raises:
        ServiceError: NotFoundException or DependencyTimeoutException.
    """
    alias = change.alias(run.caller.account, run.region, name)
    if alias is None:
        raise ALIAS_NOT_FOUND(arn=alias_arn(run, name))
    if alias.target_key_id != _current_key(run).key_id:
        raise DEPENDENCY_TIMEOUT()
    return alias


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAliasesInput:
    """The parameters of ListAliases; with `key_id` only the aliases of that key."""

    key_id: KeyId | None = None
    limit: Limit = None
    marker: Marker = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasListEntry:
    """An alias in a list."""

    alias_name: str
    alias_arn: str
    target_key_id: str
    creation_date: float
    last_updated_date: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAliasesOutput:
    """A page of aliases."""

    aliases: tuple[AliasListEntry, ...]
    next_marker: str | None
    truncated: bool


def list_aliases(run: Run, given: ListAliasesInput) -> ListAliasesOutput:
    """List the caller's account's aliases, in the order of their names."""
    key_id = _own_key_id(run, given.key_id) if given.key_id else None

    def fetch(after: str | None, limit: int) -> list[Alias]:
        store = run.ports.store
        return list(store.aliases(run.caller.account, run.region, key_id=key_id, after=after, limit=limit))

    paging = Paging(scope=f"aliases/{key_id or ''}", default=50, most=100)
    page = read_page(run, paging, limit=given.limit, marker=given.marker, fetch=fetch, name=lambda alias: alias.name)
    return ListAliasesOutput(
        aliases=tuple(_entry(alias) for alias in page.members), next_marker=page.next_marker, truncated=page.truncated
    )


def _own_key_id(run: Run, text: str) -> str:
    """The id of a key of the caller's account: there is no cross-account use (KMS API Reference, "ListAliases")."""
    key = locate_key(run, text, by_alias=False).key
    if key.account != run.caller.account:
        raise CIPHERTEXT_ACCESS_DENIED()
    return key.key_id


def _entry(alias: Alias) -> AliasListEntry:
    return AliasListEntry(
        alias_name=alias.name,
        alias_arn=alias.arn,
        target_key_id=alias.target_key_id,
        creation_date=alias.created,
        last_updated_date=alias.updated,
    )


def _locate_create(run: Run, given: CreateAliasInput) -> tuple[Target, ...]:
    check_alias_name(given.alias_name)
    key = _new_key(run, given.target_key_id)
    return target_of("kms:CreateAlias", key), _alias_target(run, "kms:CreateAlias", given.alias_name)


def _locate_update(run: Run, given: UpdateAliasInput) -> tuple[Target, ...]:
    new = _new_key(run, given.target_key_id)
    return target_of("kms:UpdateAlias", new), *_locate_existing(run, "kms:UpdateAlias", given.alias_name)


def _new_key(run: Run, text: str) -> Key:
    """The key that an alias is to name; another alias is none, in words of its own."""
    if is_alias(text):
        raise VALIDATION(detail="Aliases must refer to keys. Not aliases")
    return locate_key(run, text, by_alias=False).key


def _locate_existing(run: Run, action: str, name: str) -> tuple[Target, ...]:
    """An alias of the caller's account, and the key that it names."""
    _check_prefix(name)
    alias = run.ports.store.alias(run.caller.account, run.region, name)
    key = run.ports.store.key(alias.region, alias.target_key_id) if alias else None
    if key is None:
        raise ALIAS_NOT_FOUND(arn=alias_arn(run, name))
    return _alias_target(run, action, name), target_of(action, key)


def _alias_target(run: Run, action: str, name: str) -> Target:
    return Target(action=action, resource=alias_arn(run, name), account=run.caller.account)


CREATE_ALIAS = Operation(
    name="CreateAlias",
    page="CreateAlias",
    input=CreateAliasInput,
    kind=Kind.CHANGE,
    locate=_locate_create,
    apply=create_alias,
    states=StateRule.LABEL,
    read_only=False,
)

UPDATE_ALIAS = Operation(
    name="UpdateAlias",
    page="UpdateAlias",
    input=UpdateAliasInput,
    kind=Kind.CHANGE,
    locate=_locate_update,
    check=_check_update,
    apply=update_alias,
    read_only=False,
)

DELETE_ALIAS = Operation(
    name="DeleteAlias",
    page="DeleteAlias",
    input=DeleteAliasInput,
    kind=Kind.CHANGE,
    locate=lambda run, given: _locate_existing(run, "kms:DeleteAlias", given.alias_name),
    apply=delete_alias,
    read_only=False,
)

LIST_ALIASES = Operation(
    name="ListAliases",
    page="ListAliases",
    input=ListAliasesInput,
    kind=Kind.READ,
    locate=lambda run, _: account_target(run, "kms:ListAliases"),
    answer=list_aliases,
)
