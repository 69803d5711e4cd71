"""The papers' claims, judged by figures and their resamples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np

from jss import checkpoints
from jss.arrays import Float64
from jss.checkpoints import Manifest
from jss.evaluation.evidence import Sample
from jss.labels import sound_class
from jss.papers.claims import (
    ABOVE,
    IMPROVEMENT,
    SIMILAR,
    WEAK_LABELS,
    Claim,
    Comparison,
    Figure,
    printed,
)
from jss.viz.score_tables import DECIMALS, DECIMALS_DB, rounded

Verdict = Literal["holds", "does not hold", "inconclusive"]
VERDICTS: tuple[Verdict, ...] = ("holds", "does not hold", "inconclusive")
#: How a verdict follows from the intervals.
RULE = (
    "A claim consists of one comparison or several. For each we give the difference of our figures and "
    "its 95 % interval (paired bootstrap over clips; two-clip mixtures that share a clip are treated as "
    "dependent). A comparison holds if the interval lies on the claim's side of 0, does not hold if it "
    "lies on the other side, and is inconclusive if the interval includes 0. Where a claim says that two "
    "figures are alike, the comparison holds if the interval lies within the stated margin, does not "
    "hold if it lies wholly outside, and is inconclusive otherwise.\n\n"
    "A claim about all of its comparisons holds if all hold, and does not hold if one does not. A claim "
    "about most of them holds if more than half hold, and does not hold if more than half do not. A "
    "claim about at least one holds if one holds, and does not hold if every one of them does not hold. "
    "Every other claim is inconclusive. Comparisons that are not measured do not count; a claim without "
    "any measured comparison is inconclusive.\n\n"
    "The intervals cover the choice of clips, not that of the training seeds, which are listed for each "
    "claim. Among so many intervals, some exclude 0 by chance."
)


class Source(Protocol):
    """Where figures come from."""

    def samples(self, figures: Sequence[Figure]) -> list[Sample | None]:
        """Figures of one comparison with their resamples; None where one is not measured."""


@dataclass(frozen=True)
class Judged:
    """One comparison of a claim, measured; a positive difference speaks for the claim."""

    comparison: Comparison
    verdict: Verdict
    value: float
    low: float
    high: float
    #: Number of clips of each set, and of the recordings that they are made of, where known.
    clips: tuple[int, ...]
    recordings: tuple[int, ...]
    #: Whether all figures are of the same resamples of the same clips.
    paired: bool


@dataclass(frozen=True)
class Finding:
    """A claim and what our figures say of it."""

    claim: Claim
    #: Of the comparisons that were measured.
    judged: tuple[Judged, ...]
    verdict: Verdict

    @property
    def clearest(self) -> list[Judged]:
        """The comparisons, those that speak most clearly for the claim first."""
        return sorted(self.judged, key=_clearness, reverse=True)


def _clearness(result: Judged) -> float:
    middle = result.low / 2 + result.high / 2
    return middle if result.comparison.within is None else -abs(middle)


def counted(verdicts: Sequence[Verdict]) -> str:
    """How many have each verdict: "3 hold, 1 does not hold, 2 are inconclusive"."""
    forms = {
        "holds": ("holds", "hold"),
        "does not hold": ("does not hold", "do not hold"),
        "inconclusive": ("is inconclusive", "are inconclusive"),
    }
    numbers = {verdict: verdicts.count(verdict) for verdict in VERDICTS}
    return ", ".join(f"{n} {forms[verdict][n > 1]}" for verdict, n in numbers.items() if n)


def judge(claim: Claim, source: Source) -> Finding:
    """Judge a claim by the figures of a source.

    Args:
        claim: The claim.
        source: Of the figures.
    """
    measured = [measure(comparison, source) for comparison in claim.comparisons]
    judged = tuple(result for result in measured if result is not None)
    return Finding(claim, judged, _verdict(claim, [result.verdict for result in judged]))


def _verdict(claim: Claim, verdicts: Sequence[Verdict]) -> Verdict:
    holds, fails, every = verdicts.count("holds"), verdicts.count("does not hold"), len(verdicts)
    if not every:
        return "inconclusive"
    if claim.need == "all":
        return "does not hold" if fails else "holds" if holds == every else "inconclusive"
    if claim.need == "any":
        return "holds" if holds else "does not hold" if fails == every else "inconclusive"
    if 2 * holds > every:
        return "holds"
    return "does not hold" if 2 * fails > every else "inconclusive"


def measure(comparison: Comparison, source: Source) -> Judged | None:
    """Measure one comparison; None where one of its figures is not measured.

    Args:
        comparison: What is compared.
        source: Of the figures.
    """
    measured = source.samples((*comparison.plus, *comparison.minus))
    samples = [sample for sample in measured if sample is not None]
    sizes = {(len(sample.replicates), sample.resamples) for sample in samples}
    if len(samples) < len(measured) or len(sizes) != 1:
        return None
    drawn = _aligned(samples)
    values = np.array([[sample.value] for sample in samples])
    sides = len(comparison.plus)
    value, replicates = (
        statistic(comparison, table[:sides], table[sides:]) for table in (values, drawn)
    )
    # Rounded, so that 0 is 0 on every machine.
    bounds = replace(samples[0], replicates=np.round(replicates, 6)).interval()
    if bounds is None or np.isnan(value[0]):
        return None
    if comparison.kind == "correlation":  # which a wide spread may leave
        bounds = max(bounds[0], -1.0), min(bounds[1], 1.0)
    by_set = {(sample.clips, sample.n_clips): sample for sample in samples}.values()
    return Judged(
        comparison,
        _side(comparison, *bounds),
        float(value[0]),
        *bounds,
        tuple(sample.n_clips for sample in by_set),
        tuple(sample.recordings for sample in by_set if sample.recordings is not None),
        len({sample.clips for sample in samples}) == 1,
    )


def _aligned(samples: Sequence[Sample]) -> Float64:
    """Resamples of each sample, (samples, B); those of other clips are shuffled among themselves.

    Resamples of two sets are independent, but both sets' resamples are drawn with one seed. Clips
    and pairs of them are one set: see ``Evidence.samples``.
    """
    orders = {}
    for n, clips in enumerate(dict.fromkeys(sample.clips for sample in samples)):
        number = len(samples[0].replicates)
        orders[clips] = np.random.default_rng(n).permutation(number) if n else np.arange(number)
    return np.stack([sample.replicates[orders[sample.clips]] for sample in samples])


def statistic(comparison: Comparison, plus: Float64, minus: Float64) -> Float64:
    """What a comparison says: above 0 speaks for its claim, unless it is of figures alike.

    Args:
        comparison: What is compared.
        plus: (figures, B) values of the one side.
        minus: (figures, B) of the other.

    Returns:
        (B,)
    """
    if comparison.kind == "difference":
        return np.asarray(plus.sum(axis=0) - minus.sum(axis=0) - comparison.constant)
    x, y = plus - plus.mean(axis=0), minus - minus.mean(axis=0)
    size = np.sqrt((x**2).sum(axis=0) * (y**2).sum(axis=0))
    none = np.full(x.shape[1], np.nan)
    correlation = np.divide((x * y).sum(axis=0), size, out=none, where=size > 0)
    return np.asarray(-correlation if comparison.negative else correlation)


def _side(comparison: Comparison, low: float, high: float) -> Verdict:
    margin = comparison.within
    if margin is None:
        return "holds" if low > 0 else "does not hold" if high < 0 else "inconclusive"
    if -margin <= low and high <= margin:
        return "holds"
    return "does not hold" if low > margin or high < -margin else "inconclusive"


def printed_difference(comparison: Comparison, of: str) -> float | None:
    """The same difference of the figures that a table of the paper prints, where it does.

    Args:
        comparison: What is compared.
        of: One of the paper's sets.
    """
    overlap = "overlap" in of
    if any((figure.on == "overlap") != overlap for figure in (*comparison.plus, *comparison.minus)):
        return None
    sides = [
        [printed(figure, of) for figure in side] for side in (comparison.plus, comparison.minus)
    ]
    if comparison.kind != "difference" or any(value is None for side in sides for value in side):
        return None
    plus, minus = (sum(value for value in side if value is not None) for side in sides)
    return plus - minus - comparison.constant


#: Short names of figures.
NAMES = {
    "psds1": "PSDS1",
    "psds2": "PSDS2",
    "event_f1_macro": "event F1",
    "event_precision_macro": "event precision",
    "intersection_f1_macro": "intersection F1",
    "clip_f1": "clip F1",
    "similarity": "similarity",
    "si_sdri": "SI-SDRi",
    SIMILAR: "share of clips with a similarity above 0.9",
    IMPROVEMENT: "SI-SDRi",
    ABOVE: "chance of a higher SI-SDR",
}
_DB = ("si_sdri", IMPROVEMENT)
_ON = {"single": "single clips", "overlap": "two clips at a time"}


def comparison_text(comparison: Comparison) -> str:
    """What is compared, such as "PSDS1: MixIT-JT - MixIT-S2"."""
    figures = (*comparison.plus, *comparison.minus)
    places = {figure.on for figure in figures}
    if comparison.kind == "correlation":
        x, y = comparison.plus[0].name, comparison.minus[0].name
        sign = "negative " * comparison.negative
        (on,) = places
        return (
            f"{sign}correlation of {NAMES[x]} and {NAMES[y]} over {len(comparison.plus)} systems, "
            f"{_ON[on]}"
        )
    parts = [_parts(figure) for figure in figures]
    shared = [len({part[n] for part in parts}) == 1 for n in range(len(parts[0]))]
    left_out = {"teacher", _ON["single"], ""}
    head = [
        part for part, same in zip(parts[0], shared, strict=True) if same and part not in left_out
    ]

    def side(chosen: Sequence[tuple[str, ...]]) -> str:
        differing = [
            " ".join(part for part, same in zip(figure, shared, strict=True) if not same and part)
            for figure in chosen
        ]
        text = " + ".join(differing)
        return f"({text})" if len(differing) > 1 else text

    number = len(comparison.plus)
    text = ", ".join(head)
    if comparison.minus:
        text += f": {side(parts[:number])} - {side(parts[number:])}"
    if comparison.constant:
        text += f" {'-' if comparison.constant > 0 else '+'} {abs(comparison.constant):g}"
    return text


def _parts(figure: Figure) -> tuple[str, ...]:
    name = NAMES[figure.name] + (f" than {figure.over}" if figure.over else "")
    label = sound_class(figure.label).display if figure.label else ""
    system = f"({figure.system})" if len(figure.members) > 1 else figure.system
    return (name, system, label, figure.selection, _ON[figure.on])


def unit(comparison: Comparison) -> str:
    """Unit of a comparison: "dB", or "" for a figure from 0 to 1."""
    return "dB" if comparison.plus[0].name in _DB and comparison.kind == "difference" else ""


def number_text(value: float, comparison: Comparison) -> str:
    """A difference with its sign: three decimals, or two and the unit for dB."""
    return rounded(value, DECIMALS_DB if unit(comparison) else DECIMALS, sign=True)


def difference_text(result: Judged) -> str:
    """A difference with its interval, such as "+0.023 (-0.042 to +0.072)"."""
    value, low, high = (
        number_text(x, result.comparison) for x in (result.value, result.low, result.high)
    )
    dB = f" {unit(result.comparison)}".rstrip()
    return f"{value}{dB} ({low} to {high})"


def paper_text(claim: Claim) -> str:
    """What the paper's tables print of a claim: differences, or how many of them agree."""
    differences = [
        (of, comparison, value)
        for comparison in claim.comparisons
        for of in claim.sets or ("",)
        if (value := printed_difference(comparison, of)) is not None
    ]
    if not differences:
        return "drawn, not printed" if "Fig" in claim.where else "none"
    texts = [number_text(value, comparison) for _, comparison, value in differences]
    if len(differences) <= 2:
        return ", ".join(
            f"{text} ({of.removeprefix('DESED ')})" if of else text
            for text, (of, *_) in zip(texts, differences, strict=True)
        )
    agree = sum(
        value > 0 if comparison.within is None else abs(value) <= comparison.within
        for _, comparison, value in differences
    )
    order = sorted(range(len(differences)), key=lambda n: differences[n][2])
    return (
        f"{agree} of {len(differences)} printed differences agree ({texts[order[0]]} to "
        f"{texts[order[-1]]})"
    )


