"""The end of ``train all``: every system of Tables 2, 3 and 5 on held-out clips, as one table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from jss import checkpoints
from jss.data.soundbank.synthbank import SYNTHSCAPES
from jss.evaluation import run
from jss.inference.fusion import FUSIONS, members
from jss.inference.system import load_system
from jss.reports import EvalReport

SUBSET = "validation"
#: Column of the table -> figure of a report.
COLUMNS = {
    "PSDS1": "psds1",
    "PSDS2": "psds2",
    "event F1": "event_f1_macro",
    "event precision": "event_precision_macro",
    "event recall": "event_recall_macro",
    "clip F1": "clip_f1",
    "clip precision": "clip_precision",
    "clip recall": "clip_recall",
    "similarity": "similarity",
}


def held_out(root: str, out: Path, clips: int, workers: int) -> Path:
    """A set in DESED's layout whose ``validation`` no training has heard: ROOT itself, where it is
    one, or else clips rendered into ``out`` of recordings of the test split. -> its folder. Raises
    JssError.
    """
    if any((Path(root) / name).is_dir() for name in ("metadata", "dataset")):
        return Path(root)
    from jss.data.soundscapes.render_set import LAYOUTS, Order, render_set

    kind = "synthscapes" if root == SYNTHSCAPES else "homescapes"
    wanted = {name: clips if name == SUBSET else 0 for name in LAYOUTS[kind].subsets}
    render_set(
        Order(kind, out / kind, None if root == SYNTHSCAPES else Path(root), 0, True, wanted),
        max(1, workers),
    )
    return out / kind


def results(
    systems: Sequence[str],
    folder: Path,
    data: Path,
    cache: Path,
    reports: Path,
    *,
    resamples: int,
    say: Callable[[str], None] = print,
) -> list[EvalReport]:
    """Reports of the systems, student and teacher, and of the teachers' fusions (Eq. 25), whose
    members are all there; each is written below ``reports`` and told as a line. Raises JssError.
    """
    clips = run.subset(data, SUBSET)
    outputs, made = {}, []
    for name in systems:
        for selection in checkpoints.manifest(name, folder).selections:
            found = run.collect(load_system(name, selection, folder=folder), clips, cache)
            made.append(run.report(found, clips, data.name, SUBSET, resamples=resamples))
            if selection == "teacher":
                outputs[name] = found
    for parts in [members(fusion, kind) for kind in ("PIT", "MixIT") for fusion in FUSIONS]:
        if set(parts) <= set(outputs):
            fused = run.fuse_sets([outputs[name] for name in parts])
            made.append(run.report(fused, clips, data.name, SUBSET, resamples=resamples))
    for report in made:
        report.save(reports / f"{report.system.replace(' ', '')}-{report.selection}.json")
    for line in table(made):
        say(line)
    return made


def table(reports: Sequence[EvalReport]) -> list[str]:
    """The reports as Markdown: a row a system and selection."""
    first = reports[0]
    rows = [
        (
            report.system,
            report.selection,
            *(
                "" if (value := report.headline(key)) is None else f"{value:.3f}"
                for key in COLUMNS.values()
            ),
        )
        for report in reports
    ]
    return [
        f"{first.dataset} {first.subset}, {first.n_files} of {first.n_files_expected} files:",
        "| " + " | ".join(("system", "selection", *COLUMNS)) + " |",
        "|" + "---|" * (2 + len(COLUMNS)),
        *("| " + " | ".join(row) + " |" for row in rows),
    ]
