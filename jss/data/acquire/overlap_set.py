"""The overlap version of a strongly labelled subset on disk, in DESED's layout."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from jss import audio
from jss.data.acquire.checking import map_in_threads
from jss.data.clip import Clip
from jss.data.datasets import desed
from jss.data.datasets.overlap import PERMUTATIONS, OverlapClip, build
from jss.data.manifest import rendering
from jss.errors import JssError

MANIFEST = "overlap.json"


@dataclass(frozen=True)
class OverlapResult:
    """Numbers of a rendered overlap set, whose ground truth has every pair."""

    root: Path
    subset: str
    #: Number of pairs.
    pairs: int
    #: Number of mixtures on disk.
    files: int
    #: Number of pairs of which a clip has no audio.
    missing: int
    #: One sentence for each pair that failed.
    failed: tuple[str, ...]

    def lines(self) -> list[str]:
        """Format for a terminal."""
        lines = [f"{self.root}: {self.subset}, {self.files} of {self.pairs} pairs"]
        if self.missing:
            lines.append(f"  {self.missing} pairs have a clip without audio")
        return lines + [f"  failed: {reason}" for reason in self.failed]


def render_overlap(
    clips: Sequence[Clip],
    root: Path,
    subset: str = "public",
    seed: int = 0,
    workers: int = 1,
    sources: bool = True,
) -> OverlapResult:
    """Write every pair that does not exist yet, and the tables.

    A mixture is the sum of two clips without gain, as 32-bit float WAV because it may exceed full
    scale. Events of a class that overlap are joined. ``overlap.json`` lists the seed, the
    permutations and both clips of each pair.

    Args:
        clips: Strongly labelled clips.
        root: Folder of the set.
        subset: One of ``desed.FOLDERS``, as which the pairs are stored.
        seed: Random seed.
        workers: Number of threads.
        sources: Whether to write the isolated sources, where both clips have them.

    Returns:
        Numbers of the set.

    Raises:
        JssError: A clip has no strong labels, the folder holds other pairs, or another process
            renders into it.
    """
    pairs = build(clips, seed=seed)
    folder = desed.FOLDERS[subset]
    settings = {
        "note": "Clips added in pairs by jss, without gain: every clip once the first of a pair in each permutation.",
        "subset": subset,
        "seed": seed,
        "permutations": PERMUTATIONS,
        "sources": sources,
        "clips": len(clips),
        "events_sha256": _digest(clips),
        "pairs": {pair.filename: [pair.first.filename, pair.second.filename] for pair in pairs},
    }
    present = [pair for pair in pairs if not pair.missing]
    labelled = [Clip(pair.filename, None, pair.duration, pair.events) for pair in pairs]
    tsv = (root / "metadata" / folder).with_suffix(".tsv")

    def write(pair: OverlapClip) -> str | None:
        try:
            _write(pair, root / "audio" / folder / pair.filename, sources)
        except JssError as error:
            return str(error)
        return None

    with rendering(root / MANIFEST, settings):
        outcomes = list(map_in_threads(write, present, workers, "clip"))
        desed.write_strong(tsv, labelled)
        desed.write_durations(tsv.with_name(f"{tsv.stem}_durations.tsv"), labelled)
    failed = tuple(dict.fromkeys(reason for reason in outcomes if reason is not None))
    return OverlapResult(
        root, subset, len(pairs), outcomes.count(None), len(pairs) - len(present), failed
    )


def _write(pair: OverlapClip, path: Path, sources: bool) -> None:
    """Write one pair; the sources before the mixture, so that a mixture marks a finished pair."""
    if path.is_file():
        return
    foregrounds = backgrounds = 0
    for label, source in pair.sources if sources else ():
        if label == "background":
            name, backgrounds = f"background{backgrounds}_{label}", backgrounds + 1
        else:
            name, foregrounds = f"foreground{foregrounds}_{label}", foregrounds + 1
        audio.save(path.parent / f"{path.stem}_events" / f"{name}.wav", audio.load(source))
    audio.save(path, pair.load())


def _digest(clips: Sequence[Clip]) -> str:
    """Hash the ground truth of the clips, whatever their order and folder."""
    known = sorted(
        (clip.filename, clip.duration, [asdict(event) for event in clip.events or ()])
        for clip in clips
    )
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()
