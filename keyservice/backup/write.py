"""Writing a backup of an open store, while it serves, in bounded memory."""

import json
import os
import secrets
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from keyservice.audit.segment import segments, sync_directory
from keyservice.backup.header import BackupError, Facts, write_header
from keyservice.backup.stream import StreamWriter
from keyservice.keystore.domain import ROOT_ID_NAME, Domain, sealed_domain_key
from keyservice.keystore.domain import SECRET_NAME as DOMAIN_KEY
from keyservice.keystore.root_key import Random, RootKey
from keyservice.store.port import Store
from keyservice.store.snapshot import SECRET, Snapshot

ROOT, END = "root", "end"


def write_backup(
    path: Path,
    store: Store,
    root: RootKey,
    domain: Domain,
    *,
    passphrase: str | None,
    now: float,
    trail: Path,
    random: Random = os.urandom,
) -> Mapping[str, int]:
    """Back a store up to a new file, for its owner alone; how many records of each kind it holds.

    It is written beside and moved into place, so that there is a whole backup or none.

    Raises:
        BackupError, StoreError: if it cannot be, or there is such a file already.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file, store.snapshot() as snapshot:
                facts = Facts(
                    created=now,
                    domain_id=domain.domain_id,
                    store_version=snapshot.version,
                    trail_serial=snapshot.trail_serial,
                    trail_segment=max((segment.name for segment in segments(trail)), default=""),
                )
                key = write_header(file, facts, root, passphrase, random)
                counts = _write_body(
                    StreamWriter(file, key),
                    snapshot,
                    root,
                    domain,
                    has_passphrase=passphrase is not None,
                    random=random,
                )
                file.flush()
                os.fsync(descriptor)
            os.link(draft, path, follow_symlinks=False)  # unlike a rename, it never replaces a file that is there
        finally:
            draft.unlink(missing_ok=True)
        sync_directory(path.parent)
    except FileExistsError:
        raise BackupError(f"`{path}` exists already") from None
    except OSError as error:
        raise BackupError(f"cannot write `{path}`: {error.strerror}") from None
    return counts


def _write_body(
    stream: StreamWriter, snapshot: Snapshot, root: RootKey, domain: Domain, *, has_passphrase: bool, random: Random
) -> Mapping[str, int]:
    counts: Counter[str] = Counter()
    if has_passphrase:
        _frame(stream, ROOT, root.key)
    # Sealed here and not copied: between the snapshot and now the root key may have become another.
    own = {DOMAIN_KEY: sealed_domain_key(domain, root, random=random), ROOT_ID_NAME: bytes.fromhex(root.root_id)}
    others = ((name, sealed) for name, sealed in snapshot.secrets() if name not in own)
    for name, sealed in (*own.items(), *others):
        _frame(stream, SECRET, name.encode() + b"\0" + sealed)
        counts[SECRET] += 1
    for table, record in snapshot.records():
        _frame(stream, table, record)
        counts[table] += 1
    _frame(stream, END, json.dumps(counts, sort_keys=True).encode("ascii"))
    stream.close()
    return dict(counts)


def _frame(stream: StreamWriter, kind: str, content: bytes) -> None:
    name = kind.encode("ascii")
    stream.write(len(name).to_bytes(4, "big") + name + len(content).to_bytes(4, "big") + content)
