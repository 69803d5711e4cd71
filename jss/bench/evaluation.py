"""Evaluation against psds_eval, sed_scores_eval and sed_eval, on the same detections and scores.

CPU seconds are compared, which the load of a shared machine does not change.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import shutil
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from jss.bench import strong_scores
from jss.bench.table import Row
from jss.decoding import MEDIAN_FRAMES, decode
from jss.errors import JssError, optional
from jss.io.tsv import read_durations, read_events, read_operating_points
from jss.labels import DESED_LABELS
from jss.metrics.counts import Truth
from jss.metrics.events import from_table, from_tables, union
from jss.metrics.f_score import event_f1
from jss.metrics.psds import PSDS1, PSDS2, count_points, exact_psds, psds
from jss.metrics.reference import psds_eval
from jss.metrics.scores import THRESHOLDS, ScoreSet

HELP = "PSDS and F1 against psds_eval, sed_scores_eval and sed_eval"
SMALL = ("--files", "12", "--strong-files", "20")
GOAL = 30.0
#: For the exact PSDS pair of a set of AudioSet-Strong's size, on two cores: seconds and GB.
STRONG_SECONDS, STRONG_GB = 60.0, 2.0
HOP, FRAMES = 0.064, 156
SCENARIOS = (PSDS1, PSDS2)

T = TypeVar("T")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The bench's arguments."""
    parser.add_argument(
        "--student",
        type=Path,
        metavar="DIR",
        help="published detections too: a folder with ground_truth.tsv, durations.tsv, operating_points and "
        "detections_0.5.csv (default: random scores alone)",
    )
    parser.add_argument("--files", type=int, default=700, help="random files (default: 700)")
    parser.add_argument(
        "--strong-files",
        type=int,
        default=strong_scores.FILES,
        metavar="N",
        help="files of 447 classes, 0.28 MB each in a temporary folder (default: 17000; 0: none)",
    )


def run(args: argparse.Namespace) -> list[Row]:
    """Measure; a row for each comparison.

    Raises:
        JssError: A tool is missing, or there are too few files.
    """
    if args.files < len(DESED_LABELS):
        raise JssError(f"--files must be at least {len(DESED_LABELS)}, so that every class occurs.")
    rows = [] if args.student is None else published(args.student)
    return rows + random(args.files) + (strong(args.strong_files) if args.strong_files else [])


def published(folder: Path) -> list[Row]:
    """The DCASE 2021 student's detections at 50 thresholds on the real DESED validation set."""
    truth = read_events(folder / "ground_truth.tsv", DESED_LABELS)
    seconds = read_durations(folder / "durations.tsv")
    points = read_operating_points(folder / "operating_points", DESED_LABELS)
    tables, thresholds = (
        [table for _, table in points],
        np.array([threshold for threshold, _ in points]),
    )
    names, lengths = list(seconds), np.array(list(seconds.values()))

    def ours() -> list[float]:
        reference = Truth(union(from_table(truth, names, DESED_LABELS)), lengths, len(DESED_LABELS))
        events = union(from_tables(tables, names, DESED_LABELS))
        return [
            psds(count_points(events, reference, s, thresholds), reference, s).value
            for s in SCENARIOS
        ]

    labelled = truth.dropna()
    their_values, their_seconds = cpu(
        lambda: [psds_eval(tables, labelled, names, lengths, s) for s in SCENARIOS]
    )
    our_values, our_seconds = cpu(ours, 5)
    rows = [
        Row(
            f"PSDS pair, 50 thresholds, published detections, {len(names)} files",
            "psds_eval",
            their_seconds,
            our_seconds,
            GOAL,
            _difference(our_values, their_values),
        )
    ]

    decisions = read_events(folder / "detections_0.5.csv", DESED_LABELS, separators="\t,")
    their_values, their_seconds = cpu(lambda: list(sed_eval_f1(decisions, truth)))
    our_values, our_seconds = cpu(lambda: _both(event_f1(decisions, truth, DESED_LABELS)), 5)
    return [
        *rows,
        Row(
            f"event F1, {len(names)} files",
            "sed_eval",
            their_seconds,
            our_seconds,
            1.0,
            _difference(our_values, their_values),
        ),
    ]


