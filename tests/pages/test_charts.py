"""Tables on a page."""

from __future__ import annotations

import pandas as pd

from jss.checkpoints import Card, Manifest, Selection
from pages.ui.charts import formats, short_numbers
from pages.ui.reports.diagrams import training_stages


def test_no_long_number_and_no_minus_before_zero():
    frame = pd.DataFrame(
        {"System": ["A", None], "Gain": [-1e-7, 2.7520000000000002], "Clips": [3, 4]}
    )
    shown = short_numbers(frame)
    assert shown.to_csv(index=False).split() == ["System,Gain,Clips", "A,0.0,3", ",2.752,4"]
    assert formats(shown)["Gain"]["type_config"]["format"] == "%.3f"


def test_a_detector_that_went_on_with_itself_is_drawn_once():
    card = Card("d", "crnn", {}, "MixIT-S1", "teacher", "", "", parent="d")
    system = Manifest("MixIT-S1", "", ("Speech",), {"teacher": Selection("d")})
    assert training_stages(system, "teacher", lambda name: card).alt.count("Stage 1") == 1
