"""The index of equations is true: every number is there, and what it names says so itself.

What it computes is in ``test_numbers.py``.
"""

from __future__ import annotations

import inspect
import re

import pytest

from jss.papers.equations import PAPERS, Equation

#: How many numbered equations a paper has.
LENGTHS = {"JSS": 30, "Weak labels": 9}
EVERY = [(paper, equation) for paper, table in PAPERS.items() for equation in table.values()]


def cited(text: str) -> set[int]:
    """The numbers in "Eq. 3", "Eqs 4 and 5", "Eqs 11, 13, 14", "Eqs 20-22"."""
    found: set[int] = set()
    for match in re.finditer(r"\bEqs?\.? (\d+(?:(?:-|, | and | or )\d+)*)", text):
        for part in re.split(r", | and | or ", match[1]):
            first, _, last = part.partition("-")
            found.update(range(int(first), int(last or first) + 1))
    return found


def test_the_numbers_are_read_as_people_write_them():
    assert cited("Eq. 3 in place; Eqs 4 and 5, (Eqs 11, 13, 14), Eqs 20-22") == {
        3,
        4,
        5,
        11,
        13,
        14,
        20,
        21,
        22,
    }


@pytest.mark.parametrize("paper", PAPERS)
def test_no_equation_is_missing(paper):
    assert list(PAPERS[paper]) == list(range(1, LENGTHS[paper] + 1))


@pytest.mark.parametrize(
    ("paper", "equation"), EVERY, ids=[f"{paper}-{e.number}" for paper, e in EVERY]
)
def test_what_computes_an_equation_cites_it(paper: str, equation: Equation):
    for name, found in zip(equation.where, equation.resolve(), strict=True):
        text = inspect.getdoc(found) or ""
        assert equation.number in cited(text), (
            f"the docstring of {name} does not cite Eq. {equation.number}"
        )
