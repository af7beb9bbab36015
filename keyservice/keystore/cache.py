"""A bounded memory of what has been unwrapped."""

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")

# The sealed bytes are part of the name, so that a record changed in the store is never answered from memory.
CacheName = tuple[str, str, str, bytes]


class BoundedCache(Generic[T]):
    """Things by name, at most `size` of them, the least recently used leaving first. For several threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[CacheName, T] = OrderedDict()
        self._lock = Lock()

    def get(self, name: CacheName) -> T | None:
        """What stands under the name."""
        with self._lock:
            found = self._entries.get(name)
            if found is not None:
                self._entries.move_to_end(name)
            return found

    def put(self, name: CacheName, thing: T) -> None:
        """Keep it, and let the oldest go if there are too many."""
        with self._lock:
            self._entries[name] = thing
            self._entries.move_to_end(name)
            while len(self._entries) > self._size:
                self._entries.popitem(last=False)

    def drop(self, name: CacheName) -> None:
        """Let it go."""
        with self._lock:
            self._entries.pop(name, None)
