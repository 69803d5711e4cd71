"""The compiled kernels, when they are ready: nobody waits for a compiler."""

from __future__ import annotations

import sys
import threading
from types import ModuleType

_lock = threading.Lock()
_done = threading.Event()
_kernels: ModuleType | None = None
_thread: threading.Thread | None = None


def kernels(wait: float | None = 2.0) -> ModuleType | None:
    """``jss.models.kernels``, or None while it is being compiled and where Numba cannot do it (said once).

    The first call starts a thread, and a call waits for it for at most ``wait`` seconds (None: to its end): enough to
    load what an earlier process has compiled, not to compile.
    """
    global _thread
    if not _done.is_set():
        with _lock:
            if _thread is None:
                _thread = threading.Thread(target=_load, name="jss-kernels", daemon=True)
                _thread.start()
                first = True
            else:
                first = False
        if first or wait is None:
            _done.wait(wait)
    return _kernels


def _load() -> None:
    global _kernels
    try:
        from jss.models import kernels as module

        _kernels = module
    except Exception as error:  # whatever a compiler may say: the plain pass gives the same numbers
        print(f"jss: Numba cannot compile here ({error}): the separator runs uncompiled, three times slower.",
              file=sys.stderr)
    finally:
        _done.set()
