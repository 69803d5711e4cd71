"""A ClipResult as the browser wants it: a little JSON, and files to be fetched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from jss import audio
from jss.arrays import Float32
from jss.decoding import MEDIAN_FRAMES
from jss.labels import sound_class
from jss.metrics.diversity import clip_similarity, frame_similarity, pair_similarity, source_pairs
from jss.results import ClipResult
from jss.viz.agreement import events_of
from jss.viz.mel import FEATURE_DB, SHOWN_DB, mel_png

#: Columns of one image: browsers draw no picture as wide as the spectrogram of ten minutes.
_TILE = 2048


#: Contents of a file, and its MIME type.
File = tuple[bytes, str]


@dataclass(frozen=True)
class Encoding:
    """How sound and spectrograms become files."""

    #: (samples,) in [-1, 1] and samples a second -> file.
    sound: Callable[[Float32, int], File]
    #: (mels, frames), the level of black and that of white -> file.
    image: Callable[[Float32, float, float], File]
    #: Whether sound loses so little that mixture minus sources is still the residual.
    exact: bool = True


def flac(samples: Float32, rate: int) -> File:
    """Encode as FLAC of 24 bit."""
    return audio.encode(samples, "flac", rate), "audio/flac"


def png(mel: Float32, low: float, high: float) -> File:
    """Encode as a grey PNG."""
    return mel_png(mel, low=low, high=high), "image/png"


LOSSLESS = Encoding(flac, png)


@dataclass(frozen=True)
class Payload:
    """A result as the browser fetches it."""

    #: The JSON, without addresses.
    meta: dict[str, Any]
    #: By name.
    files: Mapping[str, File]
    #: Names of the files of sound, the mixture's first.
    audio: tuple[str, ...]
    #: Names of the mixture's images, from left to right.
    mel: tuple[str, ...]
    #: The same of each source.
    source_mels: tuple[tuple[str, ...], ...]
    #: The same of each source's mask; empty where there are none.
    source_masks: tuple[tuple[str, ...], ...] = ()
    #: Name of the residual's file where sound is not exact, else None.
    residual: str | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of the files."""
        return sum(len(data) for data, _ in self.files.values())

    def addressed(self, where: Callable[[str, File], Any]) -> dict[str, Any]:
        """Return the JSON with the address of each file.

        Args:
            where: Name of a file and the file -> its address.
        """
        places = {name: where(name, file) for name, file in self.files.items()}
        return self.meta | {
            "scores": places["scores"],
            "audio": [places[name] for name in self.audio],
            "residual": self.residual and places[self.residual],
            "mel": [places[name] for name in self.mel],
            "source_mels": [[places[name] for name in tiles] for tiles in self.source_mels],
            "source_masks": [[places[name] for name in tiles] for tiles in self.source_masks],
        }


