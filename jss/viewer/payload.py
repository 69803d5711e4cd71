"""A ClipResult as the browser wants it: a little JSON, and files to be fetched. Numpy only, nothing
of Streamlit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


@dataclass(frozen=True)
class Payload:
    """meta: the JSON; files: name -> (bytes, MIME type); audio, mel, source_mels: names of files,
    mixture first; source_masks: as source_mels, empty where there are none.
    """

    meta: dict[str, Any]
    files: Mapping[str, tuple[bytes, str]]
    audio: tuple[str, ...]
    mel: tuple[str, ...]
    source_mels: tuple[tuple[str, ...], ...]
    source_masks: tuple[tuple[str, ...], ...] = ()

    @property
    def nbytes(self) -> int:
        """Bytes of the files."""
        return sum(len(data) for data, _ in self.files.values())


def pack(
    result: ClipResult, ground_truth: Any = None, *, clip: str, masks: Float32 | None = None
) -> Payload:
    """Everything the viewer shows and plays.

    ground_truth: events in any form of jss.viz.agreement.events_of, or None; clip: what is the same
    for one clip in all systems, so that a switch of the system keeps the position; masks: (M, mels,
    frames) in [0, 1], what the separator let through, to be seen instead of the sources' mels.
    Sound is FLAC (24 bit), all tracks at one gain; pooled scores are float32, so that events in the
    browser equal those of jss.decoding; source scores are uint8.
    """
    files: dict[str, tuple[bytes, str]] = {}

    def image(
        name: str, mel: Float32, low: float = FEATURE_DB[0], high: float = FEATURE_DB[1]
    ) -> tuple[str, ...]:
        names = []
        for start in range(0, max(1, mel.shape[1]), _TILE):
            names.append(f"{name}.{start // _TILE}")
            files[names[-1]] = (
                mel_png(mel[:, start : start + _TILE], low=low, high=high),
                "image/png",
            )
        return tuple(names)

    tracks = [result.mixture, *result.sources]
    gain = max(1.0, *(float(np.abs(track).max(initial=0.0)) for track in tracks))
    for m, track in enumerate(tracks):
        files[f"audio.{m}"] = (audio.encode(track / gain, "flac", result.sample_rate), "audio/flac")
    files["scores"] = (_scores(result), "application/octet-stream")
    mel = image("mel", result.mel)
    source_mels = tuple(image(f"mel{m}", one) for m, one in enumerate(result.source_mels))
    source_masks = tuple(
        image(f"mask{m}", one, 0.0, 1.0) for m, one in enumerate(() if masks is None else masks)
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
    return Payload(
        meta, files, tuple(f"audio.{m}" for m in range(len(tracks))), mel, source_mels, source_masks
    )


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
