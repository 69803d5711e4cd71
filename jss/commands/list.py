"""``list``: available systems, reports, fusions, data sets and presets, and the equations' code."""

from __future__ import annotations

import argparse
from pathlib import Path

from jss.errors import printable

HELP = "list systems, reports, fusions, data sets or presets, the papers' claims and equations"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``list``."""
    parser.add_argument("what", choices=tuple(LISTS), help="what to show")


def run(args: argparse.Namespace) -> int:
    """Print the list. Returns 0.

    Raises:
        JssError: A file is damaged.
    """
    lines = LISTS[args.what]()
    print("\n".join(map(printable, lines)) if lines else f"There are no {args.what} here.")
    return 0


def systems() -> list[str]:
    """A line per system: its name, its description, and the data sets of its reports.

    Remarks on selections follow, each once, then the separators of the weak-label paper.
    """
    from jss import checkpoints

    reports = checkpoints.root() / "reports"
    lines, shipped = [], checkpoints.systems()
    separators = [card for card in checkpoints.cards_with_classes() if card.separates_classes]
    names = [*(system.name for system in shipped), *(card.name for card in separators)]
    wide = max(map(len, names), default=0)
    remarks: dict[str, int] = {}
    for system in shipped:
        sets = sorted(path.parent.name for path in reports.glob(f"*/{system.name}.json"))
        selections = [
            who + (f" ({remarks.setdefault(chosen.note, len(remarks) + 1)})" if chosen.note else "")
            for who, chosen in system.selections.items()
        ]
        details = f" [{', '.join(selections)}; reports: {', '.join(sets) or 'none'}]"
        lines.append(f"{system.name:<{wide}}  {system.description}{details}")
    if remarks:
        lines += ["", *(f"({number}) {remark}" for remark, number in remarks.items())]
    if separators:
        what = (
            "Separators of the weak-label paper, for jss evaluate and the app's page Weak labels:"
        )
        lines += ["", what]
        lines += [
            f"{card.name:<{wide}}  {card.stage} [{', '.join(card.settings['classes'])}]"
            for card in separators
        ]
    return lines


def datasets() -> list[str]:
    """A line per data set, and one per subset of the rendered ones: number of clips, and labels."""
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
    published = [
        f"{name:<13}{data_set.about} ({data_set.licence})" for name, data_set in DATASETS.items()
    ]
    return [
        "Published, and prepared with: jss prepare NAME ROOT",
        *published,
        "",
        "Made by jss: jss render NAME ROOT",
        "homescapes   10 s soundscapes of real recordings, rendered from a soundbank; not DESED, but in its layout",
        "synthscapes  the same subsets from the built-in synthesiser, with nothing downloaded",
        *subsets,
        "universal    a background and one to three foregrounds of any class, in FUSS's layout, for PIT",
        "scenes       4 s mixtures of five urban classes, after the weak-label paper",
        f"examples     {examples} clips that come with jss",
    ]


def presets() -> list[str]:
    """A line per preset: its name and its purpose."""
    from jss.config import presets as described

    wide = max(map(len, described()))
    return [f"{name:<{wide}}  {description}" for name, description in described().items()]


def equations() -> list[str]:
    """A line per equation of the papers: its number, its title, and the code that computes it."""
    from jss.papers.equations import PAPERS

    return [
        f"{paper} Eq. {number:<3} {equation.title:<45} {', '.join(equation.where)}"
        for paper, table in PAPERS.items()
        for number, equation in table.items()
    ]


def fusions() -> list[str]:
    """A line per fusion of Tables 3 and 5 (Eq. 25), with the command that evaluates it."""
    from jss.inference.fusion import FUSIONS, members, named

    all_fusions = [
        (named(fusion, kind), members(fusion, kind))
        for kind in ("MixIT", "PIT")
        for fusion in FUSIONS
    ]
    return [
        "DATA stands for a data set in DESED's layout, such as that of: "
        "jss render synthscapes DATA --clips 0 validation=50",
        *(
            f"{name:<37} jss evaluate --fusion {' '.join(f'--system {part}' for part in parts)} "
            "--data DATA --subset validation"
            for name, parts in all_fusions
        ),
    ]


def reports() -> list[str]:
    """A line per report, and below it the commands that reproduce it."""
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


def claims() -> list[str]:
    """The papers' claims, judged by the shipped reports: the content of docs/claims.md."""
    from jss import checkpoints
    from jss.evaluation import claims as judged
    from jss.evaluation.evidence import Evidence, main_set
    from jss.evaluation.saved_scores import SUFFIX, SavedScores
    from jss.reports import EvalReport
    from jss.weak_labels.claims import WeakEvidence, findings, main_scenes
    from jss.weak_labels.report import WeakReport

    folder = checkpoints.root()
    every = EvalReport.load_all(folder / "reports")
    scenes = main_scenes(WeakReport.load_all(folder / "weak_labels"))
    main = main_set(every)
    if main is None:
        return []
    saved = {
        (scores.dataset, scores.subset, scores.outputs.selection, scores.outputs.system): scores
        for path in sorted((folder / "reports").rglob(f"*{SUFFIX}"))
        for scores in [SavedScores.load(path)]
    }
    dataset, subset = main
    evidence = Evidence(every, lambda *place: saved.get(place), dataset, subset)
    found = findings(evidence, WeakEvidence(scenes))
    return judged.document(found, f"{dataset} {subset}", scenes[0].dataset if scenes else "none")


LISTS = {
    "systems": systems,
    "reports": reports,
    "fusions": fusions,
    "datasets": datasets,
    "presets": presets,
    "equations": equations,
    "claims": claims,
}