def pack(
    result: ClipResult,
    ground_truth: Any = None,
    *,
    clip: str,
    masks: Float32 | None = None,
    encoding: Encoding = LOSSLESS,
) -> Payload:
    """Everything the viewer shows and plays.

    All tracks are at one gain; pooled scores are float32, so that events in the browser equal those
    of ``jss.decoding``; source scores are uint8.

    Args:
        result: The clip through a system.
        ground_truth: Events in any form of ``jss.viz.agreement.events_of``, or None.
        clip: What is the same for one clip in all systems, so that a switch of the system keeps the
            position.
        masks: (M, mels, frames) in [0, 1], what the separator let through, to be seen instead of the
            sources' mels; None where there are none.
        encoding: Of sound and images.
    """
    files: dict[str, File] = {}

    def image(
        name: str, mel: Float32, low: float = FEATURE_DB[0], high: float = FEATURE_DB[1]
    ) -> tuple[str, ...]:
        names = []
        for start in range(0, max(1, mel.shape[1]), _TILE):
            names.append(f"{name}.{start // _TILE}")
            files[names[-1]] = encoding.image(mel[:, start : start + _TILE], low, high)
        return tuple(names)

    tracks = {f"audio.{m}": track for m, track in enumerate((result.mixture, *result.sources))}
    names = tuple(tracks)
    residual = "residual" if result.n_sources and not encoding.exact else None
    if residual:
        tracks[residual] = result.residual
    gain = max(1.0, *(float(np.abs(track).max(initial=0.0)) for track in tracks.values()))
    for name, track in tracks.items():
        files[name] = encoding.sound(track / gain, result.sample_rate)
    files["scores"] = (_scores(result), "application/octet-stream")
    mel = image("mel", result.mel)
    source_mels = tuple(image(f"mel{m}", source) for m, source in enumerate(result.source_mels))
    source_masks = tuple(
        image(f"mask{m}", mask, 0.0, 1.0) for m, mask in enumerate(() if masks is None else masks)
    )

    truth = None if ground_truth is None else events_of(ground_truth)
    labels = [*result.labels, *sorted({event[2] for event in truth or []} - set(result.labels))]
    kinds = [sound_class(label, k) for k, label in enumerate(labels)]
    meta = {
        "id": f"{clip}|{result.system}|{result.selection}",
        "clip": clip,
        "system": result.system,
        "duration": result.duration,
        "sources": result.n_sources,
        "source_names": list(result.source_names),
        "frames": result.scores.shape[1],
        "mels": result.mel.shape[0],
        "mel_hop": result.mel_hop,
        "score_hop": result.score_hop,
        "median": MEDIAN_FRAMES,
        "operating": result.operating
        and {k: [point.threshold, point.frames] for k, point in result.operating.median.items()},
        "gain": gain,
        "stored_db": FEATURE_DB,
        "shown_db": SHOWN_DB,
        "n_scored": len(result.labels),
        "classes": [
            {
                "label": kind.label,
                "display": kind.display,
                "short": kind.short,
                "light": kind.light,
                "dark": kind.dark,
                "dash": list(kind.dash),
            }
            for kind in kinds
        ],
        "truth": None
        if truth is None
        else [[onset, offset, labels.index(label)] for onset, offset, label in truth],
        "similarity": _similarity(result),
    }
    return Payload(meta, files, names, mel, source_mels, source_masks, residual)


def with_shared_classes(metas: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the JSON of several systems, each with the classes of the others after its own.

    So the events of all of them can be shown under any of them.
    """
    every = {kind["label"]: kind for meta in metas for kind in meta["classes"]}
    shared = []
    for meta in metas:
        known = {kind["label"] for kind in meta["classes"]}
        others = [kind for label, kind in every.items() if label not in known]
        shared.append({**meta, "classes": [*meta["classes"], *others]})
    return shared


def _scores(result: ClipResult) -> bytes:
    """Pooled scores (K, T) float32; then uint8: source scores (M, K, T), winning source (K, T),
    similarity (T,).
    """
    parts = [
        np.ascontiguousarray(result.scores, "<f4").tobytes(),
        _bytes(result.source_scores).tobytes(),
    ]
    if result.n_sources:
        parts.append(result.source_scores.argmax(axis=0).astype(np.uint8).tobytes())
    if result.n_sources > 1:
        parts.append(_bytes(frame_similarity(result.source_scores).mean(axis=0)).tobytes())
    return b"".join(parts)


def _bytes(share: Any) -> Any:
    return np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8)


def _similarity(result: ClipResult) -> dict[str, Any] | None:
    """Eq. 30: mean over all pairs, and the M x M matrix."""
    m = result.n_sources
    if m < 2 or not result.scores.shape[1]:
        return None
    matrix = np.eye(m)
    for (a, b), value in zip(source_pairs(m), pair_similarity(result.source_scores), strict=True):
        matrix[a, b] = matrix[b, a] = value
    return {"mean": clip_similarity(result.source_scores), "matrix": matrix.round(4).tolist()}
