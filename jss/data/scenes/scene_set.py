"""The weak-label paper's scenes on disk: mixtures, sources, strong labels and a list in JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from jss import audio
from jss.arrays import Float32
from jss.data.acquire.checking import map_in_threads
from jss.data.clip import Clip, Event
from jss.data.datasets import desed
from jss.data.datasets.overlap import merge
from jss.data.manifest import MANIFEST, rendered, rendering
from jss.data.scenes.scenes import SPLITS, Scene, SceneRecipe, SceneSet, render_scene
from jss.data.soundbank.bank import Bank, recordings_sha256
from jss.errors import JssError
from jss.io.atomic import atomic_write

#: File with one line of JSON for each scene.
LINES = "scenes.jsonl"
#: Number of scenes of each split in the paper.
PAPER_SCENES: Mapping[str, int] = {"train": 20000, "validation": 5000, "test": 5000}


def render_scenes(
    root: Path,
    bank: Bank,
    recipe: SceneRecipe,
    clips: Mapping[str, int],
    seed: int = 0,
    sources: bool = True,
    workers: int = 1,
) -> dict[str, int]:
    """Render every scene that does not exist yet, then ``SPLIT/strong.tsv`` and ``scenes.jsonl``.

    A split of 0 scenes stays as an earlier call rendered it.

    ``SPLIT/SPLIT_00017.wav`` is a mixture and ``SPLIT/SPLIT_00017_sources/LABEL.wav`` each class in
    it, as 32-bit float, because the samples are not limited.

    Args:
        root: Folder of the set.
        bank: The soundbank.
        recipe: Recipe of the scenes.
        clips: Number of scenes of each of train, validation and test.
        seed: Random seed.
        sources: Whether to write the sources.
        workers: Number of threads.

    Returns:
        Number of scenes of each split.

    Raises:
        JssError: The folder holds another set, another process renders into it, or the bank lacks a
            class.
    """
    settings = {"set": "scenes", "seed": seed, "sources": sources, "recipe": repr(recipe)}
    with rendering(root / MANIFEST, {**settings, "recordings_sha256": recordings_sha256(bank)}):
        lines: list[str] = []
        counts: dict[str, int] = {}
        for split, wanted in clips.items():
            size = _size(root, split, wanted)
            counts[split] = size
            scenes = SceneSet(recipe, bank, split, seed, size)
            names = [_name(split, number) for number in range(size)]
            drawn = [scenes.scene(number) for number in range(size)]

            def write(item: tuple[str, Scene], split: str = split) -> None:
                if not _mixture(root, split, item[0]).is_file():
                    _write(root, split, *item, bank, sources)

            for _ in map_in_threads(write, list(zip(names, drawn, strict=True)), workers, "scene"):
                pass
            desed.write_strong(
                root / split / "strong.tsv",
                [
                    Clip(
                        f"{name}.wav",
                        None,
                        scene.duration,
                        merge(Event(*event) for event in scene.events),
                    )
                    for name, scene in zip(names, drawn, strict=True)
                ],
            )
            lines += [_line(split, name, scene) for name, scene in zip(names, drawn, strict=True)]
        with atomic_write(root / LINES) as part:
            part.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return counts


def render_scene_lines(
    lines: Iterable[str], root: Path, bank: Bank, sources: bool = True
) -> list[str]:
    """Render single scenes again, to the same bytes, from lines of ``scenes.jsonl``.

    Args:
        lines: The lines.
        root: Folder to write to.
        bank: The soundbank.
        sources: Whether to write the sources.

    Returns:
        Paths of the mixtures, relative to ``root``.

    Raises:
        JssError: ``render_scenes`` did not write a line, or the bank lacks a recording.
    """
    written = []
    for line in lines:
        split, name, scene = _read(line)
        _write(root, split, name, scene, bank, sources)
        written.append(_mixture(root, split, name).relative_to(root).as_posix())
    return written


def is_scene(line: str) -> bool:
    """Whether a line is of ``scenes.jsonl``, not of a set of soundscapes."""
    return '"scene":' in line


def _line(split: str, name: str, scene: Scene) -> str:
    row = dataclasses.asdict(_Line(split, f"{split}/{name}.wav", scene))
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


@dataclasses.dataclass(frozen=True)
class _Line:
    """One line of ``scenes.jsonl``."""

    split: str
    filename: str
    scene: Scene


def _read(line: str) -> tuple[str, str, Scene]:
    try:
        row = TypeAdapter(_Line).validate_json(line)
    except ValidationError as error:
        raise JssError(f"This line is not one of a set's {LINES}: copy it whole.") from error
    split, path = row.split, Path(row.filename)
    number = path.stem.removeprefix(f"{split}_")
    if split not in SPLITS or not number.isdigit() or path.as_posix() != f"{split}/{path.stem}.wav":
        raise JssError(f"{path} is not the path of a scene: copy the line as it was written.")
    return split, path.stem, row.scene


def _size(root: Path, split: str, wanted: int) -> int:
    """As many scenes as wanted, or as an earlier call rendered."""
    return wanted or rendered(lambda number: _mixture(root, split, _name(split, number)))


def _name(split: str, number: int) -> str:
    return f"{split}_{number:05d}"


def _mixture(root: Path, split: str, name: str) -> Path:
    return root / split / f"{name}.wav"


def _write(root: Path, split: str, name: str, scene: Scene, bank: Bank, sources: bool) -> None:
    """Write the sources before the mixture, so that a mixture marks a finished scene."""
    rendered = render_scene(scene, bank)
    if sources:
        for label, source in zip(scene.labels, rendered, strict=True):
            if source.any():
                _save(root / split / f"{name}_sources" / f"{label}.wav", source)
    _save(_mixture(root, split, name), rendered.sum(0))


def _save(path: Path, samples: Float32) -> None:
    with atomic_write(path) as part:
        part.write_bytes(audio.wav(samples))