def our_text(finding: Finding) -> str:
    """Our figures for a claim: each difference, or counts with the clearest for and against."""
    every, judged = len(finding.claim.comparisons), finding.judged
    if not judged:
        return "not measured"
    if every <= 2:
        return "; ".join(f"{comparison_text(j.comparison)} {difference_text(j)}" for j in judged)
    text = f"of {len(judged)} comparisons {counted([result.verdict for result in judged])}"
    if len(judged) < every:
        text += f" ({every - len(judged)} not measured)"
    order = finding.clearest
    for title, result in (("most for it", order[0]), ("most against", order[-1])):
        text += f"; {title}: {comparison_text(result.comparison)} {difference_text(result)}"
    return text


#: (system, selection) -> seed of its training; of a separator, (block, "").
Seeds = Mapping[tuple[str, str], int]


def basis_text(finding: Finding, seeds: Seeds) -> str:
    """What the figures stand on: clips, recordings where known, seeds of the trainings.

    Args:
        finding: The claim, judged.
        seeds: Of :func:`training_seeds`.
    """
    clips, recordings = (
        sorted({n for result in finding.judged for n in getattr(result, name)})
        for name in ("clips", "recordings")
    )
    parts = [f"{' and '.join(map(str, clips))} clips"] if clips else []
    if recordings:
        parts.append(f"{' and '.join(map(str, recordings))} recordings")
    figures = [
        f for result in finding.judged for f in (*result.comparison.plus, *result.comparison.minus)
    ]
    places = {(name, f.selection) for f in figures for name in f.members}
    places |= {(name, "") for name, _ in places}
    known = sorted({seeds[place] for place in places if place in seeds})
    if known:
        parts.append(f"{'seed' if len(known) == 1 else 'seeds'} {', '.join(map(str, known))}")
    return ", ".join(parts)


