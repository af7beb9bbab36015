"""CreateAlias and ListAliases: friendly names of keys.

Alias operations are authorised on the alias and on the key (KMS Developer Guide, "Controlling access to aliases").
"""

from dataclasses import dataclass

from keyservice.authorize.target import Target
from keyservice.errors import ALREADY_EXISTS, CIPHERTEXT_ACCESS_DENIED, INVALID_ALIAS_NAME, VALIDATION
from keyservice.model.key import Alias, Key
from keyservice.model.states import StateRule
from keyservice.operations.locate import account_target, alias_arn, locate_key, target_of
from keyservice.operations.members import AliasName, KeyId, Limit, Marker
from keyservice.operations.operation import Kind, Operation, Run
from keyservice.operations.paging import Paging, read_page
from keyservice.store.port import Change

PREFIX = "alias/"
RESERVED_PREFIX = "alias/aws/"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateAliasInput:
    """The parameters of CreateAlias."""

    alias_name: AliasName
    target_key_id: KeyId


def create_alias(run: Run, change: Change, given: CreateAliasInput) -> None:
    """Give a key of the caller's account and Region a friendly name."""
    key = run.key
    if change.alias(run.caller.account, run.ports.region, given.alias_name) is not None:
        raise ALREADY_EXISTS(arn=alias_arn(run, given.alias_name))
    change.put_alias(
        Alias(
            account=run.caller.account,
            partition=run.caller.partition,
            region=run.ports.region,
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
    if not name.startswith(PREFIX):
        raise VALIDATION(
            detail='Alias must start with the prefix "alias/". Please see '
            "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
        )
    if name.startswith(RESERVED_PREFIX) or name == PREFIX:
        raise INVALID_ALIAS_NAME(detail="Alias name cannot be empty or begin with the reserved prefix alias/aws/")


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
        return list(store.aliases(run.caller.account, run.ports.region, key_id=key_id, after=after, limit=limit))

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
    key: Key = locate_key(run, given.target_key_id, by_alias=False).key
    on_alias = Target(action="kms:CreateAlias", resource=alias_arn(run, given.alias_name), account=run.caller.account)
    return target_of("kms:CreateAlias", key), on_alias


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

LIST_ALIASES = Operation(
    name="ListAliases",
    page="ListAliases",
    input=ListAliasesInput,
    kind=Kind.READ,
    locate=lambda run, _: account_target(run, "kms:ListAliases"),
    answer=list_aliases,
)
