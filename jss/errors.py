"""The one exception that a user meets: its text is a sentence that says what is wrong and what to
do.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path


class JssError(Exception):
    """Bad input, a missing file or an impossible request; ``str(error)`` is fit to be shown to a
    user.

    The command line prints it and exits with 2, the app shows it in a box; no traceback reaches a
    user. It is one printable line, whatever the file was called or held: see :func:`printable`.
    """

    def __str__(self) -> str:
        text = super().__str__()
        if text.startswith(
            "Caught JssError in "
        ):  # torch hands one on from a worker process with its whole traceback
            text = text.rpartition("JssError: ")[2].strip()
        return printable(text)


#: Packages that every part needs, as Python imports them.
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
    "yaml",
    "tqdm",
)
#: Optional packages, by the extra of pyproject.toml that brings them.
EXTRAS = {
    "data": ("requests", "pooch", "pyroomacoustics"),
    "app": ("streamlit", "plotly", "matplotlib", "PIL", "cachetools"),
    "train": ("asteroid", "pytorch_lightning", "lightning_fabric"),
    "bench": ("librosa", "psds_eval", "sed_scores_eval", "sed_eval"),
    "ray": ("ray",),
}


def missing_package(error: ModuleNotFoundError) -> JssError | None:
    """The sentence that names the command which installs the package that is missing.

    Returns:
        None where the error is not about a package that jss needs: then it is a bug.
    """
    package = (error.name or "").partition(".")[0]
    extra = next((extra for extra, names in EXTRAS.items() if package in names), None)
    if extra is None and package not in CORE:
        return None
    try:
        distribution("jss")
        place = "jss"
    except PackageNotFoundError:  # a bare checkout; the package index has another project named jss
        place = str(Path(__file__).parents[1])
    what = f"{place}[{extra}]" if extra else place
    return JssError(f"The package {package} is not installed: run pip install '{what}'.")


@contextmanager
def optional() -> Iterator[None]:
    """Around the import of an optional package: where it is missing, a JssError says what to run."""
    try:
        yield
    except ModuleNotFoundError as error:
        sentence = missing_package(error)
        if sentence is None:
            raise
        raise sentence from error


def report(log: logging.Logger, error: JssError) -> None:
    """Log an error after which the rest goes on: its sentence, and for a developer where it arose."""
    log.warning("%s", error)
    log.debug("It arose here:", exc_info=error)


class DiskError(JssError):
    """Nothing can be written any more: a disk is full or read-only. What comes next would meet the
    same.
    """


def printable(text: str, longest: int = 1000) -> str:
    """One line without control characters, which could rewrite a terminal; these become \\x1b and
    the like, and a text beyond ``longest`` characters loses its middle.
    """
    text = _shortened(text, longest)
    if text.isprintable():
        return text
    return _shortened("".join(c if c.isprintable() else ascii(c)[1:-1] for c in text), longest)


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest // 2]} ... {text[-longest // 2 :]}"
