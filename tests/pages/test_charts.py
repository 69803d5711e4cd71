"""Tables on a page."""

from __future__ import annotations

import pandas as pd

from jss.checkpoints import Card, Manifest, Selection
from pages.ui.charts import formats, pinned_system, short_numbers
from pages.ui.reports.diagrams import training_stages


def test_no_long_number_and_no_minus_before_zero():
    frame = pd.DataFrame(
        {"System": ["A", None], "Gain": [-1e-7, 2.7520000000000002], "Clips": [3, 4]}
    )
    shown = short_numbers(frame)
    assert shown.to_csv(index=False).split() == ["System,Gain,Clips", "A,0.0,3", ",2.752,4"]
    assert formats(shown)["Gain"]["type_config"]["format"] == "%.3f"


def test_names_of_systems_stay_in_sight_and_are_not_cut_off():
    names = [f"S{n}" for n in range(10)]
    (short,) = pinned_system(pd.DataFrame({"System": names, "PSDS1": 0.5})).values()
    assert (short["pinned"], short["width"]) == (True, None)
    groups = [("", "System"), ("PSDS, exact", "PSDS1")]
    rows = [(name, 0.5) for name in (*names, "MixIT-YAMNet")]
    frame = pd.DataFrame(rows, columns=pd.MultiIndex.from_tuples(groups))
    (long,) = pinned_system(frame).values()  # the browser measures the first ten names
    assert (long["pinned"], long["width"]) == (True, 104)
    assert pinned_system(pd.DataFrame({"Class": ["Cat"], "System": ["A"]})) == {}


def test_a_detector_that_went_on_with_itself_is_drawn_once():
    card = Card("d", "crnn", {}, "MixIT-S1", "teacher", "", "", parent="d")
    system = Manifest("MixIT-S1", "", ("Speech",), {"teacher": Selection("d")})
    assert training_stages(system, "teacher", lambda name: card).alt.count("Stage 1") == 1
