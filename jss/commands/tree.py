"""The end of a training: its systems and their fusions on held-out clips, a table for each subset, as
Tables 2 to 5 have them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jss import checkpoints
from jss.data.datasets import desed
from jss.data.datasets.overlap import SUFFIX
from jss.data.soundbank.bank import is_bank
from jss.data.soundbank.synthbank import SYNTHSCAPES
from jss.errors import JssError
from jss.evaluation import run
from jss.inference.fusion import FUSIONS, members
from jss.inference.system import load_system
from jss.reports import EvalReport

#: Those of Tables 2 and 3, and of Tables 4 and 5.
SUBSETS = ("validation", "public", f"public{SUFFIX}")
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


@dataclass(frozen=True)
class FinalEvaluation:
    """What is to be evaluated. roots: the data of the training; subsets: of a set in DESED's layout, ending in
    ``_overlap`` for its clips in pairs; out: where clips are rendered if no root has such a set; clips: how many of
    each subset.
    """

    roots: Sequence[str]
    subsets: Sequence[str]
    out: Path
    clips: int

    @property
    def there(self) -> Path | None:
        """The root in DESED's layout, which has held-out clips of its own."""
        return next((Path(root) for root in self.roots if desed.find(root) is not None), None)

    @property
    def bank(self) -> str | None:
        """The root that held-out clips can be rendered from: the synthesiser or a soundbank."""
        return next(
            (root for root in self.roots if root == SYNTHSCAPES or is_bank(Path(root))), None
        )


def available(root: Path, subset: str) -> tuple[int, int]:
    """How many clips of a subset have audio, and of how many. Raises JssError where it has no strong labels."""
    clips = desed.prepare(root).get(subset.removesuffix(SUFFIX), [])
    if not any(clip.path for clip in clips) or (subset.endswith(SUFFIX) and len(clips) < 2):
        return 0, len(clips)
    chosen = run.subset(root, subset)
    return len(run.items(chosen)), len(chosen)


def preview(order: FinalEvaluation) -> list[str]:
    """What ``evaluate`` will do, a line a subset. Raises JssError where it could not be done."""
    if not order.subsets:
        return []
    if order.there is not None:
        lines = []
        for name in order.subsets:
            files, listed = available(order.there, name)
            lines.append(
                f"evaluation: {name} of {order.there} ({files} of {listed} files)"
                if files
                else f"evaluation: not on {name}, of which {order.there} has no audio"
            )
        return lines
    if order.bank is None:
        return [
            "evaluation: none, since no --data holds strongly labelled clips that are kept apart"
        ]
    if order.clips < 2:
        raise JssError("--clips must be 2 or more: the overlap version of a set adds two clips.")
    return [f"evaluation: {name} of {order.clips} clips to be rendered" for name in order.subsets]


def evaluate(
    order: FinalEvaluation, systems: Sequence[str], folder: Path, data: Path, out: Path
) -> None:
    """Reports and a printed table for every subset that is there. data: what ``held_out`` gave. Raises JssError."""
    for subset in order.subsets:
        if available(data, subset)[0]:
            results(
                systems, folder, data, subset, out / "scores", out / "reports" / subset, resamples=0
            )


def held_out(order: FinalEvaluation, workers: int) -> Path | None:
    """A set in DESED's layout whose subsets no training has met: a root, or clips rendered into ``order.out`` of
    recordings of the test split. -> its folder, None where there are neither. Raises JssError.
    """
    if not order.subsets:
        return None
    if order.there is not None or order.bank is None:
        return order.there
    from jss.data.soundscapes.render_set import LAYOUTS, Order, render_set

    kind = "synthscapes" if order.bank == SYNTHSCAPES else "homescapes"
    bases = {name.removesuffix(SUFFIX) for name in order.subsets}
    wanted = {name: order.clips if name in bases else 0 for name in LAYOUTS[kind].subsets}
    bank = None if order.bank == SYNTHSCAPES else Path(order.bank)
    render_set(Order(kind, order.out / kind, bank, 0, True, wanted), max(1, workers))
    return order.out / kind


def results(
    systems: Sequence[str],
    folder: Path,
    data: Path,
    subset: str,
    cache: Path,
    reports: Path,
    *,
    resamples: int,
    say: Callable[[str], None] = print,
) -> list[EvalReport]:
    """Reports of the systems, student and teacher, and of the teachers' fusions (Eq. 25), whose members are all
    there; each is written below ``reports`` and is a row of the table. Raises JssError.
    """
    clips = run.subset(data, subset)
    outputs, made = {}, []
    for name in systems:
        for selection in checkpoints.manifest(name, folder).selections:
            found = run.collect(load_system(name, selection, folder=folder), clips, cache)
            made.append(run.report(found, clips, data.name, subset, resamples=resamples))
            if selection == "teacher":
                outputs[name] = found
    for parts in [members(fusion, kind) for kind in ("PIT", "MixIT") for fusion in FUSIONS]:
        if set(parts) <= set(outputs):
            fused = run.fuse_sets([outputs[name] for name in parts])
            made.append(run.report(fused, clips, data.name, subset, resamples=resamples))
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
