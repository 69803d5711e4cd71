"""The papers' claims: every sentence that figures can test, a row each, with what must hold for it.

Systems have our names: MixIT is the paper's DESED pre-training, PIT its FUSS pre-training, and SED
its "SED Bs". ``jss.evaluation.claims`` and ``jss.weak_labels.claims`` judge the rows by reports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Literal

from jss.papers import names as systems

#: Where a figure is measured: clips as they are, or two clips at a time.
On = Literal["single", "overlap"]
#: How many of a claim's comparisons must hold.
Need = Literal["all", "most", "any"]
#: Difference: sum of ``plus`` minus sum of ``minus``. Correlation: over the systems, between
#: ``plus`` and ``minus``.
Kind = Literal["difference", "correlation"]
#: A figure that no headline has: share of clips with a similarity (Eq. 30) above 0.9.
SIMILAR = "similar_clips"
#: Figures of the weak-label separators: mean SI-SDR improvement in dB, and the chance that the
#: SI-SDR of one of its outputs is above one of ``Figure.over`` of the same class.
IMPROVEMENT, ABOVE = "improvement", "above"
#: ``Figure.over``: the mixtures.
INPUT = "input"
#: ``Claim.paper`` of questions of ours.
BEYOND_PAPERS = "Beyond the papers"


@dataclass(frozen=True)
class Figure:
    """One figure of one system."""

    #: Name; those of a fusion are joined by " + ".
    system: str
    #: A headline figure of a report, or one of those named above.
    name: str
    on: On = "single"
    selection: str = "teacher"
    #: A class; "" for all.
    label: str = ""
    #: Of ``ABOVE``: another separator, or ``INPUT``.
    over: str = ""

    @property
    def members(self) -> tuple[str, ...]:
        """The systems of a fusion; of a system, itself alone."""
        return tuple(self.system.split(" + "))


@dataclass(frozen=True)
class Comparison:
    """What must be above 0 for a claim, or near 0."""

    plus: tuple[Figure, ...]
    minus: tuple[Figure, ...] = ()
    #: Subtracted from it.
    constant: float = 0.0
    kind: Kind = "difference"
    #: The claim is that the figures are alike: the difference is at most this.
    within: float | None = None
    #: Of a correlation: the claim is that it is negative.
    negative: bool = False


@dataclass(frozen=True)
class Claim:
    """A sentence of a paper, and the comparisons that decide it."""

    #: JSS, Weak labels or ``BEYOND_PAPERS``.
    paper: str
    #: The sentence, or its part that is tested, in the paper's words.
    quote: str
    #: Section, and table or figure.
    where: str
    comparisons: tuple[Comparison, ...] = ()
    need: Need = "all"
    #: Sets of the paper that the sentence is about.
    sets: tuple[str, ...] = ("DESED Validation", "DESED Public")
    #: Further places that say the same.
    also: str = ""
    #: Why there is no comparison, or how the sentence is read.
    note: str = ""

    @property
    def text(self) -> str:
        """The sentence, in quotation marks where it is a paper's."""
        return self.quote if self.paper == BEYOND_PAPERS else f"\u201c{self.quote}\u201d"


PSDS = ("psds1", "psds2")
SCORES = (*PSDS, "event_f1_macro")
STAGES = ("S0", "S1", "S2", "JT")
PRETRAININGS = ("MixIT", "PIT")
OVERLAP = ("DESED Public overlap",)
PUBLIC = ("DESED Public",)
VALIDATION = ("DESED Validation",)
SSEP = "SSep-SED"
_S1 = "SED + MixIT-S1"
_S2 = "SED + MixIT-S2"
_JT = "SED + MixIT-JT"
_S2_JT = "SED + MixIT-S2 + MixIT-JT"
_S1_S2_JT = "SED + MixIT-S1 + MixIT-S2 + MixIT-JT"
_JSS_S2_JT = "MixIT-S2 + MixIT-JT"
_JSS_S1_S2_JT = "MixIT-S1 + MixIT-S2 + MixIT-JT"
_FUSIONS = (_S1, _S2, _JT, _S2_JT, _S1_S2_JT, _JSS_S2_JT, _JSS_S1_S2_JT)


