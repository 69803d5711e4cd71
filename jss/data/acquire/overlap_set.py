"""The overlap version of a strongly labelled subset on disk, in DESED's layout, with the seed that
made it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from jss import audio
from jss.data.acquire.checking import over
from jss.data.clip import Clip
from jss.data.datasets import desed
from jss.data.datasets.overlap import PERMUTATIONS, OverlapClip, build
from jss.data.manifest import claim
from jss.errors import JssError

MANIFEST = "overlap.json"


@dataclass(frozen=True)
class Written:
    """What was made. pairs: all of them; files: mixtures that lie there; failed: a sentence for
    each that could not be made; missing: pairs of which a clip has no audio. The ground truth tells
    of every pair.
    """

    root: Path
    subset: str
    pairs: int
    files: int
    missing: int
    failed: tuple[str, ...]

    def lines(self) -> list[str]:
        """For a person."""
        told = [f"{self.root}: {self.subset}, {self.files} of {self.pairs} pairs"]
        if self.missing:
            told.append(f"  {self.missing} pairs have a clip without audio")
        return told + [f"  failed: {why}" for why in self.failed]


def render_overlap(
    clips: Sequence[Clip],
    root: Path,
    subset: str = "public",
    seed: int = 0,
    workers: int = 1,
    sources: bool = True,
    permutations: int = PERMUTATIONS,
) -> Written:
    """Write every pair that is not there yet: the sum of two clips without gain, as 32-bit float
    WAV, since it may exceed full scale; events of both, joined where those of a class overlap;
    durations; isolated sources of both, where both have them and ``sources`` is set.

    subset: one of ``desed.FOLDERS``, where the pairs lie and under which they are read again;
    workers: threads. ``overlap.json`` names the seed, the permutations and both clips of each pair.
    Raises JssError where a clip has no strong labels, or the folder holds pairs of another seed or
    of other clips.
    """
    pairs = build(clips, permutations, seed)
    folder = desed.FOLDERS[subset]
    claim(
        root / MANIFEST,
        {
            "note": "Clips added in pairs by jss, without gain: every clip once the first of a pair in each permutation.",
            "subset": subset,
            "seed": seed,
            "permutations": permutations,
            "sources": sources,
            "clips": len(clips),
            "events_sha256": _digest(clips),
            "pairs": {pair.filename: [pair.first.filename, pair.second.filename] for pair in pairs},
        },
    )
    there = [pair for pair in pairs if not pair.missing]

    def write(pair: OverlapClip) -> str | None:
        try:
            _write(pair, root / "audio" / folder / pair.filename, sources)
        except JssError as error:
            return str(error)
        return None

    found = list(over(write, there, workers, "clip"))
    tsv = (root / "metadata" / folder).with_suffix(".tsv")
    told = [Clip(pair.filename, None, pair.duration, pair.events) for pair in pairs]
    desed.write_strong(tsv, told)
    desed.write_durations(tsv.with_name(f"{tsv.stem}_durations.tsv"), told)
    failed = tuple(dict.fromkeys(why for why in found if why is not None))
    return Written(root, subset, len(pairs), found.count(None), len(pairs) - len(there), failed)


def _write(pair: OverlapClip, path: Path, sources: bool) -> None:
    """One pair; its sources first, so that a mixture means finished."""
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
    """Of the ground truth that is paired, whatever the order and the folder of its clips."""
    known = sorted(
        (clip.filename, clip.duration, [asdict(event) for event in clip.events or ()])
        for clip in clips
    )
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()
