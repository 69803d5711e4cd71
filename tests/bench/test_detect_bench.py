"""The bench of ``detect`` on tiny systems, and ``bench all``: one table, whatever a bench may say."""

from __future__ import annotations

import os
import sys
from multiprocessing import get_start_method
from pathlib import Path
from types import SimpleNamespace

import pytest

from jss.bench.table import Row
from jss.cli import main
from jss.commands import bench
from jss.errors import JssError


@pytest.mark.usefixtures("one_thread")
def test_the_bench(
    tiny_checkpoints: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JSS_CHECKPOINTS", str(tiny_checkpoints))
    monkeypatch.setattr(
        "jss.bench.detect._peak",
        lambda system, device, minutes, folder: (0.5 + 0.01 * minutes, 10.0),
    )
    assert main(["bench", "detect", "--clips", "2", "--device", "cpu", "--minutes", "4"]) in (0, 1)
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in capsys.readouterr().out.splitlines()[3:]
    ]
    assert rows[0][:2] == [
        "2 clips of 10 s from files to tables, cpu",
        "a loop over Asteroid + eager CRNN",
    ]
    assert rows[1][1:7] == ["that on 2 min", "0.52 GB", "0.54 GB", "1.0", "0.9", "yes"]
    assert rows[2][5:] == ["1", "yes", "in 10 s, 24 times real time"]
    assert main(["bench", "detect", "--minutes", "1"]) == 2
    assert "less than --minutes" in capsys.readouterr().err


def test_all_benches_are_one_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def module(name: str, run: object) -> str:
        def arguments(parser: object) -> None:
            parser.add_argument("--size", type=int, default=9)
            parser.add_argument("--soundbank", default="the synthesiser")

        monkeypatch.setitem(
            sys.modules,
            name,
            SimpleNamespace(HELP="", SMALL=("--size", "1"), run=run, add_arguments=arguments),
        )
        return name

    def browser(args: object) -> list[Row]:
        raise JssError("There is no browser.")

    monkeypatch.setattr(bench, "in_own_process", lambda function, *args: function(*args))
    fine = module("fine", lambda args: [Row(f"size {args.size}", args.soundbank, 2.0, 1.0, 1.5)])
    monkeypatch.setattr(bench, "benches", lambda: {"one": fine})
    monkeypatch.setattr(bench, "BENCHES", {"one": fine, "two": module("two", browser)})
    monkeypatch.setattr(bench, "FOLDERS", {"one": "--soundbank"})
    assert main(["bench", "all"]) == 0
    assert "| size 9 | the synthesiser |" in capsys.readouterr().out
    assert main(["bench", "all", "--soundbank", "BANK"]) == 0
    assert "| size 9 | BANK |" in capsys.readouterr().out
    monkeypatch.setattr(bench, "benches", lambda: bench.BENCHES)
    assert main(["bench", "all", "--small"]) == 1
    printed = capsys.readouterr()
    assert "| size 1 |" in printed.out
    assert "bench two is left out: There is no browser." in printed.err


def test_each_has_a_process_of_its_own() -> None:
    assert bench.in_own_process(os.getppid) == os.getpid()
    assert bench.in_own_process(get_start_method) == get_start_method()


@pytest.mark.parametrize("name", bench.BENCHES)
def test_the_least_sizes_are_arguments(name: str) -> None:
    import argparse
    from importlib import import_module

    module, parser = import_module(bench.BENCHES[name]), argparse.ArgumentParser()
    module.add_arguments(parser)
    parser.parse_args(module.SMALL)