def _above(
    higher: str | Sequence[str],
    lower: str | Sequence[str],
    names: Sequence[str] = SCORES,
    *,
    on: On = "single",
    labels: Sequence[str] = ("",),
) -> tuple[Comparison, ...]:
    """Every higher system above every lower one, in each figure and class."""
    highs, lows = ((side,) if isinstance(side, str) else side for side in (higher, lower))
    return tuple(
        Comparison((Figure(high, name, on, label=label),), (Figure(low, name, on, label=label),))
        for high in highs
        for low in lows
        for name in names
        for label in labels
    )


def _each(
    higher: str, lower: str, names: Sequence[str] = SCORES, *, on: On = "single"
) -> tuple[Comparison, ...]:
    """Stage above stage, of each pre-training; a system without a pre-training stays as it is."""
    return tuple(
        comparison
        for kind in PRETRAININGS
        for comparison in _above(_of(kind, higher), _of(kind, lower), names, on=on)
    )


def _of(kind: str, stage: str) -> str:
    return f"{kind}-{stage}" if stage in STAGES else stage


def _teacher(systems: Sequence[str], on: On) -> tuple[Comparison, ...]:
    """The teacher of each system above its student."""
    return tuple(
        Comparison((Figure(system, name, on),), (Figure(system, name, on, "student"),))
        for system in systems
        for name in SCORES
    )


def _mixit_above_pit(on: On) -> tuple[Comparison, ...]:
    return tuple(
        comparison
        for stage in STAGES
        for comparison in _above(f"MixIT-{stage}", f"PIT-{stage}", on=on)
    )


_TRAINED = tuple(f"{kind}-{stage}" for kind in PRETRAININGS for stage in STAGES)
_FINE_TUNED = tuple(f"{kind}-{stage}" for kind in PRETRAININGS for stage in STAGES[1:])
_INDIVIDUAL = "Results of individual models, Table 2"
_COMBINED = "Results of combined models, Table 3"
_OVERLAP = "Results under event overlap, Table 4"
_OVERLAP_COMBINED = "Results under event overlap, Table 5"
_CLASSES = "Class-wise results"
_DIVERSITY = "Diversity of predictions across sources, Fig. 10"
_FIG11 = "Diversity of predictions across sources, Fig. 11"


def _similarity(on: On, sign: bool) -> tuple[Comparison, ...]:
    """Correlation of similarity and score over the systems fine-tuned, for each score."""
    return tuple(
        Comparison(
            tuple(Figure(system, "similarity", on) for system in _FINE_TUNED),
            tuple(Figure(system, name, on) for system in _FINE_TUNED),
            kind="correlation",
            negative=sign,
        )
        for name in SCORES
    )


def _jss(quote: str, where: str, *comparisons: Comparison, **more: object) -> Claim:
    return Claim("JSS", quote, where, comparisons, **more)  # type: ignore[arg-type]


