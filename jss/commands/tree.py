"""The evaluation at the end of a training: systems and fusions on held-out clips, as tables.

A table for each subset, with the columns of Tables 2 to 5.
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
from jss.inference.together import fitting
from jss.reports import EvalReport

#: Subsets of Tables 2 and 3, and of Tables 4 and 5.
SUBSETS = ("validation", "public", f"public{SUFFIX}")
#: Column of the table -> headline of a report.
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
    """What is evaluated at the end of a training."""

    #: The data of the training.
    roots: Sequence[str]
    #: Of a set in DESED's layout; those that end in ``_overlap`` are its clips in pairs.
    subsets: Sequence[str]
    #: Folder of rendered clips, if no root has such a set.
    out: Path
    #: Number of rendered clips of each subset.
    clips: int

    @property
    def desed_root(self) -> Path | None:
        """The root in DESED's layout, which has its own held-out clips."""
        return next((Path(root) for root in self.roots if desed.find(root) is not None), None)

    @property
    def bank(self) -> str | None:
        """The root that held-out clips can be rendered from: the synthesiser or a soundbank."""
        return next(
            (root for root in self.roots if root == SYNTHSCAPES or is_bank(Path(root))), None
        )


def available(root: Path, subset: str) -> tuple[int, int]:
    """Number of clips of a subset that have audio, and of all its clips.

    Args:
        root: Folder of a data set in DESED's layout.
        subset: Its name.

    Raises:
        JssError: It has no strong labels.
    """
    clips = desed.prepare(root).get(subset.removesuffix(SUFFIX), [])
    if not any(clip.path for clip in clips) or (subset.endswith(SUFFIX) and len(clips) < 2):
        return 0, len(clips)
    chosen = run.subset(root, subset)
    return len(run.items(chosen)), len(chosen)


def preview(order: FinalEvaluation) -> list[str]:
    """What ``evaluate`` will do, a line per subset.

    Raises:
        JssError: It could not be done.
    """
    if not order.subsets:
        return []
    if order.desed_root is not None:
        lines = []
        for name in order.subsets:
            files, listed = available(order.desed_root, name)
            lines.append(
                f"evaluation: {name} of {order.desed_root} ({files} of {listed} files)"
                if files
                else f"evaluation: not on {name}, of which {order.desed_root} has no audio"
            )
        return lines
    if order.bank is None:
        return ["evaluation: none, since no --data has held-out clips with strong labels"]
    if order.clips < 2:
        raise JssError("--clips must be 2 or more: the overlap version of a set adds two clips.")
    return [f"evaluation: {name} of {order.clips} clips to be rendered" for name in order.subsets]


def evaluate(
    order: FinalEvaluation, systems: Sequence[str], folder: Path, data: Path, out: Path
) -> None:
    """Write reports and print a table for every subset that has audio.

    Args:
        order: What is evaluated.
        systems: Names.
        folder: That of blocks and systems.
        data: Folder that ``held_out`` returned.
        out: Folder of reports and cached scores.

    Raises:
        JssError: A clip, a block or a report cannot be read or written.
    """
    for subset in order.subsets:
        if available(data, subset)[0]:
            results(
                systems, folder, data, subset, out / "scores", out / "reports" / subset, resamples=0
            )


def held_out(order: FinalEvaluation, workers: int) -> Path | None:
    """A set in DESED's layout that no training has used.

    It is one of the roots, or clips rendered into ``order.out`` from recordings of the test split.

    Args:
        order: What is evaluated.
        workers: Number of rendering processes.

    Returns:
        Its folder; None where there is neither.

    Raises:
        JssError: The clips cannot be rendered.
    """
    if not order.subsets:
        return None
    if order.desed_root is not None or order.bank is None:
        return order.desed_root
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
    write_line: Callable[[str], None] = print,
) -> list[EvalReport]:
    """Reports of the systems, student and teacher, and of the teachers' fusions (Eq. 25).

    Fusions are those whose members are all among the systems.

    Args:
        systems: Names.
        folder: That of blocks and systems.
        data: Folder of the data set.
        subset: Its subset.
        cache: Folder of cached outputs.
        reports: Folder that the reports are written to.
        resamples: Number of bootstrap resamples; 0 for no confidence intervals.
        write_line: Called with each line of the table.

    Raises:
        JssError: A clip, a block or a report cannot be read or written.
    """
    clips = run.subset(data, subset)
    outputs, all_reports = {}, []
    for name in systems:
        for selection in checkpoints.manifest(name, folder).selections:
            system = load_system(name, selection, folder=folder)
            output = run.collect(system, clips, cache, size=fitting(system))
            all_reports.append(run.report(output, clips, data.name, subset, resamples=resamples))
            if selection == "teacher":
                outputs[name] = output
    for parts in [members(fusion, kind) for kind in ("PIT", "MixIT") for fusion in FUSIONS]:
        if set(parts) <= set(outputs):
            fused = run.fuse_sets([outputs[name] for name in parts])
            all_reports.append(run.report(fused, clips, data.name, subset, resamples=resamples))
    for report in all_reports:
        report.save(reports / f"{report.system.replace(' ', '')}-{report.selection}.json")
    for line in table(all_reports):
        write_line(line)
    return all_reports


def table(reports: Sequence[EvalReport]) -> list[str]:
    """The reports as Markdown: a row per system and selection."""
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
