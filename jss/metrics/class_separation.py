"""Separation by class as in the weak-label paper: SI-SDR of active sources, before and after."""

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
    """Table 1 of the weak-label paper and the quartiles of its Fig. 3.

    Args:
        before: (N, K) SI-SDR of the mixture in dB, NaN where a class is absent.
        after: (N, K) SI-SDR of the estimate in dB, NaN where a class is absent.
        labels: The K classes.

    Returns:
        A row for each class, then ``OVERALL`` over all samples of all classes. A row has n,
        input_mean, input_sd, improvement_mean, improvement_sd, input_q1, input_median, input_q3,
        output_q1, output_median and output_q3, in dB; None where there is no sample.

    Raises:
        ValueError: The shapes do not fit.
    """
    x, y = np.asarray(before, float), np.asarray(after, float)
    if x.shape != y.shape or x.ndim != 2 or x.shape[1] != len(labels):
        raise ValueError(
            f"before {x.shape} and after {y.shape} must both be (clips, {len(labels)} classes)"
        )
    rows = {label: separation_row(x[:, k], y[:, k]) for k, label in enumerate(labels)}
    return {**rows, OVERALL: separation_row(x.ravel(), y.ravel())}


def separation_row(before: npt.ArrayLike, after: npt.ArrayLike) -> Row:
    """One row of :func:`separation_rows`.

    Args:
        before: (n,) SI-SDR of the mixture in dB; NaN is no sample.
        after: (n,) SI-SDR of the estimate in dB; NaN is no sample.
    """
    x, y = np.asarray(before, float), np.asarray(after, float)
    valid = ~(np.isnan(x) | np.isnan(y))
    x, y = x[valid], y[valid]
    row: Row = {"n": len(x)}
    for name, values in (("input", x), ("improvement", y - x)):
        row[f"{name}_mean"] = float(values.mean()) if len(x) else None
        row[f"{name}_sd"] = float(values.std()) if len(x) else None
    for name, values in (("input", x), ("output", y)):
        quartiles = np.percentile(values, (25, 50, 75)) if len(x) else (None, None, None)
        for which, value in zip(("q1", "median", "q3"), quartiles, strict=True):
            row[f"{name}_{which}"] = None if value is None else float(value)
    return row
