"""What no file may make jss do: write outside its target, reach out, start a program, take memory
or time for ever.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from jss.errors import JssError

SECONDS = 10
MEGABYTES = 800
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_CHANGES = {
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.symlink",
    "os.link",
    "os.truncate",
    "os.chmod",
}
_RINGS = (signal.SIGPROF, signal.SIGALRM)
_PROGRAMS = {"os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "pty.spawn"}

_watching: list[Path] = []
_seen: list[str] = []
_installed = False


def import_first() -> None:
    """What is imported for the first time takes its time, and makes folders of its own."""
    for name in (
        "scipy.optimize",
        "torch._inductor.config",
        "jss.models.fast.separator",
        "jss.models.fast.gru",
        "jss.models.fast.tiled",
        "jss.models.fast.conv_block",
        "jss.evaluation.run",
        "jss.training.experiment",
        "pages.ui.cache.loaders",
        "streamlit.testing.v1",
    ):
        import_module(name)


class Broken(AssertionError):
    """A file did what no file may do."""


class _TooLong(BaseException):
    """Not an Exception, so that nothing on the way takes it for an ordinary one."""


def guarded(act: Callable[[], None], target: Path) -> None:
    """Run ``act``. Raises Broken for an error that is no JssError, a sentence that is none, a write
    outside ``target``, a connection, a program (but git), more than SECONDS, and more than
    MEGABYTES on top of what there was.
    """
    _install()
    _seen.clear()
    before = _reset_peak()
    started = time.process_time()
    old = [signal.signal(kind, _ring) for kind in _RINGS]
    # Of the processor's time, since the machine may be busy with other things; sleeping counts six
    # times less.
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.alarm(6 * SECONDS)
    _watching.append(target.resolve())
    try:
        act()
    except JssError as error:
        sentence(str(error))
    except _TooLong:
        raise Broken(f"longer than {SECONDS} s") from None
    except Broken:
        raise
    except BaseException as error:
        raise Broken(f"{type(error).__name__}: {str(error)[:300]}") from error
    finally:
        _watching.clear()
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        for kind, handler in zip(_RINGS, old, strict=True):
            signal.signal(kind, handler)
    if _seen:
        raise Broken(f"outside {target}: {_seen[:5]}")
    if time.process_time() - started > SECONDS:
        raise Broken(f"took {time.process_time() - started:.1f} s")
    if (grown := _peak() - before) > MEGABYTES:
        raise Broken(f"took {grown:.0f} MB more")


def sentence(text: str) -> None:
    """Raises Broken unless a person can read it in a terminal: one line, no control characters, no
    flood.
    """
    if not text.isprintable():
        raise Broken(f"not printable: {text[:200]!r}")
    if len(text) > 1500:
        raise Broken(f"{len(text)} characters: {text[:100]}")


def _ring(*_: object) -> None:
    raise _TooLong


def _install() -> None:
    global _installed
    if not _installed:
        sys.dont_write_bytecode = True
        sys.addaudithook(_hook)
        _installed = True


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if not _watching:
        return
    if (
        event == "open"
        and isinstance(args[0], str | bytes)
        and isinstance(args[2], int)
        and args[2] & _WRITES
    ):
        _check(event, args[0])
    elif event in _CHANGES:
        for path in args[: 2 if event in ("os.rename", "os.link", "os.symlink") else 1]:
            _check(event, path)
    elif event in _PROGRAMS:
        if not str(args[0]).endswith("git"):
            _seen.append(f"{event} {args[0]}")
    elif event in ("socket.connect", "socket.getaddrinfo"):
        _seen.append(f"{event} {args[1:]}")


def _check(event: str, path: object) -> None:
    if isinstance(path, str | bytes):
        real = Path(os.path.abspath(os.fsdecode(path)))
        if not real.is_relative_to(_watching[0]) and str(real) != os.devnull:
            _seen.append(f"{event} {real}")


def _reset_peak() -> float:
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return _peak()
    return _peak()


def _peak() -> float:
    """Most memory held since the last reset, in MB; 0 where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
