"""``python -m pages``: the folders of its options."""

import sys

import pytest

from pages import __main__ as entry
from pages.ui import folders


@pytest.mark.parametrize("option", ["--data", "--review", "--models"])
def test_an_option_without_its_folder_is_one_sentence(option, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["pages", option])
    assert entry.main() == 2
    assert capsys.readouterr().err.startswith(f"{option} needs a folder: make app ")


def test_a_folder_that_is_missing_is_named(tmp_path, monkeypatch, capsys):
    missing = tmp_path / "none"
    monkeypatch.setattr(sys, "argv", ["pages", "--data", str(missing)])
    assert entry.main() == 2
    assert capsys.readouterr().err == (
        f"There is no folder {missing}: make app DATA=FOLDER opens a folder with audio.\n"
    )


def test_a_second_folder_is_not_passed_over(tmp_path, monkeypatch, capsys):
    """The last one was opened, the others without a word not."""
    monkeypatch.setattr(sys, "argv", ["pages", *["--data", str(tmp_path)] * 2])
    assert entry.main() == 2
    assert capsys.readouterr().err == (
        "The app opens one folder of --data: name one that holds them all.\n"
    )


def test_the_help_is_of_the_app(monkeypatch, capsys):
    """It was Streamlit's alone."""
    monkeypatch.setattr(sys, "argv", ["pages", "--help"])
    assert entry.main() == 0
    printed = capsys.readouterr().out
    for option in ("--data", "--models", "--review", "--server.port", "streamlit run --help"):
        assert option in printed


def test_a_folder_without_detections_is_refused(tmp_path, monkeypatch, capsys):
    """The app started, and its page Review failed."""
    monkeypatch.setattr(sys, "argv", ["pages", "--review", str(tmp_path)])
    assert entry.main() == 2
    assert "run jss detect" in capsys.readouterr().err


def test_folders_keep_their_colons(monkeypatch, tmp_path):
    """A folder named after a time was cut at its colon."""
    monkeypatch.setenv("JSS_REVIEW", "")
    named = [tmp_path / "2024-01-31T06:15:00", tmp_path / "two words"]
    folders.write("JSS_REVIEW", named)
    assert folders.read("JSS_REVIEW") == named
