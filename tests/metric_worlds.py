"""Small random sets of scores and ground truth, and the field's reference tools run on them."""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jss.metrics.counts import Truth
from jss.metrics.events import from_table, union
from jss.metrics.scores import ScoreSet

HOP = 0.5


@dataclass
class World:
    labels: list
    names: list
    durations: np.ndarray
    scores: list  # (K, T) each
    truth: pd.DataFrame
    hop: float = HOP
    end: float = np.inf  # of the last frame at the latest

    @property
    def edges(self):
        return [np.minimum(np.arange(s.shape[1] + 1) * self.hop, self.end) for s in self.scores]

    def ours(self):
        events = union(from_table(self.truth, self.names, self.labels))
        return (
            ScoreSet.build(zip(self.scores, self.edges, strict=True), len(self.labels), median=1),
            Truth(events, self.durations, len(self.labels)),
        )

    @property
    def meta(self):
        return pd.DataFrame({"filename": self.names, "duration": self.durations})

    def tables(self, events, points):
        """Our decoded events as one table an operating point, for the reference tools."""
        whole = pd.DataFrame(
            {
                "filename": np.array(self.names, object)[events.clip],
                "onset": events.onset,
                "offset": events.offset,
                "event_label": np.array(self.labels, object)[events.label],
            }
        )
        return [whole[events.point == p].reset_index(drop=True) for p in range(points)]


def world(seed, n_clips=4, n_labels=3, levels=8, grid=True, empty=True, absent=False, frames=14):
    """levels: number of different scores (few: many ties); grid: ground truth on quarter frames, so
    that criteria are often met exactly; empty: the last clip has no event; absent: the last class
    never occurs in the ground truth.
    """
    rng = np.random.default_rng(seed)
    labels = [f"class_{k}" for k in range(n_labels)]
    names = [f"clip_{n}.wav" for n in range(n_clips)]
    scores, rows = [], []
    for n, name in enumerate(names):
        length = int(rng.integers(1, frames + 1))
        raw = rng.random((n_labels, length))
        for k in range(n_labels - absent):
            time = 0.0
            while n < n_clips - empty and time < 8 and rng.random() < 0.8:
                onset = time + rng.uniform(0.1, 2.5)
                offset = onset + rng.uniform(0.2, 3.0)
                if grid:
                    onset, offset = np.ceil(onset * 8) / 8, np.ceil(offset * 8) / 8 + 0.125
                rows.append((name, onset, offset, labels[k]))
                raw[k, int(onset / HOP) : int(np.ceil(offset / HOP))] += rng.random()
                time = offset + 0.125
        scores.append(np.round(raw / 2 * levels) / levels)
    for k in range(n_labels - absent):  # every other class occurs
        rows.append((names[0], 30.0 + k, 30.5 + k, labels[k]))
    truth = pd.DataFrame(rows, columns=["filename", "onset", "offset", "event_label"])
    return World(labels, names, rng.uniform(200, 900, n_clips).round(2), scores, truth)


def psds_eval_value(tables, w, scenario):
    """Value and class-wise areas by psds_eval 0.5.3."""
    from psds_eval import PSDSEval

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tool = PSDSEval(
            scenario.dtc, scenario.gtc, scenario.cttc or 0.3, ground_truth=w.truth, metadata=w.meta
        )
        for table in tables:
            tool.add_operating_point(table)
        value = tool.psds(scenario.alpha_ct, scenario.alpha_st, scenario.e_max).value
        curves = tool.psd_roc_curves(scenario.alpha_ct)[2]
    classes = sorted(set(w.truth.event_label))
    single = [PSDSEval._auc(curves.xp, y, scenario.e_max) / scenario.e_max for y in curves.yp]
    return value, dict(zip(classes, single, strict=True))


def sed_scores_eval_value(w, scenario):
    """Value and class-wise areas by sed_scores_eval 0.0.4, over all thresholds; absent classes are
    not shown to it.
    """
    from sed_scores_eval.base_modules.scores import create_score_dataframe
    from sed_scores_eval.intersection_based import psds

    there = [k for k, label in enumerate(w.labels) if label in set(w.truth.event_label)]
    names = [w.labels[k] for k in there]
    tables = {
        n: create_score_dataframe(s[there].T, e, names)
        for n, s, e in zip(w.names, w.scores, w.edges, strict=True)
    }
    truth = {n: [] for n in w.names}
    for row in w.truth.itertuples():
        truth[row.filename].append((row.onset, row.offset, row.event_label))
    value, single, *_ = psds(
        tables,
        truth,
        dict(zip(w.names, w.durations, strict=True)),
        dtc_threshold=scenario.dtc,
        gtc_threshold=scenario.gtc,
        cttc_threshold=scenario.cttc,
        alpha_ct=scenario.alpha_ct,
        alpha_st=scenario.alpha_st,
        max_efpr=scenario.e_max,
    )
    return value, single
