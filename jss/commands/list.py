"""``list``: the systems, reports, fusions, data sets and presets that are there, and what computes
each equation.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from jss.errors import printable

HELP = "show the systems, reports, fusions, data sets or presets that are there, or where each equation is computed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``list``."""
    parser.add_argument("what", choices=tuple(LISTS), help="what to show")


def run(args: argparse.Namespace) -> int:
    """Print a line for each. -> 0. Raises JssError where a file is not as it should be."""
    lines = LISTS[args.what]()
    print("\n".join(map(printable, lines)) if lines else f"There are no {args.what} here.")
    return 0


def systems() -> list[str]:
    """A line a system: its name, what it is, and the data sets that a report tells of."""
    from jss import checkpoints

    reports = checkpoints.root() / "reports"
    lines = []
    for system in checkpoints.systems():
        sets = sorted(path.parent.name for path in reports.glob(f"*/{system.name}.json"))
        told = f" [{', '.join(system.selections)}; reports: {', '.join(sets) or 'none'}]"
        lines.append(f"{system.name:<10} {system.description}{told}")
        notes = [(who, chosen.note) for who, chosen in system.selections.items() if chosen.note]
        lines += [f"  {who}: {note}" for who, note in notes]
    return lines


def datasets() -> list[str]:
    """A line a data set, then one for each subset of the rendered ones: how many clips, and what
    their labels tell.
    """
    from jss.data.datasets.sets import DATASETS
    from jss.data.soundscapes.homescapes import SUBSETS

    package = Path(__file__).parent.parent
    examples = sum(
        1 for path in (package / "examples").glob("*") if path.suffix in (".ogg", ".flac")
    )
    subsets = [
        f"  {name:<24} {subset.clips:>5} clips, labels: {subset.labels}"
        for name, subset in SUBSETS.items()
    ]
    published = [f"{name:<13}{known.about} ({known.licence})" for name, known in DATASETS.items()]
    return [
        "To be had, and prepared with: python -m jss prepare NAME ROOT",
        *published,
        "",
        "Made by jss: python -m jss render NAME ROOT",
        "homescapes   10 s soundscapes of real recordings, rendered from a soundbank; not DESED, but in its layout",
        "synthscapes  the same subsets from the built-in synthesiser, with nothing downloaded",
        *subsets,
        "universal    a background and one to three foregrounds of any class, in FUSS's layout, for PIT",
        "scenes       4 s mixtures of five urban classes, after the weak-label paper",
        f"examples     {examples} clips that come with jss",
    ]


def presets() -> list[str]:
    """A line a preset: its name and what it is for."""
    from jss.config import presets as described

    return [f"{name:<10} {description}" for name, description in described().items()]


def equations() -> list[str]:
    """A line an equation of the papers: its number, what it says, and what computes it."""
    from jss.papers.equations import PAPERS

    return [
        f"{paper} Eq. {number:<3} {equation.title:<45} {', '.join(equation.where)}"
        for paper, table in PAPERS.items()
        for number, equation in table.items()
    ]


def fusions() -> list[str]:
    """A line a fusion of Tables 3 and 5 (Eq. 25), as ``evaluate --fusion`` takes it; of MixIT, then
    of PIT.
    """
    from jss.inference.fusion import FUSIONS, members, named

    every = [
        (named(fusion, kind), members(fusion, kind))
        for kind in ("MixIT", "PIT")
        for fusion in FUSIONS
    ]
    return [
        f"{name:<46} evaluate --fusion {' '.join(f'--system {one}' for one in parts)}"
        for name, parts in every
    ]


def reports() -> list[str]:
    """What each report is of, and beneath it the commands that measure it again."""
    from jss import checkpoints
    from jss.reports import PLACEHOLDERS, EvalReport

    every = EvalReport.load_all(checkpoints.root() / "reports")
    lines = [PLACEHOLDERS]
    for report in sorted(
        every, key=lambda r: (r.dataset, r.subset, checkpoints.place(r.system), r.selection)
    ):
        lines.append(
            f"{report.dataset} {report.subset}, {report.system} ({report.selection}), "
            f"{report.n_files} of {report.n_files_expected} files"
        )
        lines += [f"  {command}" for command in report.settings.get("reproduce", [])]
    return lines if every else []


LISTS = {
    "systems": systems,
    "reports": reports,
    "fusions": fusions,
    "datasets": datasets,
    "presets": presets,
    "equations": equations,
}
