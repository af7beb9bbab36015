"""Where root keys lie in a data directory, and how one takes another's place without a moment in which both are lost.

root.key              the root key that seals the store's domain key
root.key.next         the one that is about to: written first, then the domain key is sealed under it in the store, then
                      it takes the name `root.key`
retired-roots/ID.key  those before, as they were sealed: backups that were sealed to them are restored with these

The store says which root key seals its domain key, so that whatever was cut short is finished when it is opened again.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from keyservice.keystore import root_file
from keyservice.keystore.root import look_at_root, write_root
from keyservice.keystore.root_key import Random, RootKey, RootKeyError
from keyservice.keystore.root_sealing import Sealing


@dataclass(frozen=True, slots=True)
class RootFiles:
    """The files beside a root key's file."""

    path: Path

    @property
    def next(self) -> Path:
        """The root key to come."""
        return self.path.with_name(self.path.name + ".next")

    @property
    def retired(self) -> Path:
        """The directory of earlier root keys."""
        return self.path.with_name("retired-roots")

    def prepare(self, root: RootKey, sealing: Sealing, *, random: Random = os.urandom) -> None:
        """Write the root key to come.

        Raises:
            UnsealError: if it cannot be written, or sealed so.
        """
        write_root(self.next, root, sealing, random=random)

    def settle(self, wanted: str) -> None:
        """Make `root.key` the root key of an id, if that is the one to come.

        One that never came is put among the retired: whether the change that was to need it took place may not have
        been known, and a root key that seals nothing harms nobody.

        Raises:
            RootKeyError: if a file cannot be read or moved.
        """
        if not self.next.exists():
            return
        try:
            is_wanted = look_at_root(self.next).root_id == wanted and not self._is_settled(wanted)
            self._retire(self.path if is_wanted else self.next)
            if is_wanted:
                self.next.replace(self.path)
            else:
                self.next.unlink()
            root_file.sync_directory(self.path.parent)
        except OSError as error:
            raise RootKeyError(f"cannot put `{self.next}` in its place: {error.strerror}") from None

    def _is_settled(self, wanted: str) -> bool:
        return self.path.exists() and look_at_root(self.path).root_id == wanted

    def _retire(self, path: Path) -> None:
        """Give a root key a second name among the retired; a file that is missing was retired before."""
        if not path.exists():
            return
        self.retired.mkdir(mode=0o700, exist_ok=True)
        name = self.retired / f"{look_at_root(path).root_id}.key"
        if not name.exists():
            os.link(path, name, follow_symlinks=False)
            root_file.sync_directory(self.retired)