def random(files: int) -> list[Row]:
    """Scores drawn at random around random events, from score curves to PSDS."""
    labels = list(DESED_LABELS)
    curves, truth = random_set(files, len(labels))
    names, lengths = list(curves), np.full(files, 10.0)
    edges = np.minimum(np.arange(FRAMES + 1) * HOP, 10.0)
    reference = Truth(union(from_table(truth, names, labels)), lengths, len(labels))

    def decoded() -> list[pd.DataFrame]:
        columns = ["filename", "onset", "offset", "event_label"]
        return [
            pd.DataFrame(
                [
                    (n, *e)
                    for n, s in curves.items()
                    for e in decode(s, labels, hop=HOP, duration=10.0, threshold=t)
                ],
                columns=columns,
            )
            for t in THRESHOLDS
        ]

    def ours() -> list[float]:
        events = ScoreSet.build(((s, edges) for s in curves.values()), len(labels)).at(THRESHOLDS)
        return [
            psds(count_points(events, reference, s, THRESHOLDS), reference, s).value
            for s in SCENARIOS
        ]

    tables, decoding = cpu(decoded)
    their_values, their_seconds = cpu(
        lambda: [psds_eval(tables, truth, names, lengths, s) for s in SCENARIOS]
    )
    our_values, our_seconds = cpu(ours, 3)
    note = f"{_difference(our_values, their_values)}; peer: {decoding:.1f} s of decoding, {their_seconds:.1f} s of psds_eval"
    what = f"{files} files x {len(labels)} classes of random scores"
    rows = [
        Row(
            f"PSDS pair, 50 thresholds, from {what}",
            "decode + psds_eval",
            decoding + their_seconds,
            our_seconds,
            GOAL,
            note,
        )
    ]

    def exactly() -> list[float]:
        scores = ScoreSet.build(((s, edges) for s in curves.values()), len(labels))
        results = exact_psds(scores, reference, SCENARIOS)
        return [value for r in results for value in (r.value, *r.per_class.tolist())]

    their_values, their_seconds = cpu(lambda: sed_scores_eval_psds(curves, truth, labels, edges))
    our_values, our_seconds = cpu(exactly, 3)
    return [
        *rows,
        Row(
            f"exact PSDS pair, {what}",
            "sed_scores_eval",
            their_seconds,
            our_seconds,
            1.0,
            _difference(our_values, their_values),
        ),
    ]


def strong(files: int) -> list[Row]:
    """Exact PSDS of scores of AudioSet-Strong's classes, from arrays in files, beside its budget.

    Raises:
        JssError: There is no room for the files.
    """
    with tempfile.TemporaryDirectory() as folder:
        wanted, free = strong_scores.size_gb(files), shutil.disk_usage(folder).free / 1e9
        if free < wanted + 1:
            raise JssError(
                f"{tempfile.gettempdir()} has {free:.1f} GB free, and the scores of {files} files take "
                f"{wanted:.1f}: give fewer --strong-files, or set TMPDIR to a folder with more room."
            )
        strong_scores.write(Path(folder), files)
        done = strong_scores.measure(Path(folder))
    what = f"exact PSDS pair, {files} files x {strong_scores.CLASSES} classes from arrays"
    note = f"PSDS1 {done.values[0]:.6f}, PSDS2 {done.values[1]:.6f}"
    return [
        Row(f"{what}, wall", "budget", STRONG_SECONDS, done.seconds, 1.0, note),
        Row(f"{what}, CPU", "budget, two cores", 2 * STRONG_SECONDS, done.cpu, 1.0),
        Row(f"{what}, peak memory", "budget", STRONG_GB, done.gb, 1.0, unit="GB"),
    ]