#: Claims of de Benito-Gorrón, Zmolikova, Toledano: PLoS ONE 19(7), 2024, in the paper's order.
JSS: tuple[Claim, ...] = (
    _jss(
        "JSS can improve SED performance, in terms of Polyphonic Sound Detection Score (PSDS), "
        "even without additional training data",
        "Abstract",
        *_above(("MixIT-S1", "MixIT-S2", "MixIT-JT"), "SED", PSDS),
        need="any",
        note="MixIT needs no data beyond those of the SED baseline.",
    ),
    _jss(
        "Generally, the proposed teacher model selection provides better results than the default "
        "model selection",
        _INDIVIDUAL,
        *_teacher(("SED", *_TRAINED), "single"),
        need="most",
        also="Introduction; Conclusions",
    ),
    _jss(
        "this improvement is observed also in the baseline system",
        _INDIVIDUAL,
        *_teacher(("SED",), "single"),
        also="Conclusions",
    ),
    _jss(
        "better performance is usually obtained when employing Mixture Invariant Training over "
        "the DESED dataset",
        _INDIVIDUAL,
        *_mixit_above_pit("single"),
        need="most",
        also="Introduction; Conclusions",
    ),
    _jss(
        "Joint Training is slightly better at PSDS1",
        _INDIVIDUAL,
        *_each("JT", "S2", ("psds1",)),
        note="Against Stage 2 of Two-stage Training.",
    ),
    _jss(
        "Two-Stage Training (at Stage 2) provides higher PSDS2",
        _INDIVIDUAL,
        *_each("S2", "JT", ("psds2",)),
    ),
    _jss(
        "achieving in both cases slightly better performance than the SED baseline",
        _INDIVIDUAL,
        *_each("JT", "SED", ("psds1",)),
        *_each("S2", "SED", ("psds2",)),
    ),
    _jss(
        "the results of the initial state of the joint model, Stage 0, are considerably worse than "
        "the Baseline",
        _INDIVIDUAL,
        *_each("SED", "S0"),
    ),
    _jss(
        "The first stage (S1), which fine-tunes the SED block, lowers this gap in performance, "
        "yielding results closer to the Baseline",
        _INDIVIDUAL,
        *_each("S1", "S0"),
    ),
    _jss(
        "Stage 2 is able to improve the results of S1 by fine-tuning the SSep block",
        _INDIVIDUAL,
        *_each("S2", "S1"),
    ),
    _jss(
        "all the combinations outperform the SSep-SED baseline in terms of PSDS1 and PSDS2",
        _COMBINED,
        *_above(_FUSIONS, SSEP, PSDS),
        sets=VALIDATION,
    ),
    _jss(
        "only the combinations which include both DESED-S2 and DESED-JT models are able to obtain "
        "a higher F1 score than the SSep-SED baseline system",
        _COMBINED,
        *_above((_S2_JT, _S1_S2_JT, _JSS_S2_JT, _JSS_S1_S2_JT), SSEP, ("event_f1_macro",)),
        *_above(SSEP, (_S1, _S2, _JT), ("event_f1_macro",)),
        sets=VALIDATION,
    ),
    _jss(
        "most of the fusions obtain lower PSDS1 than the SSep-SED baseline",
        _COMBINED,
        *_above(SSEP, _FUSIONS, ("psds1",)),
        need="most",
        sets=PUBLIC,
        note="The paper prints Validation; its figures are those of Public.",
    ),
    _jss(
        "none of them is able to obtain a higher F1 score",
        _COMBINED,
        *_above(SSEP, _FUSIONS, ("event_f1_macro",)),
        sets=PUBLIC,
    ),
    _jss(
        "an improvement in PSDS2 is obtained by the combinations that include DESED-S1 or DESED-S2",
        _COMBINED,
        *_above(tuple(f for f in _FUSIONS if f != _JT), SSEP, ("psds2",)),
        sets=PUBLIC,
    ),
    _jss(
        "The teacher model selection criterion [is] also beneficial for this scenario",
        _OVERLAP,
        *_teacher(("SED", *_TRAINED), "overlap"),
        need="most",
        sets=OVERLAP,
    ),
    _jss(
        "the unsupervised Source Separation pre-training with DESED [is] also beneficial for this "
        "scenario",
        _OVERLAP,
        *_mixit_above_pit("overlap"),
        need="most",
        sets=OVERLAP,
    ),
    _jss(
        "the best results in PSDS 1 and 2 are obtained by the S1 models",
        _OVERLAP,
        *_above(
            "MixIT-S1", ("SED", "MixIT-S0", "MixIT-S2", "MixIT-JT", "PIT-S1"), PSDS, on="overlap"
        ),
        sets=OVERLAP,
    ),
    _jss(
        "the best F1 result is held by the S0 model",
        _OVERLAP,
        *_above(
            "MixIT-S0",
            ("SED", "MixIT-S1", "MixIT-S2", "MixIT-JT", "PIT-S0"),
            ("event_f1_macro",),
            on="overlap",
        ),
        sets=OVERLAP,
    ),
    _jss(
        "the fine-tuning performed in Stage 2 or Joint Training does not provide any advantage in "
        "this scenario",
        _OVERLAP,
        *_above("MixIT-S1", ("MixIT-S2", "MixIT-JT"), on="overlap"),
        sets=OVERLAP,
        also="Diversity of predictions across sources (lower performance than Stage 1)",
    ),
    _jss(
        "the SSep-SED Baseline yields the best PSDS1 result",
        _OVERLAP_COMBINED,
        *_above(SSEP, _FUSIONS, ("psds1",), on="overlap"),
        sets=OVERLAP,
    ),
    _jss(
        "every combination that includes S1 or S2 obtains better PSDS2 than the baseline",
        _OVERLAP_COMBINED,
        *_above(tuple(f for f in _FUSIONS if f != _JT), SSEP, ("psds2",), on="overlap"),
        sets=OVERLAP,
    ),
    _jss(
        "The F1 result of the baseline is only outperformed by the combinations that include the "
        "Stage 1 model",
        _OVERLAP_COMBINED,
        *_above((_S1, _S1_S2_JT, _JSS_S1_S2_JT), SSEP, ("event_f1_macro",), on="overlap"),
        *_above(SSEP, (_S2, _JT, _S2_JT, _JSS_S2_JT), ("event_f1_macro",), on="overlap"),
        sets=OVERLAP,
    ),
    _jss(
        "the proposed methods yield small but consistent improvements in the DCASE Sound Event "
        "Detection task",
        "Further analysis and discussion",
        *_above(("MixIT-S1", "MixIT-S2", "MixIT-JT"), "SED", PSDS),
        need="most",
    ),
    _jss(
        "this initial state performs equally, or even slightly better than the SED baseline in "
        "some event categories (e.g. Cat, Dog in terms of PSDS1, Vacuum cleaner in terms of PSDS2)",
        f"{_CLASSES}, Figs 8 and 9",
        *(
            Comparison(
                (Figure("MixIT-S0", name, label=label),),
                (Figure("SED", name, label=label),),
                constant=-0.05,
            )
            for name, label in (("psds1", "Cat"), ("psds1", "Dog"), ("psds2", "Vacuum_cleaner"))
        ),
        sets=PUBLIC,
        note="Read as: at most 0.05 below.",
    ),
    _jss(
        "the detection of other classes is noticeably degraded, especially Dishes",
        f"{_CLASSES}, Figs 8 and 9",
        *(
            comparison
            for kind in PRETRAININGS
            for comparison in _above("SED", f"{kind}-S0", PSDS, labels=("Dishes",))
        ),
        sets=PUBLIC,
    ),
    _jss(
        "[Dishes] is the event category for which the SED baseline yields its worst performance",
        f"{_CLASSES}, Figs 8 and 9",
        *(
            Comparison((Figure("SED", name, label=label),), (Figure("SED", name, label="Dishes"),))
            for name in PSDS
            for label in (
                "Alarm_bell_ringing",
                "Blender",
                "Cat",
                "Dog",
                "Electric_shaver_toothbrush",
                "Frying",
                "Running_water",
                "Speech",
                "Vacuum_cleaner",
            )
        ),
        sets=PUBLIC,
    ),
    _jss(
        "in Stage 0 models, some classes obtain clearly lower results with FUSS supervised "
        "pre-training than with DESED unsupervised pre-training (e.g. Alarm bell ringing, Electric "
        "shaver toothbrush)",
        f"{_CLASSES}, Figs 8 and 9",
        *_above(
            "MixIT-S0",
            "PIT-S0",
            PSDS,
            labels=("Alarm_bell_ringing", "Electric_shaver_toothbrush"),
        ),
        sets=PUBLIC,
    ),
    _jss(
        "other categories (Speech, Frying) show the opposite case",
        f"{_CLASSES}, Figs 8 and 9",
        *_above("PIT-S0", "MixIT-S0", PSDS, labels=("Speech", "Frying")),
        sets=PUBLIC,
    ),
    _jss(
        "these differences are not observed in the subsequent stages of JSS",
        f"{_CLASSES}, Figs 8 and 9",
        *(
            Comparison(
                (Figure(f"MixIT-{stage}", name, label=label),),
                (Figure(f"PIT-{stage}", name, label=label),),
                within=0.05,
            )
            for stage in ("S1", "S2", "JT")
            for name in PSDS
            for label in ("Alarm_bell_ringing", "Electric_shaver_toothbrush", "Speech")
        ),
        sets=PUBLIC,
        note="Read as: the two pre-trainings differ by at most 0.05.",
    ),
    _jss(
        "it can even revert the situation, like in the case of Frying",
        f"{_CLASSES}, Figs 8 and 9",
        *(
            comparison
            for stage in ("S1", "S2", "JT")
            for comparison in _above(f"MixIT-{stage}", f"PIT-{stage}", PSDS, labels=("Frying",))
        ),
        need="any",
        sets=PUBLIC,
    ),
    _jss(
        "higher similarity scores are observed for Public eval data than for Public overlap data",
        _DIVERSITY,
        *(
            Comparison((Figure(system, "similarity"),), (Figure(system, "similarity", "overlap"),))
            for system in _TRAINED
        ),
        need="most",
    ),
    _jss(
        "supervised pre-training of the SSep block with FUSS results in less similar predictions "
        "than unsupervised pre-training with DESED",
        _DIVERSITY,
        *(
            comparison
            for on in ("single", "overlap")
            for stage in STAGES
            for comparison in _above(f"MixIT-{stage}", f"PIT-{stage}", ("similarity",), on=on)
        ),
    ),
    _jss(
        "the least similar predictions across sources are obtained by the initial state, Stage 0",
        _DIVERSITY,
        *(
            comparison
            for on in ("single", "overlap")
            for stage in STAGES[1:]
            for comparison in _each(stage, "S0", ("similarity",), on=on)
        ),
    ),
    _jss(
        "the similarity of predictions increases with each step of Two-stage training "
        "(stages 1 and 2)",
        _DIVERSITY,
        *(
            comparison
            for on in ("single", "overlap")
            for before, after in pairwise(STAGES[:3])
            for comparison in _each(after, before, ("similarity",), on=on)
        ),
        also="Intermediate representations, Fig. 14",
    ),
    _jss(
        "The most similar predictions, however, are obtained with Joint Training",
        _DIVERSITY,
        *(
            comparison
            for on in ("single", "overlap")
            for stage in STAGES[:3]
            for comparison in _each("JT", stage, ("similarity",), on=on)
        ),
        also="Intermediate representations, Fig. 15",
    ),
    _jss(
        "This behavior is particularly noticeable in the systems with unsupervised pre-training",
        _DIVERSITY,
        *(
            Comparison(
                (Figure("MixIT-JT", "similarity", on), Figure("PIT-S0", "similarity", on)),
                (Figure("MixIT-S0", "similarity", on), Figure("PIT-JT", "similarity", on)),
            )
            for on in ("single", "overlap")
        ),
        note="Read as: from S0 to JT, similarity grows more with MixIT than with PIT.",
    ),
    _jss(
        "the JSS model with more similar predictions is DESED-JT",
        _DIVERSITY,
        *_above(
            "MixIT-JT",
            tuple(system for system in _TRAINED if system != "MixIT-JT"),
            ("similarity",),
        ),
    ),
    _jss(
        "[DESED-JT] with most of the Public eval examples obtaining similarity scores higher "
        "than 0.9",
        _DIVERSITY,
        Comparison((Figure("MixIT-JT", SIMILAR),), constant=0.5),
        note="Read as: the share of such clips is above a half.",
    ),
    _jss(
        "more diverse predictions across estimated sources generally lead to better results in "
        "Public overlap data",
        _FIG11,
        *_similarity("overlap", True),
        note="Read as: over S1, S2 and JT of both pre-trainings, similarity and score are "
        "negatively correlated; the paper excepts Stage 0.",
        sets=OVERLAP,
    ),
    _jss(
        "whereas this does not happen in Public eval data",
        _FIG11,
        *_similarity("single", False),
        note="Read as: there the correlation is positive.",
        sets=PUBLIC,
    ),
    _jss(
        "when training JSS systems with a SED objective, the SSep block tends to forget its "
        "original task",
        _FIG11,
        *_each("S0", "S2", ("si_sdri",)),
        *_each("S0", "JT", ("si_sdri",)),
        also="Intermediate representations, Fig. 15; Conclusions",
        note="By the SI-SDR improvement, which the paper does not measure.",
    ),
    _jss(
        "After the fine-tuning of the SED block in Stage 1, these false positives are solved",
        "Intermediate representations, Figs 12 and 13",
        *_each("S1", "S0", ("event_precision_macro",)),
        note="The paper shows one clip; here by the precision of the whole set.",
    ),
    _jss(
        "In all of the studied data sets, the proposed models outperform the benchmark set by the "
        "DCASE SED Mean Teacher baseline in terms of two different PSDS scenarios",
        "Conclusions",
        *_above("MixIT-JT", "SED", ("psds1",)),
        *_above("MixIT-S2", "SED", ("psds2",)),
        *_above("MixIT-S1", "SED", PSDS, on="overlap"),
        sets=("DESED Validation", "DESED Public", "DESED Public overlap"),
        note="By the models that the paper names best.",
    ),
)

