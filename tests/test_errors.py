"""Errors for two readers: a sentence for the user, the cause for the developer."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import jss
from jss.errors import number_of

PACKAGE = Path(jss.__file__).parent
#: Where any error at all may arise, each with its reason.
ANYTHING = {
    "io/prefetch.py",  # a thread hands its error on to whom it works for
    "io/journal.py",  # the file is closed, the error goes on
    "data/acquire/checking.py",  # the pool is stopped, the error goes on
    "data/acquire/fetching.py",  # the same
    "training/loop.py",  # torch's reader on a damaged checkpoint
    "inference/dcase2021.py",  # the same
    "models/compiled.py",  # Numba's compiler
}


@pytest.mark.parametrize(
    ("things", "one"),
    [
        ("recordings", "1 recording"),
        ("classes", "1 class"),
        ("hidden or system files", "1 hidden or system file"),
        ("recordings that no table lists", "1 recording that no table lists"),
        ("analysed", "1 analysed"),
    ],
)
def test_one_thing_is_in_the_singular(things, one):
    assert number_of(1, things) == one
    assert [number_of(n, things) for n in (0, 2)] == [f"0 {things}", f"2 {things}"]


def handlers():
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                yield path.relative_to(PACKAGE).as_posix(), node


def test_what_is_raised_in_place_of_an_error_names_it_as_its_cause():
    without = [
        f"{name}:{raised.lineno}"
        for name, handler in handlers()
        for raised in ast.walk(handler)
        if isinstance(raised, ast.Raise)
        and raised.exc is not None
        and (raised.cause is None or ast.unparse(raised.cause) == "None")
    ]
    assert without == []


def test_no_except_takes_everything():
    wide = {
        name
        for name, handler in handlers()
        if handler.type is None or ast.unparse(handler.type) in ("Exception", "BaseException")
    }
    assert wide <= ANYTHING


def test_a_mistake_of_ours_in_a_network_is_no_advice_about_its_sizes(monkeypatch):
    from jss import checkpoints
    from jss.models import crnn

    def broken(config):
        raise TypeError("a bug")

    monkeypatch.setattr(crnn, "CRNN", broken)
    with pytest.raises(TypeError, match="a bug"):
        checkpoints.build("crnn", {})
