"""A chain over trainings that only take notes: order, reuse of what is finished, and resume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from jss.config import load_preset
from jss.errors import JssError
from jss.training.chain import Chain, Workspace
from jss.training.plan import Planned

#: Training -> what it needs.
NEEDS = {"a": [], "b": ["a"], "c": ["a", "b"], "x": ["a", "y"], "y": ["x"]}
#: They need one another in a circle of one and of three; w only leads into one.
NEEDS |= {"self": ["self"], "p": ["q"], "q": ["a", "r"], "r": ["p"], "w": ["r"]}


@dataclass
class Notes:
    """Trainings that note their names, each finished once it has been trained."""

    workspace: Workspace
    stages: Sequence[str] = ("a", "b", "c")
    finished: list[str] = field(default_factory=list)

    def of(self, system: str) -> Sequence[str]:
        return [system]

    def needs(self, training: str) -> Sequence[str]:
        if training not in NEEDS:
            raise JssError(f"There is no training {training}.")
        return NEEDS[training]

    def is_finished(self, training: str) -> bool:
        return training in self.finished

    def check_finished(self, training: str) -> None:
        if training == "a" and self.workspace.config.seed == 7:
            raise JssError("a was trained for other classes.")

    def plan(self, training: str, memory: bool) -> Planned:
        return Planned(training, "is trained")

    def train(self, training: str, run: Path) -> None:
        assert run == self.workspace.out / training
        self.finished.append(training)


def trainings(folder: Path, *overrides: str, finished: Sequence[str] = ()) -> Notes:
    work = Workspace(load_preset("smoke", overrides), "synthscapes", folder / "runs", folder)
    return Notes(work, finished=list(finished))


def test_needs_are_trained_first_and_once(tmp_path):
    notes = trainings(tmp_path)
    Chain(notes).run(("c", "b"), resume=False)
    assert notes.finished == ["a", "b", "c"]


def test_finished_trainings_are_reused(tmp_path):
    notes = trainings(tmp_path, finished=["b"])
    plan = Chain(notes).plan(("c", "b"), resume=False)
    assert [stage.line for stage in plan] == [
        "a: is trained",
        "c: is trained",
        f"b: finished before, in {tmp_path}",
    ]
    Chain(notes).run(("c", "b"), resume=False)
    assert notes.finished == ["b", "a", "c"]


def test_an_unfinished_run_needs_resume(tmp_path):
    notes = trainings(tmp_path)
    (tmp_path / "runs" / "b").mkdir(parents=True)
    with pytest.raises(JssError, match=r"unfinished run: add --resume"):
        Chain(notes).run(("c",), resume=False)
    assert notes.finished == []
    Chain(notes).run(("c",), resume=True)
    assert notes.finished == ["a", "b", "c"]


def test_errors_come_before_any_training(tmp_path):
    notes = trainings(tmp_path, "stages.SED.epochs=3")
    with pytest.raises(JssError, match=r"stages\.SED: there is no such stage; known are a, b, c"):
        Chain(notes).run(("a",), resume=False)
    notes = trainings(tmp_path)
    with pytest.raises(JssError, match="no training d"):
        Chain(notes).run(("a", "d"), resume=False)
    assert notes.finished == []
    notes = trainings(tmp_path, "seed=7", finished=["a"])
    with pytest.raises(JssError, match="other classes"):
        Chain(notes).run(("b", "a"), resume=False)
    assert notes.finished == ["a"]


@pytest.mark.parametrize(
    ("training", "path"),
    [
        ("self", "self starts from self"),
        ("x", "x starts from y, y from x"),
        ("p", "p starts from q, q from r, r from p"),
        ("w", "r starts from p, p from q, q from r"),
    ],
)
def test_trainings_that_start_from_one_another_are_refused(training, path, tmp_path):
    """As with stages.S1.detector=S2: the plan was made without end."""
    with pytest.raises(JssError, match=f"^{path}, so none .*name a block or another stage"):
        Chain(trainings(tmp_path)).plan(("a", training), resume=False)


def test_what_a_finished_training_needed_is_not_planned(tmp_path):
    notes = trainings(tmp_path, finished=["c"])
    plan = Chain(notes).plan(("c",), resume=False)
    assert [stage.line for stage in plan] == [f"c: finished before, in {tmp_path}"]
    Chain(notes).run(("c",), resume=False)
    assert notes.finished == ["c"]
