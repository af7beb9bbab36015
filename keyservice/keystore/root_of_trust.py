"""What is done to the root key of a store that is open: sealed otherwise, or exchanged for a new one, while serving.

The domain key is what a root key seals. So a new root key costs one record, nothing that was encrypted changes, and
nobody waits. What it is for: whoever got hold of the old root key's file or passphrase gets nothing from what the store
is from now on. Whoever had the store of that time too has the domain key, which stays.
"""

import os
import threading
from pathlib import Path

from keyservice.keystore.domain import Unsealed, put_domain_key
from keyservice.keystore.root import reseal_root
from keyservice.keystore.root_files import RootFiles
from keyservice.keystore.root_key import Random, RootKey, make_root
from keyservice.keystore.root_sealing import Sealing
from keyservice.store.port import Store


class RootOfTrust:
    """The root key of an open store. Its methods may be called from any thread."""

    def __init__(self, store: Store, path: Path, unsealed: Unsealed, *, random: Random = os.urandom) -> None:
        self._store = store
        self._path = path
        self._root = unsealed.root
        self.domain = unsealed.domain
        self._random = random
        self._changing = threading.Lock()

    @property
    def root(self) -> RootKey:
        """The root key as it is now."""
        return self._root

    def reseal(self, sealing: Sealing) -> None:
        """Seal the same root key by another passphrase, or in another way.

        Raises:
            UnsealError: if it cannot be; it is then sealed as it was.
        """
        with self._changing:
            reseal_root(self._path, self._root, sealing, random=self._random)

    def rotate(self, sealing: Sealing) -> RootKey:
        """Make a new root key, which seals the domain key from now on; the old one is kept for old backups.

        Raises:
            UnsealError, StoreError: if it cannot be; the old one is then still in its place.
        """
        with self._changing:
            files, root = RootFiles(self._path), make_root(self._random)
            files.settle(self._root.root_id)
            files.prepare(root, sealing, random=self._random)
            with self._store.change() as change:
                put_domain_key(change, self.domain, root, random=self._random)
            self._root = root
            files.settle(root.root_id)
            return root
