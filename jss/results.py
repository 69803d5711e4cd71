"""What a system computed for one clip: ``ClipResult``, in numpy only.

It separates the code that uses torch from everything that draws or exports results.
"""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace

import numpy as np
import pandas as pd

from jss.arrays import Float32
from jss.decoding import BASELINE, Decoder, Method, OperatingPoints, Threshold, decode, decoder
from jss.errors import JssError, number_of
from jss.io.atomic import atomic_write
from jss.io.schema import validate
from jss.labels import sound_class

#: What numpy and json raise for an archive that is damaged or states wrong sizes.
DAMAGED = (
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
    decoder: Decoder = BASELINE,
) -> pd.DataFrame:
    """Decode scores into a table of events.

    Args:
        filename: Name of the clip, repeated in each row.
        scores: (K, T) in [0, 1].
        labels: The K class labels.
        hop: Seconds between two frames.
        duration: Length of the clip in seconds.
        decoder: What makes events of scores.

    Returns:
        One row an event: filename, onset, offset (seconds), event_label.
    """
    rows = decode(scores, labels, hop=hop, duration=duration, **vars(decoder))
    return pd.DataFrame(
        {
            "filename": np.full(len(rows), filename, object),
            "onset": np.array([onset for onset, _, _ in rows], float),
            "offset": np.array([offset for _, offset, _ in rows], float),
            "event_label": np.array([label for _, _, label in rows], object),
        }
    )


def peaks(
    events: Iterable[tuple[float, float, str]], scores: Float32, labels: Sequence[str], hop: float
) -> list[float]:
    """The highest score of its class within each event.

    Args:
        events: Onset, offset (seconds) and label of each, decoded from the scores.
        scores: (K, T) in [0, 1].
        labels: The K class labels.
        hop: Seconds between two frames.
    """
    highest = []
    for onset, offset, label in events:
        first = round(onset / hop)
        last = max(first + 1, int(np.ceil(round(offset / hop, 6))))
        highest.append(round(float(scores[labels.index(label), first:last].max()), 6))
    return highest


def score_table(
    scores: Float32, labels: Sequence[str], *, hop: float, duration: float
) -> pd.DataFrame:
    """Scores in the format of sed_scores_eval, a row a frame.

    Args:
        scores: (K, T) in [0, 1].
        labels: The K class labels.
        hop: Seconds between two frames.
        duration: Length of the clip in seconds, which limits the last frame.

    Returns:
        T rows: onset, offset (seconds), then a column for each class.
    """
    edges = np.minimum(np.arange(scores.shape[1] + 1) * hop, duration)
    table = pd.DataFrame(scores.T, columns=list(labels))
    table.insert(0, "onset", edges[:-1])
    table.insert(1, "offset", edges[1:])
    return table


def score_text(
    scores: Float32, labels: Sequence[str], *, hop: float, duration: float, first: int = 0
) -> str:
    """The table of :func:`score_table` as tab-separated text with six decimals.

    pandas writes the same in five times the time, as long as a GPU takes for the clip.

    Args:
        scores: As of :func:`score_table`.
        labels: As of :func:`score_table`.
        hop: As of :func:`score_table`.
        duration: As of :func:`score_table`.
        first: Number of the first frame. Where it is not 0, the rows follow others: no head.
    """
    edges = np.minimum((first + np.arange(scores.shape[1] + 1)) * hop, duration)
    values = np.column_stack([edges[:-1], edges[1:], scores.T])  # (T, 2 + K)
    head = io.StringIO()
    if not first:
        columns = ["onset", "offset", *labels]
        csv.writer(head, delimiter="\t", lineterminator="\n").writerow(columns)
    line = "\t".join(["%.6f"] * values.shape[1]) + "\n"
    return head.getvalue() + line * len(values) % tuple(values.ravel().tolist())


