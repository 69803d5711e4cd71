"""PSDS by psds_eval itself, as a reference to compare with; slow."""

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
    """Events as tables filename, onset, offset, event_label: one for each operating point.

    Args:
        events: Events of a set.
        names: Of the clips.
        labels: Of the classes.
        points: Number of operating points.
    """
    table = pd.DataFrame(
        {
            "filename": np.array(list(names), object)[events.clip],
            "onset": events.onset,
            "offset": events.offset,
            "event_label": np.array(list(labels), object)[events.label],
        }
    )
    return [table[events.point == point].reset_index(drop=True) for point in range(points)]


def psds_eval(
    points: Sequence[pd.DataFrame],
    truth: pd.DataFrame,
    names: Sequence[str],
    durations: Float64,
    scenario: Scenario,
) -> float:
    """PSDS of operating points by psds_eval.

    Args:
        points: Event tables of the operating points, without overlaps within a class.
        truth: Event table of the ground truth, without overlaps within a class.
        names: Of the N clips.
        durations: (N,) seconds.
        scenario: Criteria and costs.

    Raises:
        JssError: The package is not installed.
    """
    with optional():
        from psds_eval import PSDSEval
    meta = pd.DataFrame({"filename": list(names), "duration": durations})
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        evaluator = PSDSEval(
            scenario.dtc, scenario.gtc, scenario.cttc or 0.3, ground_truth=truth, metadata=meta
        )
        for table in points:
            evaluator.add_operating_point(table)
        return float(evaluator.psds(scenario.alpha_ct, scenario.alpha_st, scenario.e_max).value)


def reference_psds(
    points: EventArrays,
    thresholds: Float64,
    truth: Truth,
    names: Sequence[str],
    labels: Sequence[str],
    scenario: Scenario,
) -> float:
    """:func:`psds_eval` on the arrays that our own implementation works on.

    Args:
        points: Detections at all operating points.
        thresholds: (L,) of the operating points.
        truth: The ground truth.
        names: Of the N clips.
        labels: Of the K classes.
        scenario: Criteria and costs.
    """
    operating_points = tables(points, names, labels, len(thresholds))
    return psds_eval(
        operating_points, tables(truth.events, names, labels)[0], names, truth.durations, scenario
    )