_SEPARATORS = ("weak-clip", "weak-frame", "weak-strong")
_URBAN = ("car_horn", "dog_bark", "gun_shot", "jackhammer", "siren")
_RESULTS = "Results, Table 1"


def _improvement(system: str, label: str = "") -> Figure:
    return Figure(system, IMPROVEMENT, label=label)


def _weak(quote: str, where: str, *comparisons: Comparison, **more: object) -> Claim:
    return Claim("Weak labels", quote, where, comparisons, **{"sets": (), **more})  # type: ignore[arg-type]


#: Claims of Pishdadian, Wichern, Le Roux: ICASSP 2020, in the paper's order.
WEAK_LABELS: tuple[Claim, ...] = (
    _weak(
        "these refinements to the separation loss proved very important for obtaining good mask "
        "estimates",
        "Objective Function",
        note="Not measured: no separator is trained without them.",
    ),
    _weak(
        "To provide an upper bound for the separation performance, we trained the separator "
        "network on strong labels",
        "Training Setup, Table 1",
        *(
            Comparison((_improvement("weak-strong", label),), (_improvement(system, label),))
            for system in ("weak-frame", "weak-clip")
            for label in ("", *_URBAN)
        ),
    ),
    _weak(
        "The least [...] amount of overlap between input and output SDR values [is] observed for "
        "the gun shot [class]",
        "Results, Fig. 3",
        *(
            Comparison(
                (Figure(system, ABOVE, label="gun_shot", over=INPUT),),
                (Figure(system, ABOVE, label=label, over=INPUT),),
            )
            for system in _SEPARATORS
            for label in _URBAN
            if label != "gun_shot"
        ),
        note="Overlap is measured by the chance that an output's SI-SDR is above an input's.",
    ),
    _weak(
        "[The most amount of overlap is observed for the] siren [class]",
        "Results, Fig. 3",
        *(
            Comparison(
                (Figure(system, ABOVE, label=label, over=INPUT),),
                (Figure(system, ABOVE, label="siren", over=INPUT),),
            )
            for system in _SEPARATORS
            for label in _URBAN
            if label != "siren"
        ),
        note="Measured as the row before.",
    ),
    _weak(
        "[The siren] is the most difficult sound type to separate even when strong labels are used",
        _RESULTS,
        *(
            Comparison(
                (_improvement("weak-strong", label),), (_improvement("weak-strong", "siren"),)
            )
            for label in _URBAN
            if label != "siren"
        ),
    ),
    _weak(
        "frame-level labels yield better results than clip-level labels in general",
        _RESULTS,
        *(
            Comparison((_improvement("weak-frame", label),), (_improvement("weak-clip", label),))
            for label in ("", *_URBAN)
        ),
        need="most",
    ),
    _weak(
        "the distribution of output SDRs for these two label types appear highly overlapped in "
        "all cases",
        "Results, Fig. 3",
        *(
            Comparison(
                (Figure("weak-frame", ABOVE, label=label, over="weak-clip"),),
                constant=0.5,
                within=0.2,
            )
            for label in _URBAN
        ),
        note="Read as: the chance that one's SI-SDR is above the other's is 0.3 to 0.7.",
    ),
    _weak(
        "both weak-label distributions overlap reasonably well with the strong-label distributions",
        "Results, Fig. 3",
        *(
            Comparison(
                (Figure("weak-strong", ABOVE, label=label, over=system),),
                constant=0.5,
                within=0.3,
            )
            for system in ("weak-frame", "weak-clip")
            for label in _URBAN
        ),
        note="Read as: the chance that the SI-SDR of strong labels is above is 0.2 to 0.8.",
    ),
    _weak(
        "both weak-label distributions [...] provide significant SDR improvement over the noisy "
        "mixtures",
        _RESULTS,
        *(
            Comparison((_improvement(system, label),))
            for system in ("weak-frame", "weak-clip")
            for label in ("", *_URBAN)
        ),
        also="Abstract; Conclusion",
    ),
)

