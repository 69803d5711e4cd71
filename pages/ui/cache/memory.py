"""A cache in memory, shared by all sessions, of the results that were shown last."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """An object that knows how many bytes of memory it takes."""

    @property
    def nbytes(self) -> int: ...


T = TypeVar("T", bound=Sized)


class MemoryCache(Generic[T]):
    """The last used items that take at most ``size`` bytes together; the ``newest`` always stay."""

    def __init__(self, size: int, newest: int = 1) -> None:
        self._size, self._newest = size, newest
        self._items, self._lock = OrderedDict[str, T](), threading.Lock()

    def get(self, key: str) -> T | None:
        """Return the item of a key, which is then the last used one, or None."""
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
            return self._items.get(key)

    def put(self, key: str, item: T) -> None:
        """Store an item, and drop the least recently used ones until the rest fits."""
        with self._lock:
            self._items[key] = item
            self._items.move_to_end(key)
            while (
                len(self._items) > self._newest
                and sum(item.nbytes for item in self._items.values()) > self._size
            ):
                self._items.popitem(last=False)
