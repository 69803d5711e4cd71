"""What was shown last, in memory for all sessions."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """What knows how much memory it takes."""

    @property
    def nbytes(self) -> int: ...


T = TypeVar("T", bound=Sized)


class Shelf(Generic[T]):
    """The last used of many things. size: bytes that they may take together; the newest one always
    stays.
    """

    def __init__(self, size: int) -> None:
        self._size, self._items, self._lock = size, OrderedDict[str, T](), threading.Lock()

    def get(self, key: str) -> T | None:
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
            return self._items.get(key)

    def put(self, key: str, item: T) -> None:
        with self._lock:
            self._items[key] = item
            self._items.move_to_end(key)
            while (
                len(self._items) > 1
                and sum(one.nbytes for one in self._items.values()) > self._size
            ):
                self._items.popitem(last=False)
