"""Quality of separation: SNR and SI-SDR improvement (Eq. 19), and the measures of FUSS.

All signals are (samples,) or (sources, samples); all results are in dB, higher is better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from jss.arrays import Float64

#: Bounds the ratios: SI-SDR stays between -80 and 80 dB.
EPS = 1e-8
#: A reference is active above this root mean square (FUSS).
ACTIVE_RMS = 1e-8
#: An estimate is active above this share of the quietest active reference's power: -20 dB (FUSS).
ACTIVE_SHARE = 0.01


def snr(estimate: npt.ArrayLike, reference: npt.ArrayLike) -> Float64:
    """Signal-to-noise ratio in dB over the last axis, the first term of Eq. 19.

    Args:
        estimate: (..., samples); shapes broadcast.
        reference: (..., samples).
    """
    s, e = np.asarray(reference, np.float64), np.asarray(estimate, np.float64)
    signal, noise = (s**2).sum(-1), ((s - e) ** 2).sum(-1)
    return np.asarray(10 * np.log10(np.maximum(signal, EPS) / (noise + EPS)))


def snr_improvement(
    estimate: npt.ArrayLike, reference: npt.ArrayLike, mixture: npt.ArrayLike
) -> Float64:
    """SNRi in dB (Eq. 19): SNR of the estimate minus SNR of the mixture taken as an estimate."""
    return snr(estimate, reference) - snr(mixture, reference)


def si_sdr(estimate: npt.ArrayLike, reference: npt.ArrayLike) -> Float64:
    """Scale-invariant signal-to-distortion ratio in dB over the last axis; shapes broadcast.

    Means are removed. With c the cosine of the two signals it is 10 log10((c^2 + EPS) / (1 - c^2 +
    EPS)), which is -80 dB for a silent estimate.
    J. Le Roux et al., "SDR - half-baked or well done?", ICASSP 2019.

    Args:
        estimate: (..., samples).
        reference: (..., samples).
    """
    e, s = _centred(estimate), _centred(reference)
    return _decibels((s * e).sum(-1), (s**2).sum(-1) * (e**2).sum(-1))


def si_sdr_improvement(
    estimate: npt.ArrayLike, reference: npt.ArrayLike, mixture: npt.ArrayLike
) -> Float64:
    """SI-SDR of the estimate minus SI-SDR of the mixture taken as an estimate, in dB."""
    return si_sdr(estimate, reference) - si_sdr(mixture, reference)


def pairwise_si_sdr(estimates: npt.ArrayLike, references: npt.ArrayLike) -> Float64:
    """SI-SDR of every estimate against every reference.

    Args:
        estimates: (M, samples).
        references: (N, samples).

    Returns:
        (M, N) in dB.
    """
    e, s = _centred(estimates), _centred(references)
    return _decibels(e @ s.T, (e**2).sum(-1)[:, None] * (s**2).sum(-1))


def _centred(signal: npt.ArrayLike) -> Float64:
    """(..., samples) without its mean."""
    x = np.asarray(signal, np.float64)
    return np.asarray(x - x.mean(-1, keepdims=True))


def _decibels(product: Float64, power: Float64) -> Float64:
    """SI-SDR in dB of the inner product of two signals and the product of their powers."""
    share = np.divide(product**2, power, out=np.zeros(np.shape(power)), where=power > 0)
    return np.asarray(10 * np.log10((share + EPS) / (np.maximum(1 - share, 0) + EPS)))


def assign(quality: npt.ArrayLike) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Best one-to-one assignment of estimates to references.

    Args:
        quality: (M, N), higher is better.

    Returns:
        Estimate indices and reference indices, min(M, N) each, sorted by reference.
    """
    rows, columns = linear_sum_assignment(np.asarray(quality), maximize=True)
    order = np.argsort(columns)
    return rows[order], columns[order]


@dataclass(frozen=True)
class ClipSeparation:
    """Separation of one clip."""

    #: Number of active references.
    references: int
    #: Number of active estimates.
    estimates: int
    #: Index of each matched active reference.
    reference: tuple[int, ...]
    #: Index of its estimate.
    estimate: tuple[int, ...]
    #: Whether that estimate is active.
    active: tuple[bool, ...]
    #: SI-SDR of each matched pair in dB.
    si_sdr: tuple[float, ...]
    #: Its improvement over the mixture in dB.
    si_sdri: tuple[float, ...]
    #: SNR improvement of each matched pair in dB.
    snri: tuple[float, ...]


def separate_clip(
    estimates: npt.ArrayLike, references: npt.ArrayLike, mixture: npt.ArrayLike
) -> ClipSeparation:
    """Measure one clip.

    The permutation is the one of the highest total SI-SDR; where N > M some references stay without
    an estimate.

    Args:
        estimates: (M, samples).
        references: (N, samples).
        mixture: (samples,).

    Raises:
        ValueError: The lengths differ.
    """
    e, s, x = (np.asarray(a, np.float64) for a in (estimates, references, mixture))
    if e.ndim != 2 or s.ndim != 2 or x.shape != e.shape[1:] or x.shape != s.shape[1:]:
        raise ValueError(
            f"estimates {e.shape}, references {s.shape} and mixture {x.shape} must be equally long"
        )
    power = (s**2).mean(-1)
    active = np.flatnonzero(np.sqrt(power) > ACTIVE_RMS)
    if not len(active):
        return ClipSeparation(0, 0, (), (), (), (), (), ())
    loud = (e**2).mean(-1) > ACTIVE_SHARE * power[active].min()
    rows, columns = assign(pairwise_si_sdr(e, s[active]))
    columns = active[columns]
    return ClipSeparation(
        references=len(active),
        estimates=int(loud.sum()),
        reference=tuple(columns.tolist()),
        estimate=tuple(rows.tolist()),
        active=tuple(loud[rows].tolist()),
        si_sdr=tuple(si_sdr(e[rows], s[columns]).tolist()),
        si_sdri=tuple(si_sdr_improvement(e[rows], s[columns], x).tolist()),
        snri=tuple(snr_improvement(e[rows], s[columns], x).tolist()),
    )


def summarise(clips: Sequence[ClipSeparation]) -> dict[str, float | int | None]:
    """Separation over a set, by the keys of a report; None where nothing could be measured.

    msi: mean SI-SDR improvement over active pairs of clips with two or more active sources,
    one_source: mean SI-SDR on clips with one (FUSS's MSi and 1S, dB); under, equal, over: shares of
    clips with fewer, as many, more active estimates than references; si_sdri, snri: means over
    every matched source of clips with two or more (dB).
    """
    audible = [c for c in clips if c.references]
    several = [c for c in audible if c.references > 1]
    single = [c for c in audible if c.references == 1]

    def mean(values: Sequence[float]) -> float | None:
        return float(np.mean(values)) if len(values) else None

    return {
        "n_clips": len(audible),
        "n_clips_one_source": len(single),
        "msi": mean([v for c in several for v, on in zip(c.si_sdri, c.active, strict=True) if on]),
        "one_source": mean(
            [v for c in single for v, on in zip(c.si_sdr, c.active, strict=True) if on]
        ),
        "under": mean([float(c.estimates < c.references) for c in audible]),
        "equal": mean([float(c.estimates == c.references) for c in audible]),
        "over": mean([float(c.estimates > c.references) for c in audible]),
        "si_sdri": mean([v for c in several for v in c.si_sdri]),
        "snri": mean([v for c in several for v in c.snri]),
    }