#: Questions of ours that the papers leave open, as claims to be tested.
BEYOND: tuple[Claim, ...] = (
    Claim(
        BEYOND_PAPERS,
        "separation helps a detector that is strong already",
        "docs/detectors.md",
        _above("MixIT-YAMNet", "YAMNet", (*SCORES, "intersection_f1_macro", "clip_f1")),
        sets=(),
        note="YAMNet, a tagger of 521 classes that learned from none of our data, on the sources of "
        "MixIT against the mixture. Its weights are not shipped, its figures are.",
    ),
)

CLAIMS: tuple[Claim, ...] = (*JSS, *WEAK_LABELS, *BEYOND)

_COLUMNS = {"psds1": "psds1", "psds2": "psds2", "event_f1_macro": "event_f1"}


def printed_name(system: str) -> str:
    """A system's name in the paper's tables: "SED Bs + DESED(S2+JT)"."""
    members = system.split(" + ")
    stages = [member.partition("-")[2] for member in members if member.startswith("MixIT-")]
    if len(members) > 1:
        joined = f"DESED({'+'.join(stages)})" if len(stages) > 1 else f"DESED-{stages[0]}"
        return f"SED Bs + {joined}" if members[0] == "SED" else joined
    return systems.printed_name(system) or system


def in_paper(system: str) -> str | None:
    """A system's or fusion's name in the JSS paper; None where it is not in the paper."""
    members = system.split(" + ")
    if len(members) == 1:
        return systems.printed_name(system)
    known = ("SED", "MixIT-S1", "MixIT-S2", "MixIT-JT")
    return printed_name(system) if all(name in known for name in members) else None


def printed(figure: Figure, of: str) -> float | None:
    """A figure as a table of its paper prints it; None where it is only drawn, or not there.

    Args:
        figure: Of our system.
        of: One of the paper's sets; ignored for the weak-label paper, which has one.
    """
    if figure.name == IMPROVEMENT:
        row, label = figure.system.removeprefix("weak-"), figure.label or "overall"
        return _weak_table().get((row, label))
    if figure.label or figure.name not in _COLUMNS:
        return None
    row = printed_name(figure.system)
    return _jss_table().get((of, row, figure.selection, _COLUMNS[figure.name]))


@cache
def _jss_table() -> dict[tuple[str, str, str, str], float]:
    from jss.papers.tables import jss_results

    return {
        (row["set"], row["system"], row["selection"], name): float(row[name])
        for row in jss_results().to_dict("records")
        for name in _COLUMNS.values()
    }


@cache
def _weak_table() -> dict[tuple[str, str], float]:
    from jss.papers.tables import weak_separation

    return {
        (row["row"], row["label"]): float(row["mean"])
        for row in weak_separation().to_dict("records")
    }
