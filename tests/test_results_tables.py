"""The tables of README.md and docs/results.md say what the shipped reports say."""

import json
import re
from pathlib import Path

import pytest

from jss import checkpoints

ROOT = Path(__file__).parent.parent
REPORTS = ROOT / "checkpoints" / "reports"
#: Beginning of the heading that a table of docs/results.md stands under -> its reports.
TABLES = {
    "**Held-out soundscapes**": "homescapes",
    "**The same, two clips at a time**": "homescapes-overlap",
    "**`synthscapes`**": "synthscapes",
}


def rows(text):
    """Cells of the rows of the first table in a text, without its header."""
    table = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)
    lines = table[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def report(folder, system):
    return json.loads((REPORTS / folder / f"{system}.json").read_text())


def tagging(system):
    return json.loads((ROOT / "checkpoints" / "tagging" / f"{system}.json").read_text())


def test_whole_recordings():
    text = (ROOT / "docs" / "results.md").read_text()
    text = text[text.index("| class (files) |") :]
    systems = text.split("\n")[0].strip("|").replace(" ", "").split("|")[1:]
    by_class = {name.split(" ")[0]: cells for name, *cells in rows(text)}
    for number, system in enumerate(systems):
        measured = tagging(system)
        assert {name: cells[number] for name, cells in by_class.items() if name[0].isupper()} == {
            name: f"{row['average_precision']:.3f}" for name, row in measured["classwise"].items()
        }
        low, high = measured["interval"]
        macro = f"**{measured['macro']:.3f}** ({low:.2f} to {high:.2f})"
        assert by_class["**macro**"][number] == macro


@pytest.mark.parametrize("heading", TABLES)
def test_docs(heading):
    text = (ROOT / "docs" / "results.md").read_text()
    table = rows(text[text.index(heading) :])
    assert len(table) >= 6
    for system, *cells in table:
        measured = report(TABLES[heading], system)
        low, high = measured["intervals"]["clip_f1"]
        similarity = measured["similarity"]
        assert cells == [
            f"{measured['psds1_exact']:.3f}",
            f"{measured['psds2_exact']:.3f}",
            f"{measured['event_f1']['macro']:.3f}",
            f"{measured['intersection_f1']['macro']:.3f}",
            f"{measured['clip_f1']:.3f} ({low:.2f} to {high:.2f})",
            f"{similarity['mean']:.3f}" if similarity else "no sources",
            f"{measured['separation']['si_sdri']:+.1f}" if similarity else "no sources",
        ], system


def test_readme():
    text = (ROOT / "README.md").read_text()
    for system, _, precision, psds1, psds2, clip_f1, similarity in rows(
        text[text.index("| system | training clips") :]
    ):
        measured = report("homescapes", system)
        assert [precision, psds1, psds2, clip_f1, similarity] == [
            f"{tagging(system)['macro']:.3f}",
            f"{measured['psds1_exact']:.3f}",
            f"{measured['psds2_exact']:.3f}",
            f"{measured['clip_f1']:.3f}",
            f"{measured['similarity']['mean']:.3f}" if measured["similarity"] else "",
        ], system
    counts = re.compile(
        r"(\d+)\s+hold\b[^,]*,\s+(\d+)\s+do\s+not\b.*?(\d+)\s+are\s+inconclusive", re.DOTALL
    )
    claims = (ROOT / "docs" / "claims.md").read_text()
    assert counts.search(text).groups() == counts.search(claims).groups()


def test_reports_are_of_the_shipped_weights():
    shipped = {system.name: system.selections for system in checkpoints.systems()}
    count = 0
    for path in (*REPORTS.rglob("*.json"), *(ROOT / "checkpoints" / "tagging").glob("*.json")):
        measured = json.loads(path.read_text())
        if measured["system"] not in shipped:
            continue  # a detector of others
        selection = shipped[measured["system"]][measured["selection"]]
        weights = measured.get("settings", measured).get("weights_sha256", {})
        for role in weights.keys() - {"system"}:
            card = checkpoints.load_card(getattr(selection, role))
            assert weights[role] == card.sha256, path
            count += 1
    assert count > 60
