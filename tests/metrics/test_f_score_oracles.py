"""Intersection and event F1 against psds_eval and sed_eval."""

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from metric_worlds import world

from jss.metrics.f_score import event_f1, intersection_f1

few = settings(
    phases=[Phase.explicit, Phase.generate],
    max_examples=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
seeds = st.integers(0, 10**6)


def decided(seed, **options):
    w = world(seed, **options)
    return w, w.tables(w.ours()[0].at([0.4]), 1)[0]


@few
@given(seeds, st.booleans(), st.booleans())
@pytest.mark.slow
def test_intersection_f1_equals_psds_eval(seed, grid, absent):
    psds_eval = pytest.importorskip("psds_eval")
    w, detected = decided(seed, grid=grid, absent=absent)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tool = psds_eval.PSDSEval(0.5, 0.5, 0.3, ground_truth=w.truth, metadata=w.meta)
        macro, single = tool.compute_macro_f_score(detected)
    ours = intersection_f1(detected, w.truth, w.labels, w.meta, legacy_nan=True)
    assert ours.macro == pytest.approx(0 if np.isnan(macro) else macro, abs=1e-12)
    plain = intersection_f1(detected, w.truth, w.labels, w.meta)
    for label, value in single.items():
        assert plain.per_class[label] == pytest.approx(0 if np.isnan(value) else value, abs=1e-12)


def sed_eval_metrics(detected, truth, labels, **options):
    sed_eval = pytest.importorskip("sed_eval")
    tool = sed_eval.sound_event.EventBasedMetrics(
        event_label_list=list(labels), t_collar=0.2, percentage_of_length=0.2, **options
    )
    for name in truth.filename.unique():
        rows = [
            t[t.filename == name].to_dict("records") or [{"filename": name}]
            for t in (truth, detected)
        ]
        tool.evaluate(reference_event_list=rows[0], estimated_event_list=rows[1])
    return tool.results_class_wise_average_metrics()["f_measure"]["f_measure"], tool


@few
@given(seeds, st.booleans(), st.floats(0.05, 0.4))
@pytest.mark.slow
def test_event_f1_equals_sed_eval(seed, absent, spread):
    w = world(seed, absent=absent, empty=False)
    rng = np.random.default_rng(seed)
    detected = w.truth.sample(
        frac=0.9, replace=True, random_state=seed
    )  # duplicates compete for a match
    detected["onset"] += rng.normal(0, spread, len(detected)).round(1)
    detected["offset"] += rng.normal(0, spread, len(detected)).round(1)
    detected = detected[(detected.offset > detected.onset) & (detected.onset >= 0)]
    macro, tool = sed_eval_metrics(
        detected, w.truth, w.labels, empty_system_output_handling="zero_score"
    )
    ours = event_f1(detected, w.truth, w.labels)
    assert ours.macro == pytest.approx(macro, abs=1e-12)
    assert ours.micro == pytest.approx(tool.overall_f_measure()["f_measure"], abs=1e-12)
    macro, _ = sed_eval_metrics(detected, w.truth, w.labels)
    assert event_f1(detected, w.truth, w.labels, legacy_nan=True).macro == pytest.approx(
        macro, abs=1e-12
    )


def test_the_offset_collar_grows_with_the_event():
    import pandas as pd

    columns = ["filename", "onset", "offset", "event_label"]
    truth = pd.DataFrame([("x", 0.0, 5.0, "a"), ("x", 6.0, 6.5, "a")], columns=columns)
    detected = pd.DataFrame([("x", 0.1, 5.9, "a"), ("x", 6.0, 6.8, "a")], columns=columns)
    assert (
        event_f1(detected, truth, ["a"]).micro == 0.5
    )  # 0.9 s is within 20 % of 5 s, 0.3 s is not within 0.2 s
    detected.loc[0, "onset"] = 0.3
    assert event_f1(detected, truth, ["a"]).micro == 0.0
