"""How each kind of record becomes a row and comes back: a table of kinds.

A row is the record's identifying columns, any further columns it is searched by, and the whole record as JSON. Fields
that a stored record lacks take the model's default, so a new field with a default needs no migration.
"""

import base64
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import orjson

from keyservice.model.custom_key_store import (
    ConnectionErrorCode,
    ConnectionState,
    CustomKeyStore,
    CustomKeyStoreType,
    XksProxy,
    XksProxyConnectivity,
)
from keyservice.model.grant import Grant
from keyservice.model.identity import (
    AccessKey,
    Account,
    ControlPolicies,
    Group,
    Instance,
    InstanceProfile,
    ManagedPolicy,
    Membership,
    MfaDevice,
    NamedPolicy,
    OidcProvider,
    Role,
    User,
)
from keyservice.model.job_run import JobRun
from keyservice.model.key import (
    Alias,
    BackingKey,
    ImportedExpiry,
    ImportedMaterial,
    Key,
    KeyManager,
    KeyState,
    KeyUsage,
    Origin,
    Rotation,
    RotationType,
)
from keyservice.model.linked_service import LinkedService
from keyservice.model.organization import Organization, OrganizationalUnit
from keyservice.model.schedule import Duty, due_at
from keyservice.model.wrapping_key import WrappingKey

Record = TypeVar("Record")
Fields = dict[str, Any]


_CHECK = b',"~":"%08x"}'
_CHECK_LENGTH = len(_CHECK % 0)
_CHECK_BEGINS = slice(-_CHECK_LENGTH, -10)


class ChecksumError(ValueError):
    """A record is not what was stored."""


def encode(record: object) -> bytes:
    """A record as JSON; bytes become base64. Its last member is the CRC-32 of the rest, for disks that flip bits.

    SQLite's own checks see damage to its structure, not to what it keeps: a policy with another character in it would
    be served. (Whoever may write to the file can make up a checksum too: key material is sealed, policies are not.)
    """
    plain = orjson.dumps(record, default=_encode_other)
    return plain[:-1] + _CHECK % zlib.crc32(plain)


def checked(stored: bytes) -> bytes:
    """What `encode` was given, as JSON. Records of the first release have no checksum.

    Raises:
        ChecksumError: if the record is damaged.
    """
    if stored[_CHECK_BEGINS] != _CHECK[:6]:
        if _is_nearly(stored[_CHECK_BEGINS], _CHECK[:6]):
            raise ChecksumError("a record's checksum is damaged")
        return stored
    plain = stored[:-_CHECK_LENGTH] + b"}"
    if _CHECK % zlib.crc32(plain) != stored[-_CHECK_LENGTH:]:
        raise ChecksumError("a record does not agree with its checksum")
    return plain