@dataclass(frozen=True, eq=False)
class ClipResult:
    """Sources, spectrograms and scores of one clip, by one system (Eqs 20-22).

    K classes, M sources (0 for a system without a separation stage), T score frames.
    """

    #: Name of the clip.
    filename: str
    #: (samples,) at ``sample_rate``.
    mixture: Float32
    #: (M, samples).
    sources: Float32
    #: (mels, frames) in dB, clamped to [-50, 80].
    mel: Float32
    #: (M, mels, frames) in dB, on the same scale.
    source_mels: Float32
    #: (K, T) in [0, 1], pooled over the sources.
    scores: Float32
    #: (M, K, T) in [0, 1].
    source_scores: Float32
    #: (K,) clip-level scores.
    weak: Float32
    #: (M, K) clip-level scores.
    source_weak: Float32
    #: The K class labels.
    labels: tuple[str, ...]
    #: Samples a second.
    sample_rate: int
    #: Seconds between two mel frames.
    mel_hop: float
    #: Seconds between two score frames.
    score_hop: float
    #: Name of the system.
    system: str
    #: "student" or "teacher"; for the weak-label paper, the critic that gave the scores.
    selection: str
    #: (K, T) of the detector on the mixture, for a system that also has one on the sources (the
    #: SSep+SED baseline).
    mixture_scores: Float32 | None = None
    #: Class of each source where the separator's outputs are classes (the weak-label paper).
    source_labels: tuple[str, ...] = ()
    #: What the system's scores become events by; None where it has none.
    operating: OperatingPoints | None = None

    def __repr__(self) -> str:
        """One line instead of the arrays."""
        parts = [
            repr(self.filename),
            f"{self.duration:.1f} s",
            f"system {self.system!r} ({self.selection})",
            number_of(self.n_sources, "sources"),
            number_of(len(self.labels), "classes"),
        ]
        if self.scores.size:
            highest = self.scores.max(axis=1)
            label = self.labels[int(highest.argmax())]
            parts.append(f"highest score {highest.max():.2f}: {label}")
        return f"ClipResult({', '.join(parts)})"

    @property
    def duration(self) -> float:
        """Length of the clip in seconds."""
        return len(self.mixture) / self.sample_rate

    @property
    def n_sources(self) -> int:
        """Number of separated sources (M); 0 for a system without a separation stage."""
        return len(self.sources)

    @property
    def source_names(self) -> tuple[str, ...]:
        """Display name of each source: its class, else "Source 1" and so on."""
        if self.source_labels:
            return tuple(
                sound_class(label, m).display for m, label in enumerate(self.source_labels)
            )
        return tuple(f"Source {m + 1}" for m in range(self.n_sources))

    @property
    def residual(self) -> Float32:
        """Mixture minus the sum of the sources, (samples,); zeros where there is no source."""
        if not self.n_sources:
            return np.zeros_like(self.mixture)
        return np.asarray(self.mixture - self.sources.sum(axis=0))

    def trimmed(self, samples: int) -> ClipResult:
        """Result without the end of the clip, which was padding.

        Args:
            samples: Length to keep, at ``sample_rate``.

        Returns:
            A result with the shapes of a clip of that length; clip-level scores are unchanged.
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

    def events(
        self, threshold: Threshold = "auto", median: int | None = None, method: Method = "median"
    ) -> pd.DataFrame:
        """Decode the pooled scores into a table of events.

        Args:
            threshold: A frame is active where its score is above it; "auto": the system's operating
                points, a threshold and a median filter for each class, or 0.5 where it has none.
            median: Length of the median filter in frames; None: that of the operating points, or 7
                where there are none or a threshold is given.
            method: "boxes": bounding boxes instead of the median filter.

        Returns:
            One row an event: filename, onset, offset (seconds), event_label.

        Raises:
            JssError: Boxes are wanted, and the system has no operating points.
        """
        chosen = decoder(self.operating, self.labels, threshold, method)
        return self.decoded(chosen if median is None else replace(chosen, median=median))

    def scored_events(self, threshold: Threshold = "auto") -> pd.DataFrame:
        """The events of :meth:`events`, with their peak scores as ``confidence``."""
        events = self.events(threshold)
        rows = events[["onset", "offset", "event_label"]].itertuples(index=False)
        return events.assign(confidence=peaks(rows, self.scores, self.labels, self.score_hop))

    def decoder(self, threshold: Threshold = "auto") -> Decoder:
        """What :meth:`events` decodes by, with a median filter."""
        return decoder(self.operating, self.labels, threshold)

    def decoded(self, decoder: Decoder) -> pd.DataFrame:
        """The events of :meth:`events` by a given decoder."""
        return event_table(
            self.filename,
            self.scores,
            self.labels,
            hop=self.score_hop,
            duration=self.duration,
            decoder=decoder,
        )

    def score_table(self) -> pd.DataFrame:
        """Pooled scores, T rows: onset, offset (seconds), then a column for each class."""
        return score_table(self.scores, self.labels, hop=self.score_hop, duration=self.duration)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all fields to one .npz file, atomically."""
        arrays = {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if isinstance(getattr(self, f.name), np.ndarray)
        }
        metadata = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in arrays}
        metadata["operating"] = self.operating and asdict(self.operating)
        buffer = io.BytesIO()
        np.savez(buffer, facts=np.array(json.dumps(metadata)), **arrays)
        with atomic_write(path) as part:
            part.write_bytes(buffer.getvalue())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> ClipResult:
        """Read a file that :meth:`save` wrote.

        Raises:
            JssError: The file is missing, damaged or not such a result.
        """
        try:
            with np.load(path, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            metadata = json.loads(str(arrays.pop("facts")))
            metadata["labels"] = tuple(metadata["labels"])
            metadata["source_labels"] = tuple(metadata.get("source_labels", ()))
            if metadata.get("operating"):
                metadata["operating"] = validate(OperatingPoints, metadata["operating"], str(path))
            return cls(**arrays, **metadata)
        except FileNotFoundError as error:
            raise JssError(f"There is no result file at {path}.") from error
        except DAMAGED as error:
            raise JssError(
                f"{path} is not a result saved by jss, or it is damaged: analyse the clip again."
            ) from error
