"""The command line, ``jss COMMAND`` or ``python -m jss COMMAND``: runs it, reports errors."""

from __future__ import annotations

import argparse
import atexit
import difflib
import logging
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import NoReturn

import jss
from jss.errors import DiskError, JssError, debugging, missing_package
from jss.io.atomic import DISK_FAILURES, unwritable
from jss.io.notes import warn

#: The exit code after Ctrl-C.
STOPPED = 130
#: Functions that C calls back, which drops what they raise: those of soundfile's virtual files and
#: of ours, and finalisers.
_SWALLOWING = {
    "vio_get_filelen",
    "vio_seek",
    "vio_read",
    "vio_write",
    "vio_tell",
    "readinto",
    "__del__",
}
#: Verb -> the module of ``jss.commands`` with HELP, add_arguments(parser) and run(args) -> exit
#: code.
VERBS = {
    "detect": "jss.commands.detect",
    "list": "jss.commands.list",
    "prepare": "jss.commands.prepare",
    "download": "jss.commands.download",
    "statistics": "jss.commands.statistics",
    "render": "jss.commands.render",
    "train": "jss.commands.train",
    "campaign": "jss.commands.campaign",
    "summary": "jss.commands.summary",
    "review": "jss.commands.review",
    "finetune": "jss.commands.finetune",
    "tune": "jss.commands.tune",
    "evaluate": "jss.commands.evaluate",
    "score": "jss.commands.score",
    "tag": "jss.commands.tag",
    "convert": "jss.commands.convert",
    "export-onnx": "jss.commands.export_onnx",
    "export": "jss.commands.export_events",
    "import": "jss.commands.import_events",
    "cut": "jss.commands.cut",
    "bench": "jss.commands.bench",
}


#: Name of the program in messages: the installed command, or the package in a checkout.
PROGRAM = "jss" if Path(sys.argv[0]).stem == "jss" else "python -m jss"


class _Parser(argparse.ArgumentParser):
    """One sentence instead of a page of usage."""

    def error(self, message: str) -> NoReturn:
        raise JssError(f"{message} (see {self.prog} --help).")


def verbs() -> list[str]:
    """The verbs whose module is installed, in the order of the help."""
    return [verb for verb, module in VERBS.items() if find_spec(module) is not None]


def help_text() -> str:
    """The text of ``jss --help``: a line per command."""
    lines = [f"  {verb:<11} {import_module(VERBS[verb]).HELP}" for verb in verbs()]
    return "\n".join(
        [
            f"usage: {PROGRAM} COMMAND ...",
            "",
            "Separates a recording into sources and finds its sound events.",
            "",
            *lines,
            "",
            "--debug, or JSS_DEBUG=1, shows the traceback of an error.",
            f"{PROGRAM} COMMAND --help shows the options of a command; the app starts in a checkout with: make app",
        ]
    )


def program() -> NoReturn:
    """Run a verb and end the process.

    The first Ctrl-C stops the verb, which takes a moment; the second ends the process at once. All
    files are written under another name first, so that neither leaves an incomplete one.
    """
    signal.signal(signal.SIGINT, _first_ctrl_c)
    code = main()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    code = _flushed(code)
    if code == STOPPED or any(thread.daemon for thread in threading.enumerate()):
        # A daemon may be in torch, which aborts where the interpreter ends beneath it; and Python
        # kills itself at its end where a KeyboardInterrupt once came through exec().
        atexit._run_exitfuncs()
        os._exit(code)
    raise SystemExit(code)


def _first_ctrl_c(_: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGINT, _second_ctrl_c)
    signal.signal(signal.SIGALRM, _stop)
    _stop(signal.SIGALRM, frame)


def _stop(_: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, a moment later where it would be lost."""
    while frame is not None:
        if frame.f_code.co_name in _SWALLOWING:
            signal.setitimer(signal.ITIMER_REAL, 0.002)
            return
        frame = frame.f_back
    raise KeyboardInterrupt


def _second_ctrl_c(*_: object) -> NoReturn:
    os.write(2, b"\njss: Stopped.\n")
    os._exit(STOPPED)


def _flushed(code: int) -> int:
    """Flush standard output, and return the exit code: 1 where its disk is full.

    Args:
        code: Exit code of the verb.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return code or _mistake(unwritable("The output", error), debug=False)
    return code


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb.

    Args:
        argv: Arguments; None: those of the process.

    Returns:
        The exit code: 0 done, 1 done in part or a disk is full, 2 an error or nothing done, 130
        stopped by Ctrl-C.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in arguments or debugging()
    warn.cache_clear()  # a note is printed once in a run
    try:
        with _logging(debug), _library_warnings(debug):
            return _run([word for word in arguments if word != "--debug"])
    except JssError as error:
        return _mistake(error, debug)
    except ModuleNotFoundError as error:
        sentence = missing_package(error)
        if sentence is None:
            raise
        sentence.__cause__ = error
        return _mistake(sentence, debug)
    except KeyboardInterrupt as stop:
        print(f"\njss: {str(stop) or 'Stopped.'}", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:  # the reader of the pipe has ended, which is no error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except PermissionError as error:
        sentence = JssError(f"{error.filename or 'A file'} cannot be opened: permission denied.")
        sentence.__cause__ = error
        return _mistake(sentence, debug)
    except OSError as error:
        if error.errno not in DISK_FAILURES:
            raise
        return _mistake(unwritable(error.filename or "The output", error), debug)


def _mistake(error: JssError, debug: bool) -> int:
    """Print the sentence of an error, and with ``debug`` its traceback.

    Returns:
        The exit code: 2, or 1 for a full disk.
    """
    if debug:
        traceback.print_exception(error)
    print(f"jss: {error}", file=sys.stderr)
    return 1 if isinstance(error, DiskError) else 2


@contextmanager
def _logging(debug: bool) -> Iterator[None]:
    """Log the package to standard error: a sentence a line; with ``debug`` also time and module."""
    handler = logging.StreamHandler()
    line = "%(asctime)s %(levelname)s %(name)s: %(message)s" if debug else "jss: %(message)s"
    handler.setFormatter(logging.Formatter(line))
    logger = logging.getLogger("jss")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if debug else logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)


@contextmanager
def _library_warnings(debug: bool) -> Iterator[None]:
    """Hide two warnings of libraries that users can do nothing about, unless ``debug`` is set."""
    with warnings.catch_warnings():
        if not debug:
            # Of torchmetrics in the version that Asteroid pins, and of Asteroid's PIT.
            warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
            warnings.filterwarnings("ignore", message="Creating a tensor from a list of numpy")
        yield


def _run(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(help_text())
        return 0 if arguments else 2
    verb, *rest = arguments
    if verb == "--version":
        print(f"jss {jss.__version__}")
        return 0
    if verb not in verbs():
        close = difflib.get_close_matches(verb, verbs(), 1)
        advice = f"did you mean {close[0]}?" if close else f"use one of {', '.join(verbs())}."
        raise JssError(f"There is no command '{verb}': {advice}")
    module = import_module(VERBS[verb])
    parser = _Parser(prog=f"{PROGRAM} {verb}", description=module.HELP)
    module.add_arguments(parser)
    try:
        # Lists of values may stand anywhere on the line.
        intermixed = getattr(module, "INTERMIXED", False)
        options = parser.parse_intermixed_args(rest) if intermixed else parser.parse_args(rest)
    except SystemExit as stop:  # --help
        return int(stop.code or 0)
    code: int = module.run(options)
    return code