def _is_nearly(found: bytes, wanted: bytes) -> bool:
    """Whether bytes differ in a few bits alone: what announces a checksum must not hide that there is one."""
    return len(found) == len(wanted) and sum((a ^ b).bit_count() for a, b in zip(found, wanted, strict=True)) <= 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[Record]):
    """A kind of record: its table, the columns that identify it, those to search by, and its way back from JSON.

    Columns hold the field of their name, or what is computed from the record. Tables are named in quotes, for `user`
    is a word of PostgreSQL's own.
    """

    table: str
    identity: tuple[str, ...]
    searched: tuple[str, ...] = ()
    computed: tuple[tuple[str, Callable[[Record], object]], ...] = ()
    restore: Callable[[Fields], Record]

    @property
    def select(self) -> str:
        """Finds one record by its identity."""
        return f'SELECT record FROM "{self.table}" WHERE {self._matches}'  # noqa: S608 - names of our own table of kinds

    @property
    def select_all(self) -> str:
        """Finds all records in the order of their identities."""
        return f'SELECT record FROM "{self.table}" ORDER BY {", ".join(self.identity)}'  # noqa: S608 - as above

    @property
    def upsert(self) -> str:
        """Puts one record in place of what had its identity."""
        others = (*self.searched, *(column for column, _ in self.computed), "record")
        columns = (*self.identity, *others)
        replaced = ", ".join(f"{column} = excluded.{column}" for column in others)
        return (
            f'INSERT INTO "{self.table}" ({", ".join(columns)}) VALUES ({", ".join("?" for _ in columns)})'  # noqa: S608 - as above
            f" ON CONFLICT ({', '.join(self.identity)}) DO UPDATE SET {replaced}"
        )

    @property
    def delete(self) -> str:
        """Deletes one record by its identity."""
        return f'DELETE FROM "{self.table}" WHERE {self._matches}'  # noqa: S608 - names of our own table of kinds

    @property
    def _matches(self) -> str:
        return " AND ".join(f"{column} = ?" for column in self.identity)

    def name(self, record: Record) -> tuple[str, ...]:
        """(kind, identifying fields …) of a record: what caches call it."""
        return (self.table, *(getattr(record, column) for column in self.identity))

    def row(self, record: Record) -> tuple[object, ...]:
        """The values of the record's row, in the order of `upsert`."""
        fields = (getattr(record, column) for column in (*self.identity, *self.searched))
        return (*fields, *(compute(record) for _, compute in self.computed), encode(record))

    def decode(self, stored: bytes) -> Record:
        """The record that was stored."""
        return self.restore(orjson.loads(checked(stored)))


def _encode_other(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"cannot store a {type(value).__name__}")


def _key(fields: Fields) -> Key:
    rotation, expiry = fields.pop("rotation", None), fields.pop("expiry", None)
    return Key(
        **fields
        | {
            "usage": KeyUsage(fields["usage"]),
            "origin": Origin(fields["origin"]),
            "manager": KeyManager(fields["manager"]),
            "state": KeyState(fields["state"]),
        },
        rotation=Rotation(**rotation) if rotation else None,
        expiry=ImportedExpiry(**expiry) if expiry is not None else None,
    )


def _backing_key(fields: Fields) -> BackingKey:
    imported, rotation_type = fields.pop("imported", None), fields.pop("rotation_type", None)
    return BackingKey(
        **fields | {"wrapped": base64.b64decode(fields["wrapped"])},
        rotation_type=RotationType(rotation_type) if rotation_type else None,
        imported=ImportedMaterial(**imported) if imported else None,
    )


def _custom_key_store(fields: Fields) -> CustomKeyStore:
    error_code, proxy = fields.pop("error_code"), fields.pop("proxy", None)
    return CustomKeyStore(
        **fields
        | {
            "type": CustomKeyStoreType(fields["type"]),
            "state": ConnectionState(fields["state"]),
            "sealed_password": base64.b64decode(fields["sealed_password"]),
        },
        error_code=ConnectionErrorCode(error_code) if error_code else None,
        proxy=XksProxy(**proxy | {"connectivity": XksProxyConnectivity(proxy["connectivity"])}) if proxy else None,
    )


def _access_key(fields: Fields) -> AccessKey:
    return AccessKey(**fields | {"sealed_secret": base64.b64decode(fields["sealed_secret"])})


def _policies(fields: Fields, name: str = "policies") -> tuple[NamedPolicy, ...]:
    return tuple(NamedPolicy(**policy) for policy in fields.get(name, ()))


def _texts(fields: Fields, name: str) -> tuple[str, ...]:
    return tuple(fields.get(name, ()))


def _holder(fields: Fields) -> Fields:
    """The fields of a user, group or role, those that are lists as tuples."""
    return fields | {"policies": _policies(fields), "attached": _texts(fields, "attached")}


def _user(fields: Fields) -> User:
    return User(**_holder(fields) | {"groups": _texts(fields, "groups")})


def _account(fields: Fields) -> Account:
    membership = fields.pop("membership", None)
    return Account(**fields, membership=Membership(**_controlled(membership)) if membership else None)


def _organization(fields: Fields) -> Organization:
    return Organization(
        **fields | {"units": tuple(OrganizationalUnit(**_controlled(unit)) for unit in fields["units"])}
    )


