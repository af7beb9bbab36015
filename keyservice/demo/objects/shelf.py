"""Where buckets and objects lie: a directory. Nothing in it opens an object.

owners/BUCKET           whose the bucket is
objects/BUCKET/HASH     an object, in the file named after the hash of its key
"""

import hashlib
import threading
from pathlib import Path

from keyservice.demo.files import replace_file
from keyservice.demo.objects.address import Address


class Shelf:
    """Buckets in a directory, which is made for its owner only."""

    def __init__(self, directory: Path) -> None:
        self._owners, self._objects = directory / "owners", directory / "objects"
        self._making = threading.Lock()
        for place in (self._owners, self._objects):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)

    def owner(self, bucket: str) -> str | None:
        """The account that the bucket belongs to, None if there is no such bucket."""
        try:
            return (self._owners / bucket).read_text(encoding="ascii")
        except FileNotFoundError:
            return None

    def make(self, bucket: str, account: str) -> str | None:
        """Make a bucket if nobody has it; gives the account that has it already."""
        with self._making:
            owner = self.owner(bucket)
            if owner is None:
                (self._objects / bucket).mkdir(mode=0o700, exist_ok=True)
                replace_file(self._owners / bucket, account.encode("ascii"))
            return owner

    def put(self, address: Address, file: bytes) -> None:
        """Keep an object in the place of the one that was there."""
        replace_file(self._path(address), file)

    def get(self, address: Address) -> bytes | None:
        """An object's file, None if there is none."""
        try:
            return self._path(address).read_bytes()
        except FileNotFoundError:
            return None

    def delete(self, address: Address) -> None:
        """Delete an object, if it is there."""
        self._path(address).unlink(missing_ok=True)

    def _path(self, address: Address) -> Path:
        return self._objects / address.bucket / hashlib.sha256(address.key.encode()).hexdigest()
