"""The file that says what a folder of rendered clips is, so that no two sets are mixed in it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from jss.errors import JssError
from jss.io.atomic import atomic_write, remove_partial_files

MANIFEST = "manifest.json"


def claim(path: Path, settings: Mapping[str, Any]) -> None:
    """Begin a set whose manifest is ``path``, or go on with one that has the same settings.

    Raises JssError where the folder holds a set with other settings.
    """
    if not path.is_file():
        write_json(path, settings)
        return
    try:
        there = TypeAdapter(dict[str, Any]).validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise JssError(f"{path} is damaged: render into another folder.") from error
    other = [key for key, value in settings.items() if there.get(key) != value]
    if other:
        raise JssError(
            f"{path.parent} holds a set with another {other[0].replace('_', ' ')}: render into another "
            "folder, or delete it first."
        )
    remove_partial_files(path.parent)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Keys and values as JSON that a person can read, written aside and renamed."""
    with atomic_write(path) as part:
        part.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class _Rendered:
    """What a manifest says of the set that ``render`` finished."""

    set: str
    clips: dict[str, int]
    seed: int
    sources: bool


def rendered_by(root: Path) -> str | None:
    """The command that renders such a set again, DATA and BANK standing for the folders of the set
    and of recordings.

    None where ``root`` is no set that ``render`` finished. What the manifest says becomes a command
    that people copy, so names are words.
    """
    try:
        there = TypeAdapter(_Rendered).validate_json((root / MANIFEST).read_bytes())
    except (OSError, ValidationError):
        return None
    name = there.set
    if not all(re.fullmatch(r"\w+", word, re.ASCII) for word in (name, *there.clips)):
        return None
    parts = [
        "python -m jss render",
        name,
        "DATA",
        *(() if name == "synthscapes" else ("--soundbank BANK",)),
        "--clips 0",
        *(f"{subset}={count}" for subset, count in there.clips.items() if count),
        f"--seed {there.seed}",
        *(() if there.sources else ("--no-sources",)),
    ]
    return " ".join(parts)
