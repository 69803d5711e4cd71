"""PSDS by psds_eval itself: slow, and here only to be compared with."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

from jss.arrays import Float64
from jss.errors import optional
from jss.metrics.counts import Truth
from jss.metrics.events import EventArrays
from jss.metrics.psds import Scenario


def tables(
    events: EventArrays, names: Sequence[str], labels: Sequence[str], points: int = 1
) -> list[pd.DataFrame]:
    """Events as tables filename, onset, offset, event_label: one for each operating point."""
    whole = pd.DataFrame(
        {
            "filename": np.array(list(names), object)[events.clip],
            "onset": events.onset,
            "offset": events.offset,
            "event_label": np.array(list(labels), object)[events.label],
        }
    )
    return [whole[events.point == point].reset_index(drop=True) for point in range(points)]


def psds_eval(
    points: Sequence[pd.DataFrame],
    truth: pd.DataFrame,
    names: Sequence[str],
    durations: Float64,
    scenario: Scenario,
) -> float:
    """PSDS of operating points by psds_eval. points, truth: event tables without same-class
    overlaps; durations: (N,) seconds of the N names. Raises JssError where the package is not
    installed.
    """
    with optional():
        from psds_eval import PSDSEval
    meta = pd.DataFrame({"filename": list(names), "duration": durations})
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        tool = PSDSEval(
            scenario.dtc, scenario.gtc, scenario.cttc or 0.3, ground_truth=truth, metadata=meta
        )
        for table in points:
            tool.add_operating_point(table)
        return float(tool.psds(scenario.alpha_ct, scenario.alpha_st, scenario.e_max).value)


def reference_psds(
    points: EventArrays,
    thresholds: Float64,
    truth: Truth,
    names: Sequence[str],
    labels: Sequence[str],
    scenario: Scenario,
) -> float:
    """:func:`psds_eval` on what our own kernel counts on."""
    given = tables(points, names, labels, len(thresholds))
    return psds_eval(
        given, tables(truth.events, names, labels)[0], names, truth.durations, scenario
    )