def random_set(files: int, n_labels: int) -> tuple[dict[str, np.ndarray[Any, Any]], pd.DataFrame]:
    """Reproducible random score curves and a ground truth.

    Args:
        files: Number of files.
        n_labels: K, the number of classes.

    Returns:
        (K, T) by file, and the table of true events.
    """
    rng = np.random.default_rng(0)
    curves, rows = {}, []
    for n in range(files):
        name = f"{n:05d}.wav"
        slow = np.repeat(rng.random((n_labels, 4)), FRAMES // 4, axis=1)
        curve = 0.1 * rng.random((n_labels, FRAMES)) + 0.9 * slow
        for k in {n % n_labels, *rng.integers(0, n_labels, n % 3).tolist()}:
            onset = rng.uniform(0, 8)
            offset = onset + rng.uniform(0.3, 10 - onset)
            rows.append((name, round(onset, 3), round(offset, 3), DESED_LABELS[k]))
            curve[k, int(onset / HOP) : int(offset / HOP) + 1] += 0.4 * rng.random()
        curves[name] = np.clip(curve, 0, 1)
    return curves, pd.DataFrame(rows, columns=["filename", "onset", "offset", "event_label"])


def sed_scores_eval_psds(
    curves: dict[str, np.ndarray[Any, Any]],
    truth: pd.DataFrame,
    labels: list[str],
    edges: np.ndarray[Any, Any],
) -> list[float]:
    """Exact PSDS1 and PSDS2, and those of each class, by sed_scores_eval, after the median filter.

    Args:
        curves: (K, T) by file.
        truth: Table of true events.
        labels: The K classes.
        edges: (T + 1,) frame boundaries in seconds.
    """
    from scipy.ndimage import median_filter

    with optional():
        from sed_scores_eval.base_modules.scores import create_score_dataframe
        from sed_scores_eval.intersection_based import psds as exact
    filtered = {name: median_filter(curve, (1, MEDIAN_FRAMES)).T for name, curve in curves.items()}
    tables = {
        name: create_score_dataframe(curve, edges, labels) for name, curve in filtered.items()
    }
    events: dict[str, list[tuple[float, float, str]]] = {name: [] for name in curves}
    for name, *event in truth.itertuples(index=False):
        events[name].append(tuple(event))
    values: list[float] = []
    for s in SCENARIOS:
        value, single, *_ = exact(
            tables,
            events,
            dict.fromkeys(curves, 10.0),
            dtc_threshold=s.dtc,
            gtc_threshold=s.gtc,
            cttc_threshold=s.cttc,
            alpha_ct=s.alpha_ct,
            alpha_st=s.alpha_st,
            max_efpr=s.e_max,
        )
        values += [float(value), *(float(single[label]) for label in labels)]
    return values


def sed_eval_f1(decisions: pd.DataFrame, truth: pd.DataFrame) -> tuple[float, float]:
    """Macro and micro event F1 by sed_eval, as the DCASE baselines call it.

    Args:
        decisions: Table of detections.
        truth: Table of true events.
    """
    with optional():
        from sed_eval.sound_event import EventBasedMetrics
    metrics = EventBasedMetrics(
        event_label_list=list(DESED_LABELS),
        t_collar=0.2,
        percentage_of_length=0.2,
        empty_system_output_handling="zero_score",
    )
    by_file = dict(iter(decisions.groupby("filename")))
    for name, events in truth.groupby("filename"):
        reference = events.dropna().to_dict("records") or [{"filename": name}]
        estimated = by_file[name].to_dict("records") if name in by_file else [{"filename": name}]
        metrics.evaluate(reference_event_list=reference, estimated_event_list=estimated)
    macro = metrics.results_class_wise_average_metrics()["f_measure"]["f_measure"]
    return float(macro), float(metrics.overall_f_measure()["f_measure"])


def cpu(work: Callable[[], T], times: int = 1) -> tuple[T, float]:
    """Result of a function, and its median CPU seconds.

    Args:
        work: The function.
        times: Number of calls.
    """
    seconds = []
    for _ in range(times):
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            start = time.process_time()
            result = work()
            seconds.append(time.process_time() - start)
    return result, statistics.median(seconds)


def _both(f1: Any) -> list[float]:
    return [f1.macro, f1.micro]


def _difference(ours: list[float], theirs: list[float]) -> str:
    return f"values differ by {max(abs(a - b) for a, b in zip(ours, theirs, strict=True)):.0e}"
