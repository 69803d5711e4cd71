"""The compiled kernels, when they are ready: nobody waits for a compiler who does not ask to."""

from __future__ import annotations

import importlib
import sys
import threading
from types import ModuleType


class Compiled:
    """A module of kernels, imported in a thread of its own, since importing it compiles it."""

    def __init__(self, name: str, otherwise: str) -> None:
        """name: the module's in ``jss.models``; otherwise: what happens without it, said once where
        Numba cannot compile.
        """
        self.name, self.otherwise = name, otherwise
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._module: ModuleType | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> bool:
        """Begin to import the module. -> whether nothing had begun before."""
        with self._lock:
            if self._thread is not None:
                return False
            self._thread = threading.Thread(target=self._load, name=f"jss-{self.name}", daemon=True)
            self._thread.start()
            return True

    def get(self, wait: float | None) -> ModuleType | None:
        """The module, or None while it is being compiled and where Numba cannot do it.

        The first call waits for at most ``wait`` seconds, None: every call to the end.
        """
        if not self._done.is_set() and (self.start() or wait is None):
            self._done.wait(wait)
        return self._module

    def _load(self) -> None:
        try:
            self._module = importlib.import_module(f"jss.models.{self.name}")
        except (
            Exception
        ) as error:  # whatever a compiler may say: the plain pass gives the same numbers
            print(f"jss: Numba cannot compile here ({error}): {self.otherwise}.", file=sys.stderr)
        finally:
            self._done.set()


_separator = Compiled("kernels", "the separator runs uncompiled, three times slower")
_gru = Compiled("gru_kernels", "the detector's recurrent layers run uncompiled, five times slower")


def kernels(wait: float | None = 2.0) -> ModuleType | None:
    """``jss.models.kernels``, or None while it is being compiled and where Numba cannot do it (said
    once).

    The first call starts a thread, and waits for it for at most ``wait`` seconds: enough to load
    what an earlier process has compiled, not to compile. A detector comes after a separator: its
    kernels are begun here too, behind the separator's work. With None, every call waits until both
    are ready: no number changes then in mid-run.
    """
    found = _separator.get(wait)
    if wait is None:
        _gru.get(None)
    else:
        _gru.start()
    return found


def recurrent_kernels(wait: float | None = 2.0) -> ModuleType | None:
    """``jss.models.gru_kernels``, or None as ``kernels`` has it; wait: as there."""
    return _gru.get(wait)
