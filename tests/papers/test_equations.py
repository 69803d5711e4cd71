"""The index of equations is complete, and each docstring it refers to cites the equation.

``test_numbers.py`` tests what the equations compute.
"""

from __future__ import annotations

import inspect
import re

import pytest

from jss.papers.equations import PAPERS, Equation

#: Number of equations in each paper.
LENGTHS = {"JSS": 30, "Weak labels": 9}
EQUATIONS = [(paper, equation) for paper, table in PAPERS.items() for equation in table.values()]


def cited(text: str) -> set[int]:
    """Numbers of the equations in a text: "Eq. 3", "Eqs 4 and 5", "Eqs 11, 13, 14", "Eqs 20-22"."""
    numbers: set[int] = set()
    for match in re.finditer(r"\bEqs?\.? (\d+(?:(?:-|, | and | or )\d+)*)", text):
        for part in re.split(r", | and | or ", match[1]):
            first, _, last = part.partition("-")
            numbers.update(range(int(first), int(last or first) + 1))
    return numbers


def test_cited_reads_all_forms():
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
    ("paper", "equation"), EQUATIONS, ids=[f"{paper}-{e.number}" for paper, e in EQUATIONS]
)
def test_docstrings_cite_their_equation(paper: str, equation: Equation):
    for name, item in zip(equation.where, equation.resolve(), strict=True):
        text = inspect.getdoc(item) or ""
        assert equation.number in cited(text), (
            f"the docstring of {name} does not cite Eq. {equation.number}"
        )
