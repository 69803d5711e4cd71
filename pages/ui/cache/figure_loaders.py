"""Figures with their resamples, and figures of clips, computed once and shared by all sessions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from jss.data.datasets.overlap import SUFFIX
from jss.papers.claims import CLAIMS, WEAK_LABELS
from jss.reports import EvalReport
from pages.ui.cache import disk, loaders, weak_loaders
from pages.ui.clip import links, synthscapes

if TYPE_CHECKING:
    from jss.evaluation.claim_clips import Example
    from jss.evaluation.claims import Finding
    from jss.evaluation.clip_figures import ClipFigures
    from jss.evaluation.evidence import Evidence
    from jss.evaluation.saved_scores import SavedScores
    from jss.papers.claims import Claim, Figure


def scores(dataset: str, subset: str, selection: str, system: str) -> SavedScores | None:
    """Return the scores saved beside a report, None where there are none."""
    return loaders.saved_scores().get((dataset, subset, selection), {}).get(system)


def evidence(dataset: str, subset: str) -> Evidence:
    """Return the figures of all reports of a set and of its clips two at a time, to compare them."""
    return _evidence(dataset, subset, version(dataset))


def version(dataset: str) -> str:
    """Return a text that changes with the reports and saved scores of a data set."""
    reports = [
        (r.subset, r.system, r.selection, r.n_files, r.psds1, r.commit)
        for r in loaders.reports()
        if r.dataset == dataset
    ]
    saved = [
        (place, loaders.scores_version(tuple(parts.values())))
        for place, parts in loaders.saved_scores().items()
        if place[0] == dataset
    ]
    return repr((reports, saved))


@st.cache_resource(show_spinner=False, max_entries=8)
def _evidence(dataset: str, subset: str, of_version: str) -> Evidence:
    from jss.evaluation.evidence import Evidence

    return Evidence(loaders.reports(), scores, dataset, subset)


def clip_figures(
    dataset: str, subset: str, selection: str, systems: tuple[str, ...]
) -> ClipFigures | None:
    """Return the figures of each clip of a system or a fusion; None where scores are not saved."""
    parts = tuple(p for name in systems if (p := scores(dataset, subset, selection, name)))
    if len(parts) < len(systems):
        return None
    return _clip_figures(
        (dataset, subset, selection, *systems), loaders.scores_version(parts), parts
    )


@st.cache_resource(show_spinner=False, max_entries=100)
def _clip_figures(
    place: tuple[str, ...], of_version: str, _parts: tuple[SavedScores, ...]
) -> ClipFigures:
    from jss.evaluation.clip_figures import clip_figures
    from jss.evaluation.saved_scores import fused

    similarity = next(
        (
            report.similarity["per_clip"]
            for report in loaders.reports()
            if report.similarity
            and (report.dataset, report.subset, report.selection, report.system) == place
        ),
        None,
    )
    return clip_figures(fused(_parts), similarity)


@st.cache_resource(show_spinner=False, max_entries=200)
def _on_clips(
    place: tuple[str, ...], of_version: str, names: tuple[str, ...], figures: tuple[str, ...]
) -> EvalReport:
    from jss.evaluation.comparisons import on_clips

    report = next(
        r for r in loaders.reports() if (r.dataset, r.subset, r.selection, r.system) == place
    )
    saved = scores(place[0], place[1], place[2], place[3])
    assert saved is not None
    return on_clips(report, saved, names, figures)


def on_clips_of_pairs(
    reports: Sequence[EvalReport], figures: Sequence[str]
) -> tuple[list[EvalReport], list[str]]:
    """Return reports of single clips on those clips alone that the pairs beside them are made of.

    Args:
        reports: Of one data set and selection, of any subsets.
        figures: Headline figures to measure anew.

    Returns:
        The reports, with those of single clips measured anew where the pairs are of fewer clips;
        and a sentence for each subset that was so.
    """
    shown, notes = [], list[str]()
    for report in reports:
        saved = scores(report.dataset, report.subset, report.selection, report.system)
        pairs = scores(report.dataset, report.subset + SUFFIX, report.selection, report.system)
        names = (
            _names_in_pairs(loaders.scores_version((saved, pairs)), saved, pairs)
            if saved and pairs
            else ()
        )
        if saved is None or not names or len(names) == len(saved.clips):
            shown.append(report)
            continue
        place = (report.dataset, report.subset, report.selection, report.system)
        shown.append(_on_clips(place, loaders.scores_version((saved,)), names, tuple(figures)))
        note = (
            f"Of {report.dataset} {report.subset}, only the {len(names)} clips are shown that "
            f"{report.subset + SUFFIX} is made of, so that both are of the same recordings."
        )
        notes += [note] * (note not in notes)
    return shown, notes


@st.cache_data(show_spinner=False, max_entries=50)
def _names_in_pairs(of_version: str, _single: SavedScores, _pairs: SavedScores) -> tuple[str, ...]:
    from jss.evaluation.saved_scores import clips_in_pairs

    return clips_in_pairs(_single.clips, _pairs.clips)


@dataclass(frozen=True)
class JudgedClaim:
    """A claim of a paper, judged.

    best, worst: the clips of the set that show it so; synthesised: the same of the built-in
    synthesiser's clips, which can always be opened; None where no clip shows it.
    """

    finding: Finding
    best: Example | None
    worst: Example | None
    synthesised: tuple[Example | None, Example | None] = (None, None)


@st.cache_resource(show_spinner=False, ttl=600)
def seeds() -> dict[tuple[str, str], int]:
    """Return the seeds of the shipped trainings."""
    from jss.evaluation.claims import training_seeds

    return training_seeds(loaders.shipped_systems())


def claims_version() -> str:
    """Return a text that changes with what claims are judged by."""
    weak = [(r.system, r.n_clips, r.commit) for r in weak_loaders.reports()]
    return repr((loaders.shipped_digest(), weak))


def audible_subset(dataset: str, subset: str) -> str | None:
    """Return the subset of ``synthscapes`` to hear, None where the clips of a set can be opened."""
    if links.set_openable(dataset, subset):
        return None
    of = [r.subset for r in loaders.reports() if r.dataset == synthscapes.NAME]
    return next((name for name in of if not name.endswith(SUFFIX)), None)


def judge_claims(wait: Callable[[], None]) -> None:
    """Judge all claims by the main set, so that the page Claims opens at once.

    Args:
        wait: Called before each claim.
    """
    from jss.evaluation.evidence import main_set

    if main := main_set(loaders.reports()):
        dataset, subset = main
        audible, now = audible_subset(dataset, subset), claims_version()
        for number in range(len(CLAIMS)):
            wait()
            claim(number, dataset, subset, audible, now)


def claim(
    number: int, dataset: str, subset: str, audible: str | None, of_version: str
) -> JudgedClaim:
    """Judge a claim by the reports of a set.

    Args:
        number: Of the claim in ``CLAIMS``.
        dataset: Name of the data set.
        subset: Name of the subset of single clips.
        audible: Of :func:`audible_subset`.
        of_version: Of :func:`claims_version`.
    """
    if CLAIMS[number] in WEAK_LABELS:
        return _weak_claim(number, of_version)
    return _claim(number, dataset, subset, audible, of_version)


@st.cache_resource(show_spinner=False, max_entries=1000)
def _claim(
    number: int, dataset: str, subset: str, audible: str | None, of_version: str
) -> JudgedClaim:
    """Judge a claim of systems that are shipped, by what is shipped."""
    key = f"claim {number} {dataset} {subset} {audible} {loaders.shipped_digest()}"
    return _restored(
        CLAIMS[number],
        disk.plain_data(key, lambda: _plain(_judged(number, dataset, subset, audible))),
    )


def _plain(judged: JudgedClaim) -> dict[str, Any]:
    """A judged claim as JSON can hold it: comparisons by their number in the claim."""
    numbers = {comparison: n for n, comparison in enumerate(judged.finding.claim.comparisons)}

    def plain(example: Example | None) -> dict[str, Any] | None:
        if example is None:
            return None
        return vars(example) | {"comparison": numbers[example.comparison]}

    return {
        "verdict": judged.finding.verdict,
        "judged": [vars(j) | {"comparison": numbers[j.comparison]} for j in judged.finding.judged],
        "examples": [
            plain(example) for example in (judged.best, judged.worst, *judged.synthesised)
        ],
    }


def _restored(claim: Claim, data: dict[str, Any]) -> JudgedClaim:
    """The claim of :func:`_plain`."""
    from jss.evaluation.claim_clips import Example
    from jss.evaluation.claims import Finding, Judged

    def example(fields: dict[str, Any] | None) -> Example | None:
        if fields is None:
            return None
        return Example(**fields | {"comparison": claim.comparisons[fields["comparison"]]})

    judged = tuple(
        Judged(
            **fields
            | {
                "comparison": claim.comparisons[fields["comparison"]],
                "clips": tuple(fields["clips"]),
                "recordings": tuple(fields["recordings"]),
            }
        )
        for fields in data["judged"]
    )
    best, worst, *synthesised = map(example, data["examples"])
    finding = Finding(claim, judged, data["verdict"])
    return JudgedClaim(finding, best, worst, (synthesised[0], synthesised[1]))


def _judged(number: int, dataset: str, subset: str, audible: str | None) -> JudgedClaim:
    from jss.evaluation.claim_clips import examples
    from jss.evaluation.claims import judge

    figures = evidence(dataset, subset)
    finding = judge(CLAIMS[number], figures)

    @cache  # a claim has hundreds of comparisons of a few systems
    def of(place: str, part: str, selection: str, members: tuple[str, ...]) -> ClipFigures | None:
        return clip_figures(place, part, selection, members)

    def clips(figure: Figure) -> ClipFigures | None:
        return of(dataset, figures.subset_of(figure), figure.selection, figure.members)

    def synthetic(figure: Figure) -> ClipFigures | None:
        return of(synthscapes.NAME, audible or "", figure.selection, figure.members)

    return JudgedClaim(
        finding,
        *examples(finding, clips),
        examples(finding, synthetic) if audible else (None, None),
    )


@st.cache_resource(show_spinner=False, max_entries=100)
def _weak_claim(number: int, of_version: str) -> JudgedClaim:
    from jss.evaluation.claims import judge
    from jss.weak_labels.claims import WeakEvidence, main_scenes, scene_examples

    figures = WeakEvidence(main_scenes(weak_loaders.reports()))
    finding = judge(CLAIMS[number], figures)
    return JudgedClaim(finding, *scene_examples(finding, figures))
