"""With data.fresh=false, soundscapes are rendered for the stage that uses them, and no others."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest
import true_layouts as layouts

from jss.config import load_preset
from jss.data.soundbank.synthbank import SYNTHSCAPES
from jss.data.training.soundscapes import DETECTION
from jss.training.chain import Workspace
from jss.training.experiment import JointTrainings

TINY = (
    "data.fresh=false",
    "data.synthetic=1",
    "data.weak=1",
    "data.unlabelled=1",
    "data.validation_synthetic=1",
    "data.validation_weak=2",
    "data.seconds=1",
    "data.sounds=2",
    "detection.batch=[1, 1, 1]",
    "detection.norm_clips=3",
)


class Began(Exception):
    """A training has all that it needs."""


@pytest.fixture(autouse=True)
def _no_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    def fit(*_args: object, **_settings: object) -> None:
        raise Began

    monkeypatch.setattr(Workspace, "fit", fit)


def trainings(folder: Path, *roots: object) -> JointTrainings:
    roots = tuple(map(str, roots or (SYNTHSCAPES,)))
    return JointTrainings(Workspace(load_preset("smoke", TINY), roots, folder, folder))


def begin(training: str, made: JointTrainings) -> set[str]:
    """Begin a training; the names of the sets in the pool then."""
    with pytest.raises(Began):
        made.train(training, made.workspace.out / training)
    return {path.stem for path in made.pool.glob("*.npy")}


def test_each_stage_renders_its_own_sets(tmp_path):
    made = trainings(tmp_path)
    sed = {"synthetic", "weak", "unlabelled", "synthetic_validation", "weak_validation"}
    assert begin("SED", made) == sed
    assert begin("PIT", made) == sed | {"universal", "universal_validation"}


def test_the_data_of_an_earlier_stage_is_released(tmp_path, monkeypatch):
    """It held the whole soundbank once for each stage."""
    made, at_opening = trainings(tmp_path), []
    earlier = weakref.ref(made.data(()))
    assert made.data(()) is earlier()

    def opened(*roots, used):
        gc.collect()
        at_opening.append(earlier())
        return made.unrendered_data

    monkeypatch.setattr("jss.training.experiment.training_data", opened)
    made.data(DETECTION)
    assert at_opening == [None]


def test_mixit_renders_three_sets(tmp_path):
    assert begin("MixIT", trainings(tmp_path)) == {"synthetic", "unlabelled", "weak_validation"}


def test_no_soundscapes_are_rendered_for_fuss(tmp_path, monkeypatch):
    fuss = layouts.fuss(tmp_path / "fuss", ("ssdata_reverb",))
    made = trainings(tmp_path, SYNTHSCAPES, fuss)
    assert made.unrendered_data.pool("sources", "pit").root == str(fuss)
    # The folders have been read: they are not read again.
    monkeypatch.delattr("jss.training.experiment.training_data")
    assert begin("PIT", made) == set()
    assert not made.pool.exists()


@pytest.mark.parametrize("training", ["MixIT", "TDCN"])
def test_a_folder_of_recordings_alone_trains_a_separator(training, tmp_path):
    """Its pool has no sets of soundscapes."""
    layouts.nested(tmp_path / "recordings")
    assert begin(training, trainings(tmp_path, tmp_path / "recordings")) == set()
