"""What lies where in the data directory.

root.key      the root key, owner-only
wardkey.db    the store
store.url     where the store is instead, if it is on PostgreSQL
trail/        the audit trail's segments
aws/          config and credentials for `aws` and the SDKs
control.sock  where commands reach a running service
"""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """The paths in a data directory."""

    path: Path

    @property
    def root_key(self) -> Path:
        """The root key's file."""
        return self.path / "root.key"

    @property
    def store(self) -> Path:
        """The store's database."""
        return self.path / "wardkey.db"

    @property
    def store_url(self) -> Path:
        """The file that names a database on PostgreSQL, if the store is there."""
        return self.path / "store.url"

    @property
    def trail(self) -> Path:
        """The directory of the audit trail's segments."""
        return self.path / "trail"

    @property
    def control_socket(self) -> Path:
        """The socket of the running service."""
        return self.path / "control.sock"

    @property
    def aws_config(self) -> Path:
        """What AWS_CONFIG_FILE is pointed at."""
        return self.path / "aws" / "config"

    @property
    def aws_credentials(self) -> Path:
        """What AWS_SHARED_CREDENTIALS_FILE is pointed at."""
        return self.path / "aws" / "credentials"

    def create(self) -> None:
        """Make the directory, for its owner only."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, all of it or nothing: it is made beside and moved into place."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
