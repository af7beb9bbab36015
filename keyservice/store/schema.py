"""The schema as a table of steps: step N takes a database of version N to version N + 1.

A step that has been released is never edited; a change of the schema is a new step at the end. Steps are written in
SQLite's words; `postgres_schema` says the same ones in PostgreSQL's.
"""

import sqlite3

from keyservice.store.port import StoreError

APPLICATION_ID = 0x57444B59  # "WDKY": marks the file as ours (SQLite documentation, "PRAGMA application_id")


class OnlySqlite(str):
    """A statement that brings rows up to date which no PostgreSQL store can have: it began with a later version."""

    __slots__ = ()


STEPS: tuple[tuple[str, ...], ...] = (
    (
        # Every record is kept whole as JSON; beside it stand the columns that it is looked up by.
        (
            "CREATE TABLE key (region TEXT, key_id TEXT, account TEXT NOT NULL, record BLOB NOT NULL,"
            " PRIMARY KEY (region, key_id)) STRICT"
        ),
        "CREATE INDEX key_by_account ON key (account, region, key_id)",
        (
            "CREATE TABLE backing_key (region TEXT, key_id TEXT, backing_key_id TEXT, record BLOB NOT NULL,"
            " serial INTEGER PRIMARY KEY AUTOINCREMENT, UNIQUE (region, key_id, backing_key_id)) STRICT"
        ),
        (
            "CREATE TABLE alias (account TEXT, region TEXT, name TEXT, target_key_id TEXT NOT NULL,"
            " record BLOB NOT NULL, PRIMARY KEY (account, region, name)) STRICT"
        ),
        "CREATE INDEX alias_by_target ON alias (region, target_key_id, name)",
        "CREATE TABLE account (id TEXT PRIMARY KEY, record BLOB NOT NULL) STRICT",
        "CREATE TABLE user (account TEXT, name TEXT, record BLOB NOT NULL, PRIMARY KEY (account, name)) STRICT",
        "CREATE TABLE user_group (account TEXT, name TEXT, record BLOB NOT NULL, PRIMARY KEY (account, name)) STRICT",
        "CREATE TABLE role (account TEXT, name TEXT, record BLOB NOT NULL, PRIMARY KEY (account, name)) STRICT",
        (
            "CREATE TABLE instance_profile (account TEXT, name TEXT, record BLOB NOT NULL,"
            " PRIMARY KEY (account, name)) STRICT"
        ),
        "CREATE TABLE instance (id TEXT PRIMARY KEY, record BLOB NOT NULL) STRICT",
        "CREATE TABLE access_key (access_key_id TEXT PRIMARY KEY, record BLOB NOT NULL) STRICT",
        "CREATE TABLE secret (name TEXT PRIMARY KEY, sealed BLOB NOT NULL) STRICT",
        # AUTOINCREMENT: a serial number is never given twice, even after old lines were delivered and removed.
        "CREATE TABLE trail (serial INTEGER PRIMARY KEY AUTOINCREMENT, line BLOB NOT NULL) STRICT",
        "CREATE TABLE version (only INTEGER PRIMARY KEY CHECK (only = 0), number INTEGER NOT NULL) STRICT",
        "INSERT INTO version (only, number) VALUES (0, 0)",
    ),
    (
        # `grant` is a word of SQL's own.
        (
            "CREATE TABLE key_grant (region TEXT, key_id TEXT, grant_id TEXT, grantee TEXT NOT NULL, retiree TEXT,"
            " name TEXT, record BLOB NOT NULL, PRIMARY KEY (region, key_id, grant_id)) STRICT"
        ),
        "CREATE INDEX key_grant_by_grantee ON key_grant (region, key_id, grantee, grant_id)",
        "CREATE INDEX key_grant_by_name ON key_grant (region, key_id, name) WHERE name IS NOT NULL",
        "CREATE INDEX key_grant_by_retiree ON key_grant (region, retiree, grant_id) WHERE retiree IS NOT NULL",
    ),
    # The keys of a multi-Region set have one id.
    ("CREATE INDEX key_by_id ON key (key_id, region)",),
    (
        (
            "CREATE TABLE custom_key_store (region TEXT, custom_key_store_id TEXT, account TEXT NOT NULL,"
            " name TEXT NOT NULL, cluster_id TEXT, record BLOB NOT NULL,"
            " PRIMARY KEY (region, custom_key_store_id)) STRICT"
        ),
        "CREATE UNIQUE INDEX custom_key_store_by_name ON custom_key_store (account, region, name)",
        # No two of them share a cluster, in whatever account or Region: what one deletes would be the other's.
        "CREATE UNIQUE INDEX custom_key_store_by_cluster ON custom_key_store (cluster_id) WHERE cluster_id IS NOT NULL",
        "ALTER TABLE key ADD COLUMN custom_key_store_id TEXT",
        (
            "CREATE INDEX key_by_custom_key_store ON key (region, custom_key_store_id)"
            " WHERE custom_key_store_id IS NOT NULL"
        ),
    ),
    (
        (
            "CREATE TABLE wrapping_key (region TEXT, key_id TEXT, nonce TEXT, expires REAL NOT NULL,"
            " record BLOB NOT NULL, PRIMARY KEY (region, key_id, nonce)) STRICT"
        ),
        "CREATE INDEX wrapping_key_by_expiry ON wrapping_key (expires)",
    ),
    (
        # When the service has something to do with a key by itself: most keys are in none of these indexes.
        "ALTER TABLE key ADD COLUMN rotation_due REAL",
        "ALTER TABLE key ADD COLUMN deletion_due REAL",
        "ALTER TABLE key ADD COLUMN expiry_due REAL",
        OnlySqlite(
            "UPDATE key SET rotation_due = json_extract(CAST(record AS TEXT), '$.rotation.next_due')"
            " WHERE json_extract(CAST(record AS TEXT), '$.state') = 'Enabled'"
            " AND json_extract(CAST(record AS TEXT), '$.primary_region') IS NULL"
        ),
        OnlySqlite(
            "UPDATE key SET deletion_due = json_extract(CAST(record AS TEXT), '$.deletion_date')"
            " WHERE json_extract(CAST(record AS TEXT), '$.state') = 'PendingDeletion'"
        ),
        OnlySqlite("UPDATE key SET expiry_due = json_extract(CAST(record AS TEXT), '$.expiry.next_due')"),
        "CREATE INDEX key_by_rotation ON key (rotation_due, region, key_id) WHERE rotation_due IS NOT NULL",
        "CREATE INDEX key_by_deletion ON key (deletion_due, region, key_id) WHERE deletion_due IS NOT NULL",
        "CREATE INDEX key_by_expiry ON key (expiry_due, region, key_id) WHERE expiry_due IS NOT NULL",
        "CREATE TABLE job_run (name TEXT PRIMARY KEY, record BLOB NOT NULL) STRICT",
    ),
    (
        "CREATE TABLE organization (id TEXT PRIMARY KEY, record BLOB NOT NULL) STRICT",
        "CREATE TABLE managed_policy (arn TEXT PRIMARY KEY, record BLOB NOT NULL) STRICT",
        "CREATE TABLE mfa_device (serial_number TEXT PRIMARY KEY, record BLOB NOT NULL) STRICT",
        "CREATE TABLE oidc_provider (arn TEXT PRIMARY KEY, record BLOB NOT NULL) STRICT",
    ),
    ("CREATE TABLE linked_service (name TEXT PRIMARY KEY, record BLOB NOT NULL) STRICT",),
)

VERSION = len(STEPS)


def check_version(connection: sqlite3.Connection, name: str) -> int:
    """The schema version of a database, 0 if it is empty; raises StoreError if it is another's or a newer one."""
    application_id, found = _pragma(connection, "application_id"), _pragma(connection, "user_version")
    if (
        application_id == 0
        and found == 0
        and connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    ):
        return 0
    if application_id != APPLICATION_ID:
        raise StoreError(f"`{name}` is an SQLite database, but not one of this service")
    if found > VERSION:
        raise StoreError(f"`{name}` has schema version {found}; this release knows versions up to {VERSION}")
    return found


def migrate(connection: sqlite3.Connection, found: int) -> None:
    """Take a database from version `found` to the newest, each step in a transaction of its own."""
    for number, step in enumerate(STEPS[found:], start=found + 1):
        connection.execute("BEGIN IMMEDIATE")
        for statement in step:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