def _controlled(fields: Fields) -> Fields:
    attached = fields["attached"]
    policies = {name: _policies(attached, name) for name in ("service_control", "resource_control")}
    return fields | {"attached": ControlPolicies(**attached | policies)}


def _mfa_device(fields: Fields) -> MfaDevice:
    return MfaDevice(**fields | {"sealed_seed": base64.b64decode(fields["sealed_seed"])})


def _oidc_provider(fields: Fields) -> OidcProvider:
    return OidcProvider(**fields | {"client_ids": _texts(fields, "client_ids")})


DUE_COLUMNS: Mapping[Duty, str] = {
    Duty.ROTATION: "rotation_due",
    Duty.DELETION: "deletion_due",
    Duty.IMPORT_EXPIRY: "expiry_due",
}

KEY = Kind(
    table="key",
    identity=("region", "key_id"),
    searched=("account", "custom_key_store_id"),
    computed=tuple((column, partial(due_at, duty)) for duty, column in DUE_COLUMNS.items()),
    restore=_key,
)
JOB_RUN = Kind(table="job_run", identity=("name",), restore=lambda fields: JobRun(**fields))
BACKING_KEY = Kind(table="backing_key", identity=("region", "key_id", "backing_key_id"), restore=_backing_key)
WRAPPING_KEY = Kind(
    table="wrapping_key",
    identity=("region", "key_id", "nonce"),
    searched=("expires",),
    restore=lambda fields: WrappingKey(**fields | {"sealed": base64.b64decode(fields["sealed"])}),
)
RELATED_KEYS = "SELECT record FROM key WHERE key_id = ? ORDER BY region"
BACKING_KEYS = "SELECT record FROM backing_key WHERE region = ? AND key_id = ? ORDER BY serial"
ALIAS = Kind(
    table="alias",
    identity=("account", "region", "name"),
    searched=("target_key_id",),
    restore=lambda fields: Alias(**fields),
)
GRANT = Kind(
    table="key_grant",
    identity=("region", "key_id", "grant_id"),
    searched=("grantee", "retiree", "name"),
    restore=lambda fields: Grant(**fields | {"operations": tuple(fields["operations"])}),
)
CUSTOM_KEY_STORE = Kind(
    table="custom_key_store",
    identity=("region", "custom_key_store_id"),
    searched=("account", "name", "cluster_id"),
    restore=_custom_key_store,
)
ACCOUNT = Kind(table="account", identity=("id",), restore=_account)
USER = Kind(table="user", identity=("account", "name"), restore=_user)
GROUP = Kind(table="user_group", identity=("account", "name"), restore=lambda fields: Group(**_holder(fields)))
ROLE = Kind(table="role", identity=("account", "name"), restore=lambda fields: Role(**_holder(fields)))
INSTANCE_PROFILE = Kind(
    table="instance_profile", identity=("account", "name"), restore=lambda fields: InstanceProfile(**fields)
)
INSTANCE = Kind(table="instance", identity=("id",), restore=lambda fields: Instance(**fields))
ACCESS_KEY = Kind(table="access_key", identity=("access_key_id",), restore=_access_key)
IDENTITIES: Mapping[type, Kind[Any]] = {
    Account: ACCOUNT,
    User: USER,
    Group: GROUP,
    Role: ROLE,
    InstanceProfile: INSTANCE_PROFILE,
    Instance: INSTANCE,
    AccessKey: ACCESS_KEY,
    Organization: Kind(table="organization", identity=("id",), restore=_organization),
    ManagedPolicy: Kind(table="managed_policy", identity=("arn",), restore=lambda fields: ManagedPolicy(**fields)),
    MfaDevice: Kind(table="mfa_device", identity=("serial_number",), restore=_mfa_device),
    OidcProvider: Kind(table="oidc_provider", identity=("arn",), restore=_oidc_provider),
    LinkedService: Kind(table="linked_service", identity=("name",), restore=lambda fields: LinkedService(**fields)),
}
"""The kinds of record that the directory is made of, by their classes."""
