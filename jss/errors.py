"""The exception whose text is shown to a user, and the functions that make such texts."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

#: The plural's ending of a word: clip-s, class-es.
_PLURAL = re.compile(r"(?<=ss)es\b|s\b")


class JssError(Exception):
    """Bad input, a missing file or an impossible request: ``str(error)`` says what to do.

    The command line prints it and exits with 2, the app shows it in a box; ``--debug`` adds the
    traceback. It is one printable line, whatever a file was called or contained: see
    :func:`printable`.
    """

    def __str__(self) -> str:
        text = super().__str__()
        # torch passes on an error of a worker process with its whole traceback as the text.
        if text.startswith("Caught JssError in "):
            text = text.rpartition("JssError: ")[2].strip()
        return printable(text)


#: Required packages, by the names that Python imports.
CORE = (
    "torch",
    "numba",
    "numpy",
    "scipy",
    "pandas",
    "soundfile",
    "av",
    "soxr",
    "pyloudnorm",
    "safetensors",
    "pydantic",
    "typing_extensions",
    "yaml",
    "tqdm",
)
#: Optional packages, by the extra of pyproject.toml that installs them.
EXTRAS = {
    "data": ("requests", "pooch", "pyroomacoustics"),
    "app": ("streamlit", "plotly", "matplotlib", "PIL"),
    "train": ("asteroid", "pytorch_lightning", "lightning_fabric"),
    "bench": ("librosa", "psds_eval", "sed_scores_eval", "sed_eval"),
    "onnx": ("onnxruntime", "onnx"),
    "ray": ("ray",),
}


def missing_package(error: ModuleNotFoundError) -> JssError | None:
    """Error that names the command which installs a missing package.

    Returns:
        None where the package is not one of jss's: then it is a bug.
    """
    package = (error.name or "").partition(".")[0]
    extra = next((extra for extra, names in EXTRAS.items() if package in names), None)
    if extra is None and package not in CORE:
        return None
    try:
        distribution("jss")
        target = "jss"
    except PackageNotFoundError:  # a bare checkout: on PyPI, jss is another project
        target = str(Path(__file__).parents[1])
    requirement = f"{target}[{extra}]" if extra else target
    return JssError(f"The package {package} is not installed: run pip install '{requirement}'.")


@contextmanager
def optional() -> Iterator[None]:
    """Wrap the import of an optional package: where it is missing, JssError says what to run."""
    try:
        yield
    except ModuleNotFoundError as error:
        sentence = missing_package(error)
        if sentence is None:
            raise
        raise sentence from error


def debugging() -> bool:
    """Whether a developer wants to see tracebacks: JSS_DEBUG=1."""
    return os.environ.get("JSS_DEBUG", "0") not in ("", "0")


def report(log: logging.Logger, error: JssError) -> None:
    """Log an error after which work continues: its sentence, and the traceback for debugging.

    Args:
        log: Logger of the module that continues.
        error: The error.
    """
    log.warning("%s", error)
    log.debug("It arose here:", exc_info=error)


class DiskError(JssError):
    """The disk is full or read-only, so every later write would fail too."""


class NoMemoryError(JssError):
    """What is computed at once does not fit in memory; less of it may."""


def number_of(number: int, things: str) -> str:
    """A number with its noun, in the singular where it is one: "1 recording used".

    Args:
        number: How many.
        things: What, in the plural; its first word in -s is the noun, such as "recordings used".
    """
    return f"{number} {_PLURAL.sub('', things, count=1) if number == 1 else things}"


def printable(text: str) -> str:
    r"""Text as one line without control characters, which could rewrite a terminal.

    Args:
        text: Any text; control characters become \x1b and the like, and the middle of a long one is
            left out.

    Returns:
        The line.
    """
    text = _shortened(text)
    if text.isprintable():
        return text
    return _shortened("".join(c if c.isprintable() else ascii(c)[1:-1] for c in text))


def _shortened(text: str) -> str:
    return text if len(text) <= 1000 else f"{text[:500]} ... {text[-500:]}"
