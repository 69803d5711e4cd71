from dataclasses import replace

import pytest

from jss.config import load_preset
from jss.errors import JssError
from jss.training.stages import STAGES, needs, parse, trainings


def test_the_table_is_the_papers():
    assert STAGES["S1"].trains == ("detector",)
    assert STAGES["S2"].trains == ("separator",)
    assert STAGES["JT"].trains == ("separator", "detector")
    assert {name: row.learning_rate for name, row in STAGES.items()} == {
        "SED": 1e-3,
        "PIT": 1e-3,
        "MixIT": 1e-3,
        "TDCN": 1e-3,
        "SSep-SED": 1e-3,
        "SSep-SED-DCASE": 1e-3,
        "S0": 0.0,
        "S1": 1e-4,
        "S2": 1e-5,
        "JT": 1e-4,
        "S2+": 1e-5,
        "JT+": 1e-4,
    }


def test_the_ssep_sed_baseline_learns_as_the_sed_baseline_or_as_its_reference():
    ours, theirs = STAGES["SSep-SED"], STAGES["SSep-SED-DCASE"]
    assert ours.settings == {}
    assert replace(theirs, settings={}) == ours
    c = replace(load_preset("paper").detection, **theirs.settings)
    assert [n // c.accumulate for n in c.batch] == [1, 2, 2]
    steps = 1420 // c.batch[1]  # of DESED's weak clips, the shortest subset
    assert (steps, c.warmup_epochs * steps) == (11, 330)
    assert (c.patience, c.mixup, c.frozen_norms, c.clip) == (25, 0.0, True, 5.0)


def test_each_stage_starts_from_the_one_before():
    assert needs("SED") == []
    assert needs("SSep-SED") == ["TDCN", "SED"]
    assert needs("MixIT-S0") == ["MixIT", "SED"]
    assert needs("MixIT-S2") == ["MixIT", "MixIT-S1"]
    assert needs("PIT-JT") == needs("PIT-JT+") == ["PIT", "SED"]
    assert needs("MixIT-S2+") == ["MixIT", "MixIT-S1"]


def test_what_starts_from_a_selected_system_is_trained_once_a_chain():
    assert trainings("SED") == ("SED",)
    assert trainings("MixIT") == ("MixIT",)
    assert trainings("MixIT-S0") == ("MixIT-S0",)
    assert trainings("PIT-JT") == ("PIT-JT-teacher", "PIT-JT-student")
    assert trainings("PIT-JT-student") == ("PIT-JT-student",)
    assert trainings("SSep-SED") == ("SSep-SED-teacher", "SSep-SED-student")
    assert needs("MixIT-S2-student") == ["MixIT", "MixIT-S1-student"]
    assert needs("MixIT-S1-student") == ["MixIT", "SED"]
    assert needs("SSep-SED-teacher") == ["TDCN", "SED"]
    assert parse("SSep-SED-DCASE-student") == (None, "SSep-SED-DCASE")


@pytest.mark.parametrize(
    "name",
    [
        "S1",
        "MixIT-SED",
        "MixIT-S3",
        "ICA-S1",
        "SED-student",
        "MixIT-S0-teacher",
        "MixIT",
        "MixIT-PIT",
        "",
    ],
)
def test_a_system_that_nobody_can_train(name):
    with pytest.raises(JssError, match="no way to train"):
        parse(name)
