"""``ClipResult``: what a system found in one clip, in numpy only. The seam between torch and all
that draws.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from jss.arrays import Float32
from jss.decoding import MEDIAN_FRAMES, decode
from jss.errors import JssError
from jss.io.atomic import aside
from jss.labels import sound_class

#: What numpy and json raise for an archive that is damaged, or lies about its sizes.
UNFIT = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    EOFError,
    MemoryError,
    RecursionError,
    NotImplementedError,
    SyntaxError,
    zipfile.BadZipFile,
    zlib.error,
)


def event_table(
    filename: str,
    scores: Float32,
    labels: Sequence[str],
    *,
    hop: float,
    duration: float,
    threshold: float = 0.5,
    median: int = MEDIAN_FRAMES,
) -> pd.DataFrame:
    """Decoded events of scores (K, T): columns filename, onset, offset (seconds), event_label; one
    row an event.
    """
    rows = decode(scores, labels, hop=hop, duration=duration, threshold=threshold, median=median)
    table = pd.DataFrame(rows, columns=["onset", "offset", "event_label"])
    table.insert(0, "filename", filename)
    return table.astype(
        {"filename": object, "onset": float, "offset": float, "event_label": object}
    )


def score_table(
    scores: Float32, labels: Sequence[str], *, hop: float, duration: float
) -> pd.DataFrame:
    """Scores (K, T) as the field exchanges them: onset, offset (seconds), then a column per class;
    T rows.
    """
    edges = np.minimum(np.arange(scores.shape[1] + 1) * hop, duration)
    table = pd.DataFrame(scores.T, columns=list(labels))
    table.insert(0, "onset", edges[:-1])
    table.insert(1, "offset", edges[1:])
    return table


@dataclass(frozen=True, eq=False)
class ClipResult:
    """One clip through one system (Eqs 20-22).

    filename: the clip's name; mixture: (samples,) at sample_rate; sources: (M, samples), M = 0 for
    a system without a separation stage; mel: (mels, frames) in dB, source_mels: (M, mels, frames)
    in dB, both a column every mel_hop seconds, on one fixed scale of -50 to 80 dB; scores: (K, T)
    pooled over the sources, source_scores: (M, K, T), both in [0, 1] with a frame every score_hop
    seconds; weak: (K,) and source_weak: (M, K) clip-level scores; labels: the K class identifiers;
    system and selection ("student" or "teacher"): what computed it; mixture_scores: (K, T) of a
    branch that hears the mixture beside the sources (the SSep+SED baseline), where there is one;
    source_labels: the class of each source, where the separator's outputs are classes (the
    weak-label paper; selection is then the critic that gave the scores, those of the mixture from
    the mixture itself), else empty.
    """

    filename: str
    mixture: Float32
    sources: Float32
    mel: Float32
    source_mels: Float32
    scores: Float32
    source_scores: Float32
    weak: Float32
    source_weak: Float32
    labels: tuple[str, ...]
    sample_rate: int
    mel_hop: float
    score_hop: float
    system: str
    selection: str
    mixture_scores: Float32 | None = None
    source_labels: tuple[str, ...] = ()

    @property
    def duration(self) -> float:
        """Length of the clip in seconds."""
        return len(self.mixture) / self.sample_rate

    @property
    def n_sources(self) -> int:
        """M, the number of separated sources; 0 for a system without a separation stage."""
        return len(self.sources)

    @property
    def source_names(self) -> tuple[str, ...]:
        """What to call each source: its class, else "Source 1" and so on."""
        if self.source_labels:
            return tuple(
                sound_class(label, m).display for m, label in enumerate(self.source_labels)
            )
        return tuple(f"Source {m + 1}" for m in range(self.n_sources))

    @property
    def residual(self) -> Float32:
        """What the sources leave out: mixture minus their sum. -> (samples,); all zeros where M =
        0.
        """
        if not self.n_sources:
            return np.zeros_like(self.mixture)
        return np.asarray(self.mixture - self.sources.sum(axis=0))

    def trimmed(self, samples: int) -> ClipResult:
        """The beginning of the clip: of one that was padded before it was analysed, what there was
        before.

        samples: at sample_rate. Arrays have the shapes that a clip of that length has; clip-level
        scores stay.
        """
        mels = 1 + samples // round(self.mel_hop * self.sample_rate)
        frames = max(1, mels // round(self.score_hop / self.mel_hop))
        return replace(
            self,
            mixture=self.mixture[:samples],
            sources=self.sources[:, :samples],
            mel=self.mel[:, :mels],
            source_mels=self.source_mels[..., :mels],
            scores=self.scores[:, :frames],
            source_scores=self.source_scores[..., :frames],
            mixture_scores=None if self.mixture_scores is None else self.mixture_scores[:, :frames],
        )

    def events(self, threshold: float = 0.5, median: int = MEDIAN_FRAMES) -> pd.DataFrame:
        """Decoded events: columns filename, onset, offset (seconds), event_label; one row an event.

        threshold: strict ``>`` on the pooled scores; median: filter length in frames.
        """
        return event_table(
            self.filename,
            self.scores,
            self.labels,
            hop=self.score_hop,
            duration=self.duration,
            threshold=threshold,
            median=median,
        )

    def score_table(self) -> pd.DataFrame:
        """Pooled scores as the field exchanges them: onset, offset (seconds), then a column per
        class; T rows.
        """
        return score_table(self.scores, self.labels, hop=self.score_hop, duration=self.duration)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything to one .npz, aside first and then renamed, so that no half file is ever
        seen.
        """
        arrays = {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if isinstance(getattr(self, f.name), np.ndarray)
        }
        facts = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in arrays}
        buffer = io.BytesIO()
        np.savez(buffer, facts=np.array(json.dumps(facts)), **arrays)
        with aside(path) as part:
            part.write_bytes(buffer.getvalue())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> ClipResult:
        """Read what :meth:`save` wrote. Raises JssError where the file is not such a result."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                values = {name: stored[name] for name in stored.files}
            facts = json.loads(str(values.pop("facts")))
            facts["labels"] = tuple(facts["labels"])
            facts["source_labels"] = tuple(facts.get("source_labels", ()))
            return cls(**values, **facts)
        except FileNotFoundError:
            raise JssError(f"There is no result file at {path}.") from None
        except UNFIT as error:
            raise JssError(
                f"{path} is not a result saved by jss, or it is damaged: analyse the clip again."
            ) from error
