"""The command line: short help, one sentence for a mistake, the right exit code."""

from __future__ import annotations

import logging
import subprocess
import sys
import types

import pytest

import jss
from jss import cli
from jss.errors import JssError, missing_package, report


def test_help(capsys):
    assert cli.main(["--help"]) == 0
    text = capsys.readouterr().out
    for verb in cli.verbs():
        assert f"\n  {verb} " in text
    assert text.startswith("usage: python -m jss COMMAND ...\n")
    assert "verb" not in text.lower()
    assert len(text.splitlines()) < 30
    assert cli.main([]) == 2


def test_every_verb_has_help(capsys):
    for verb in cli.verbs():
        assert cli.main([verb, "--help"]) == 0
        assert f"usage: python -m jss {verb}" in capsys.readouterr().out


def test_version(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"jss {jss.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["detct"], "There is no command 'detct': did you mean detect?"),
        (["sing"], "use one of detect, list"),
        (["detect"], "required"),
        (["detect", "a.wav", "--system", "SED", "--out", "o", "--selection", "expert"], "expert"),
        (["detect", "a.wav", "--system", "SED", "--out", "o", "--threshold", "half"], "half"),
        (["list", "shoes"], "shoes"),
    ],
)
def test_mistakes_are_one_sentence(capsys, arguments, said):
    assert cli.main(arguments) == 2
    text = capsys.readouterr().err
    assert text.startswith("jss: ")
    assert text.count("\n") == 1
    assert said in text


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (JssError("It is wrong."), 2, "jss: It is wrong.\n"),
        (KeyboardInterrupt(), 130, "\njss: Stopped.\n"),
        (PermissionError(13, "no", "x"), 2, "jss: x cannot be opened: permission denied.\n"),
        (
            OSError(28, "No space left on device", "x"),
            1,
            "jss: x cannot be written: No space left on device.\n",
        ),
        (
            ModuleNotFoundError("no", name="soxr.core"),
            2,
            f"jss: {missing_package(ModuleNotFoundError(name='soxr'))}\n",
        ),
    ],
)
def test_errors_of_a_verb(capsys, monkeypatch, error, code, said):
    def run(_):
        raise error

    verb = types.SimpleNamespace(HELP="", add_arguments=lambda parser: None, run=run)
    monkeypatch.setattr(cli, "import_module", lambda name: verb)
    assert cli.main(["list"]) == code
    assert capsys.readouterr().err == said


@pytest.fixture
def failing(monkeypatch):
    """A verb that logs, then fails for a reason."""

    def run(_):
        logging.getLogger("jss.somewhere").info("It begins.")
        try:
            {}["key"]
        except KeyError as error:
            raise JssError("It is wrong.") from error

    verb = types.SimpleNamespace(HELP="", add_arguments=lambda parser: None, run=run)
    monkeypatch.setattr(cli, "import_module", lambda name: verb)
    monkeypatch.delenv("JSS_DEBUG", raising=False)


def test_a_user_gets_the_sentence_alone(failing, capsys):
    assert cli.main(["list"]) == 2
    assert capsys.readouterr().err == "jss: It begins.\njss: It is wrong.\n"


@pytest.mark.parametrize("way", ["before", "after", "environment"])
def test_a_developer_gets_the_cause_too(failing, capsys, monkeypatch, way):
    if way == "environment":
        monkeypatch.setenv("JSS_DEBUG", "1")
    line = {"before": ["--debug", "list"], "after": ["list", "--debug"]}.get(way, ["list"])
    assert cli.main(line) == 2
    text = capsys.readouterr().err
    assert "INFO jss.somewhere: It begins." in text
    assert "KeyError: 'key'" in text
    assert "Traceback" in text
    assert text.endswith("\njss: It is wrong.\n")


def test_a_bug_is_no_advice(monkeypatch):
    def run(_):
        raise TypeError("a bug")

    verb = types.SimpleNamespace(HELP="", add_arguments=lambda parser: None, run=run)
    monkeypatch.setattr(cli, "import_module", lambda name: verb)
    with pytest.raises(TypeError, match="a bug"):
        cli.main(["list"])


def test_what_goes_wrong_in_passing_is_a_sentence_and_its_cause(caplog):
    error = JssError("It is wrong.")
    with caplog.at_level("DEBUG", logger="jss"):
        report(logging.getLogger("jss.somewhere"), error)
    assert [record.levelname for record in caplog.records] == ["WARNING", "DEBUG"]
    assert caplog.messages[0] == "It is wrong."
    assert caplog.records[1].exc_info[1] is error


def test_a_verb_that_is_not_there_is_not_listed(monkeypatch):
    monkeypatch.setitem(cli.VERBS, "dance", "jss.commands.dance")
    assert "dance" not in cli.verbs()


def test_a_reader_that_leaves_is_no_error():
    code = f"{sys.executable} -m jss list systems; true"
    result = subprocess.run(
        ["bash", "-c", f"set -o pipefail; ({code}) | true"], capture_output=True, text=True
    )
    assert "Traceback" not in result.stderr


def test_import_is_cheap():
    code = (
        "import sys, jss; jss.JssError; jss.__version__; heavy = {'torch', 'pandas', 'scipy', 'matplotlib'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_help_needs_no_torch():
    code = "import sys, jss.cli; jss.cli.main(['--help']); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_unknown_attribute():
    assert "load_system" in dir(jss)
    with pytest.raises(AttributeError, match="load_sistem"):
        _ = jss.load_sistem


def test_settings_may_stand_anywhere_on_the_line(monkeypatch, tmp_path):
    from jss.training.chain import Chain

    seen = []
    monkeypatch.setattr(
        Chain,
        "run",
        lambda self, systems, resume: seen.append((self.trainings.workspace.config, systems)),
    )
    line = [
        "train",
        "smoke",
        "detection.epochs=3",
        "--out",
        str(tmp_path),
        "seed=7",
        "--only",
        "SED",
    ]
    assert cli.main(line) == 0
    assert (
        cli.main(["train", "--out", str(tmp_path), "smoke", "--resume", "detection.epochs=4"]) == 0
    )
    assert (
        cli.main(
            [
                "train",
                "--out",
                str(tmp_path),
                "smoke",
                "--only",
                "SED",
                "MixIT-S1",
                "detection.epochs=5",
            ]
        )
        == 0
    )
    assert [(c.detection.epochs, c.seed) for c, _ in seen] == [(3, 7), (4, 42), (5, 42)]
    assert [systems for _, systems in seen[::2]] == [("SED",), ("SED", "MixIT-S1")]


def test_an_unknown_system_is_told_before_any_training(monkeypatch, tmp_path, capsys):
    from jss.training.chain import Chain

    begun = []
    monkeypatch.setattr(Chain, "_ensure", lambda self, system, resume: begun.append(system))
    assert cli.main(["train", "smoke", "--out", str(tmp_path), "--only", "SED", "SEDD"]) == 2
    assert "SEDD" in capsys.readouterr().err
    assert begun == []