def training_seeds(systems: Iterable[Manifest]) -> dict[tuple[str, str], int]:
    """Seeds of the shipped trainings, from the cards of their blocks: see ``Seeds``.

    Args:
        systems: The shipped systems.
    """
    blocks = {
        (system.name, selection): chosen.detector
        for system in systems
        for selection, chosen in system.selections.items()
    }
    separators = {
        figure.system for claim in WEAK_LABELS for c in claim.comparisons for figure in c.plus
    }
    blocks |= {(name, ""): name for name in separators}
    folder = checkpoints.root() / "blocks"
    cards = {
        place: checkpoints.load_card(block)
        for place, block in blocks.items()
        if (folder / f"{block}.json").is_file()
    }
    return {place: card.seed for place, card in cards.items() if card.seed is not None}


def document(findings: Sequence[Finding], dataset: str, scenes: str) -> list[str]:
    """The claims as Markdown, a row each: docs/claims.md.

    Args:
        findings: In the papers' order.
        dataset: The set of the JSS systems.
        scenes: The scenes of the weak-label separators.
    """
    lines = [
        "# The papers' claims, and what our figures say",
        "",
        "Printed by `jss list claims > docs/claims.md` from the shipped reports; the rows are those of "
        "`jss/papers/claims.py`, and the page Claims of the app shows each comparison with the clips "
        "that show it best and worst.",
        "",
        f"**Of {len(findings)} claims {counted([f.verdict for f in findings])}.**",
        "",
        *RULE.splitlines(),
        "",
        f"JSS: `{dataset}` and its clips two at a time; weak labels: {scenes}. Neither is the paper's "
        "data, and our trainings are far shorter than the paper's. PSDS is that of 50 thresholds, as in the "
        "paper; MixIT is its DESED pre-training, PIT its FUSS pre-training.",
    ]
    seeds = training_seeds(checkpoints.systems())
    for paper in dict.fromkeys(finding.claim.paper for finding in findings):
        lines += [
            "",
            f"## {paper}",
            "",
            "| claim | where | the paper's figures | ours (95 %) | measured on | verdict |",
            "|---|---|---|---|---|---|",
        ]
        for finding in findings:
            claim = finding.claim
            if claim.paper == paper:
                quote = claim.text + (f" *{claim.note}*" if claim.note else "")
                where = claim.where + (f"; also: {claim.also}" if claim.also else "")
                cells = (
                    quote,
                    where,
                    paper_text(claim),
                    our_text(finding),
                    basis_text(finding, seeds),
                    f"**{finding.verdict}**",
                )
                lines.append(f"| {' | '.join(cells)} |")
    return lines
