from __future__ import annotations

import pytest

from jss.errors import JssError
from jss.io import histories


def test_save_and_load(tmp_path):
    rows = [
        {"epoch": 1.0, "loss": 0.123456789},
        {"epoch": 2.0, "loss": 3e-7, "student_objective": 1.25},
    ]
    histories.save(tmp_path / "a.csv", rows)
    assert histories.load(tmp_path / "a.csv") == [
        {"epoch": 1.0, "loss": 0.12346},
        {"epoch": 2.0, "loss": 3e-7, "student_objective": 1.25},
    ]


@pytest.mark.parametrize("text", ["epoch,loss\n1,much\n", "epoch\n1,2\n", None])
def test_other_files_give_a_sentence(text, tmp_path):
    path = tmp_path / "a.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(JssError, match="is not the history of a training run"):
        histories.load(path)
