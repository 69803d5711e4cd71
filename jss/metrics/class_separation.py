"""Separation by class as the weak-label paper tells it: SI-SDR before and after, over active
sources only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

Row = dict[str, int | float | None]
#: The row of all classes together.
OVERALL = "overall"


def separation_rows(
    before: npt.ArrayLike, after: npt.ArrayLike, labels: Sequence[str]
) -> Mapping[str, Row]:
    """Table 1 and the boxes of Fig. 3. before, after: (N, K) SI-SDR in dB of mixture and estimate,
    NaN where a class is absent -> a row a class, then OVERALL over all samples of all classes.

    A row: n, input_mean, input_sd, improvement_mean, improvement_sd, and input_q1, input_median,
    input_q3, output_q1, output_median, output_q3; dB, None where there is no sample.
    """
    x, y = np.asarray(before, float), np.asarray(after, float)
    if x.shape != y.shape or x.ndim != 2 or x.shape[1] != len(labels):
        raise ValueError(
            f"before {x.shape} and after {y.shape} must both be (clips, {len(labels)} classes)"
        )
    rows = {label: separation_row(x[:, k], y[:, k]) for k, label in enumerate(labels)}
    return {**rows, OVERALL: separation_row(x.ravel(), y.ravel())}


def separation_row(before: npt.ArrayLike, after: npt.ArrayLike) -> Row:
    """One row of :func:`separation_rows`. before, after: (n,) in dB; NaN is no sample."""
    x, y = np.asarray(before, float), np.asarray(after, float)
    there = ~(np.isnan(x) | np.isnan(y))
    x, y = x[there], y[there]
    row: Row = {"n": len(x)}
    for name, values in (("input", x), ("improvement", y - x)):
        row[f"{name}_mean"] = float(values.mean()) if len(x) else None
        row[f"{name}_sd"] = float(values.std()) if len(x) else None
    for name, values in (("input", x), ("output", y)):
        quartiles = np.percentile(values, (25, 50, 75)) if len(x) else (None, None, None)
        for which, value in zip(("q1", "median", "q3"), quartiles, strict=True):
            row[f"{name}_{which}"] = None if value is None else float(value)
    return row
