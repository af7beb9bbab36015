"""From what a request names to the key or alias it means.

Source: KMS Developer Guide, "Key identifiers (KeyId)"; KMS API Reference, the KeyId parameter of each operation.
"""

import re
from dataclasses import dataclass

from keyservice.authorize.target import Target
from keyservice.errors import (
    ALIAS_NOT_FOUND,
    CIPHERTEXT_ACCESS_DENIED,
    INVALID_ARN,
    INVALID_KEY_ID,
    KEY_NOT_FOUND,
    NO_ALIASES,
)
from keyservice.model.key import Alias, Key
from keyservice.operations.aws_owned_keys import visible_key
from keyservice.operations.operation import Run

_KEY_ID = re.compile(r"(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LocatedKey:
    """A key, and the alias name by which the request named it, if it did."""

    key: Key
    request_alias: str | None = None


def locate_key(run: Run, text: str, *, by_alias: bool) -> LocatedKey:
    """The key that a KeyId means: key id or key ARN, and with `by_alias` also an alias name or alias ARN.

    Raises:
        ServiceError: NotFoundException; for malformed ARNs too, as not every operation has InvalidArnException. A key
            of another account that does not exist is AccessDeniedException: existence is no one else's to learn. An
            alias where none may stand is InvalidArnException, which just the operations have that take no alias.
    """
    if not by_alias and is_alias(text):
        raise NO_ALIASES()
    if text.startswith("arn:"):
        return _by_arn(run, text)
    if text.startswith("alias/"):
        return _by_alias(run, run.caller.account, text)
    if not _KEY_ID.fullmatch(text):
        raise INVALID_KEY_ID(key_id=text)
    return LocatedKey(_own_key(run, text))


def is_alias(text: str) -> bool:
    """Whether a KeyId is an alias name or an alias ARN."""
    return text.startswith("alias/") or (text.startswith("arn:") and ":alias/" in text)


def key_target(run: Run, action: str, text: str, *, by_alias: bool = False) -> tuple[Target, ...]:
    """What an operation on one key is authorised on: the key."""
    located = locate_key(run, text, by_alias=by_alias)
    return (target_of(action, located.key, request_alias=located.request_alias),)


def target_of(action: str, key: Key, *, request_alias: str | None = None) -> Target:
    """An action on a key."""
    return Target(action=action, resource=key.arn, account=key.account, key=key, request_alias=request_alias)


def account_target(run: Run, action: str) -> tuple[Target, ...]:
    """What an operation on no resource is authorised on: the caller's own account."""
    return (Target(action=action, account=run.caller.account),)


def alias_arn(run: Run, name: str) -> str:
    """The ARN that an alias of the caller's account has."""
    return f"arn:{run.caller.partition}:kms:{run.region}:{run.caller.account}:{name}"


def _by_arn(run: Run, text: str) -> LocatedKey:
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[1] != run.caller.partition or parts[2] != "kms":
        raise INVALID_ARN(detail=text)
    region, account, resource = parts[3:]
    if region != run.region:
        raise INVALID_ARN(detail=region)
    if resource.startswith("alias/"):
        return _by_alias(run, account, resource)
    if not resource.startswith("key/"):
        raise INVALID_ARN(detail=text)
    key = visible_key(run, region, resource.removeprefix("key/"))
    if key is None or key.account != account:
        raise KEY_NOT_FOUND(arn=text) if account == run.caller.account else CIPHERTEXT_ACCESS_DENIED()
    return LocatedKey(key)


def _by_alias(run: Run, account: str, name: str) -> LocatedKey:
    alias: Alias | None = run.ports.store.alias(account, run.region, name)
    key = visible_key(run, alias.region, alias.target_key_id) if alias else None
    if key is not None:
        return LocatedKey(key, name)
    if account != run.caller.account:
        raise CIPHERTEXT_ACCESS_DENIED()
    raise ALIAS_NOT_FOUND(arn=f"arn:{run.caller.partition}:kms:{run.region}:{account}:{name}")


def _own_key(run: Run, key_id: str) -> Key:
    key = visible_key(run, run.region, key_id)
    if key is None or key.account != run.caller.account:
        place = f"arn:{run.caller.partition}:kms:{run.region}:{run.caller.account}"
        raise KEY_NOT_FOUND(arn=f"{place}:key/{key_id}")
    return key
