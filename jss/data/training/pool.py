"""Soundscapes rendered once to files, for devices that train faster than processors render.

Samples are stored in half precision, within 0.05 % of the rendered ones (-66 dB).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from torch.utils.data import DataLoader, Dataset

from jss.data.training.batching import pad_sources
from jss.data.training.example import Example, Examples
from jss.errors import JssError
from jss.io.atomic import atomic_write

_Labels = tuple[Any, Any]


class RenderedSet:
    """Clips written by :func:`render_once`; all processes share the memory that they are read into.

    Numbers beyond the last clip start again at the first.

    Args:
        path: Path of the files without suffix.
        sources: Whether the files hold sources, not mixtures.

    Raises:
        JssError: The files cannot be read.
    """

    def __init__(self, path: Path, sources: bool) -> None:
        self.path, self.sources = path, sources
        try:
            self.labels: list[_Labels] = json.loads(
                path.with_suffix(".json").read_text(encoding="utf-8")
            )
            self.audio: npt.NDArray[np.float16] = np.load(path.with_suffix(".npy"), mmap_mode="r")
        except (OSError, ValueError) as error:
            raise JssError(
                f"The rendered soundscapes {path} cannot be read: delete {path.parent} to render them "
                "again."
            ) from error

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> Example:
        number = index % len(self)
        audio = self.audio[number].astype(np.float32)
        return Example(
            audio.sum(0) if self.sources else audio,
            audio if self.sources else np.zeros((0, audio.shape[-1]), np.float32),
            *self.labels_of(number),
        )

    def labels_of(
        self, number: int
    ) -> tuple[tuple[tuple[float, float, str], ...] | None, tuple[str, ...] | None]:
        """Events and tags of a clip."""
        events, tags = self.labels[number]
        return (
            None
            if events is None
            else tuple((float(on), float(off), str(label)) for on, off, label in events),
            None if tags is None else tuple(map(str, tags)),
        )


def render_once(examples: Examples, path: Path, workers: int, n_src: int = 0) -> Examples:
    """Render a set to ``path``.npy and .json, unless these exist.

    Args:
        examples: The set.
        path: Path of the files without suffix.
        workers: Number of processes.
        n_src: Number of sources to store of each clip, silent ones added; 0 stores the mixture.

    Returns:
        The rendered set.

    Raises:
        JssError: The files are damaged or hold another number of clips, or a clip has more sources.
    """
    if not len(examples):
        return examples
    if not path.with_suffix(".json").is_file():  # written last: it marks a finished set
        _render(examples, path, workers, n_src)
    pool = RenderedSet(path, bool(n_src))
    if len(pool) != len(examples):
        raise JssError(
            f"{path} holds {len(pool)} soundscapes, not {len(examples)}: use another --out, or delete "
            f"{path.parent}."
        )
    return pool


def _render(examples: Examples, path: Path, workers: int, n_src: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = len(examples[0].mixture)
    shape = (len(examples), n_src, samples) if n_src else (len(examples), samples)
    with atomic_write(path.with_suffix(".npy")) as part:
        _open_samples(part, "w+", shape).flush()
        work = _Rendering(examples, part, n_src)
        labels = list(DataLoader(work, batch_size=None, num_workers=workers, collate_fn=_identity))
    with atomic_write(path.with_suffix(".json")) as part:
        part.write_text(json.dumps(labels), encoding="utf-8")


class _Rendering(Dataset[_Labels]):
    """Dataset whose item i renders clip i into the file and returns its labels."""

    def __init__(self, examples: Examples, path: Path, n_src: int) -> None:
        self.examples, self.path, self.n_src = examples, path, n_src
        self.out: npt.NDArray[np.float16] | None = None

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> _Labels:
        if self.out is None:
            self.out = _open_samples(self.path, "r+")
        example = self.examples[index]
        self.out[index] = (
            pad_sources(example.sources, self.n_src) if self.n_src else example.mixture
        )
        return example.events, example.tags


def _open_samples(
    path: Path, mode: str, shape: tuple[int, ...] | None = None
) -> np.memmap[Any, np.dtype[np.float16]]:
    """Open a file of samples, to be written in place."""
    return np.lib.format.open_memmap(path, mode, np.float16, shape)  # type: ignore[no-untyped-call, no-any-return]


def _identity(item: Any) -> Any:
    return item
