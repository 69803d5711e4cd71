"""The manifest of a folder of rendered clips, which keeps two sets from being mixed in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from jss.errors import JssError
from jss.io.atomic import atomic_write, remove_partial_files
from jss.io.locks import locked_folder

MANIFEST = "manifest.json"


@contextmanager
def rendering(path: Path, settings: Mapping[str, Any]) -> Iterator[None]:
    """Claim a set (:func:`claim`), and lock its folder in the ``with`` block.

    Args:
        path: The manifest of the set.
        settings: What the clips depend on; plain data.

    Raises:
        JssError: The folder holds a set with other settings, or another process renders into it.
    """
    with locked_folder(path.parent):
        claim(path, settings)
        yield


def rendered(clip: Callable[[int], Path]) -> int:
    """How many clips of a subset an earlier call rendered, up to the first that is missing.

    Args:
        clip: Number of a clip -> its file.
    """
    return next(number for number in count() if not clip(number).is_file())


def claim(path: Path, settings: Mapping[str, Any]) -> None:
    """Start a set, or resume one that has the same settings.

    Args:
        path: The manifest of the set.
        settings: What the clips depend on; plain data.

    Raises:
        JssError: The folder holds a set with other settings.
    """
    if not path.is_file():
        write_json(path, settings)
        return
    try:
        stored = TypeAdapter(dict[str, Any]).validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise JssError(f"{path} is damaged: render into another folder.") from error
    other = [key for key, value in settings.items() if stored.get(key) != value]
    if other:
        raise JssError(
            f"{path.parent} holds a set with another {other[0].replace('_', ' ')}: render into another "
            "folder, or delete it first."
        )
    remove_partial_files(path.parent)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write indented JSON atomically.

    Args:
        path: The file.
        content: Plain data.
    """
    with atomic_write(path) as part:
        part.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class _Rendered:
    """The part of a manifest that :func:`rendered_by` needs."""

    set: str
    clips: dict[str, int]
    seed: int
    sources: bool


def rendered_by(root: Path) -> str | None:
    """Command that renders a set again.

    Names from the manifest are checked to be single words, because users copy the command.

    Args:
        root: The folder of the set.

    Returns:
        The command, with DATA and BANK for the folders of the set and of the recordings; None where
        ``render`` did not finish a set there.
    """
    try:
        manifest = TypeAdapter(_Rendered).validate_json((root / MANIFEST).read_bytes())
    except (OSError, ValidationError):
        return None
    name = manifest.set
    if not all(re.fullmatch(r"\w+", word, re.ASCII) for word in (name, *manifest.clips)):
        return None
    parts = [
        "python -m jss render",
        name,
        "DATA",
        *(() if name == "synthscapes" else ("--soundbank BANK",)),
        "--clips 0",
        *(f"{subset}={count}" for subset, count in manifest.clips.items() if count),
        f"--seed {manifest.seed}",
        *(() if manifest.sources else ("--no-sources",)),
    ]
    return " ".join(parts)
