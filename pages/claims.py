"""Claims: sentences of the two papers, judged by our figures, with the clips that show them."""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd
import streamlit as st

from jss.data.datasets.overlap import SUFFIX
from jss.evaluation import claims as judging
from jss.evaluation.claim_clips import Example
from jss.evaluation.evidence import main_set
from jss.papers.claims import CLAIMS, WEAK_LABELS
from jss.viz.score_tables import rounded
from pages.ui import address, charts, systems, widgets
from pages.ui.cache import figure_loaders, loaders, weak_loaders
from pages.ui.cache.figure_loaders import JudgedClaim
from pages.ui.clip import links, synthscapes
from pages.ui.progress import DELAY
from pages.ui.reports import choice
from pages.ui.text import literal
from pages.ui.weak_labels import scenes, scores

#: Names in the address: paper, verdict, and the claim whose comparisons are shown.
PAPER, VERDICT, CLAIM = "paper", "verdict", "claim"
ANY = "any"
#: The paper whose systems are separators of classes.
WEAK = WEAK_LABELS[0].paper
_WEAK = str(Path(__file__).parent / "weak_labels.py")
_BADGES = {
    "holds": ":green-badge[:material/check: holds]",
    "does not hold": ":red-badge[:material/close: does not hold]",
    "inconclusive": ":gray-badge[:material/question_mark: inconclusive]",
}


def page() -> None:
    st.title("Claims")
    every = loaders.reports()
    main = main_set(every)
    if main is None:
        choice.none_installed()
        return
    sets = {
        f"{r.dataset} {r.subset}".strip(): (r.dataset, r.subset)
        for r in every
        if not r.subset.endswith(SUFFIX)
    }
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        paper = widgets.pick(
            "Paper", list(dict.fromkeys(claim.paper for claim in CLAIMS)), PAPER, width=160
        )
        dataset, subset = sets[
            widgets.pick("Data set", list(sets), choice.SET, default=" ".join(main), width=320)
        ]
        wanted = widgets.pick("Verdict", [ANY, *judging.VERDICTS], VERDICT, width=180)
    summary = st.empty()
    with st.expander("How a verdict is reached", icon=":material/balance:"):
        st.markdown(judging.RULE)
    if paper != WEAK:
        _about_audio(dataset, subset)
    audible = figure_loaders.audible_subset(dataset, subset)
    version = figure_loaders.claims_version()
    numbers = [n for n, claim in enumerate(CLAIMS) if claim.paper == paper]
    widgets.known_choice("Claim", CLAIM, [str(n + 1) for n in numbers].__contains__)
    verdicts = []
    begun = time.monotonic()
    for done, number in enumerate(numbers, 1):
        judged = figure_loaders.claim(number, dataset, subset, audible, version)
        verdicts.append(judged.finding.verdict)
        if done < len(numbers) and time.monotonic() - begun > DELAY:
            summary.caption(f"Judging claim {done} of {len(numbers)}")
        if wanted in (ANY, judged.finding.verdict):
            _claim(number, judged, dataset, subset, audible)
    summary.markdown(f"Of **{len(verdicts)} claims** {judging.counted(verdicts)}.")


def _about_audio(dataset: str, subset: str) -> None:
    if not links.set_openable(dataset, subset):
        st.markdown(
            f"The clips of {dataset} are not on this disk, so the links open clips of synthscapes. "
            + links.how_to_render(dataset)
        )


def _claim(
    number: int, judged: JudgedClaim, dataset: str, subset: str, audible: str | None
) -> None:
    """Show one claim: quotation, verdict, figures, and its clips."""
    finding = judged.finding
    claim = finding.claim
    with st.container(border=True, gap="small"):
        note = f"  \n{literal(claim.note)}" if claim.note else ""
        where = claim.where + (f"; also: {claim.also}" if claim.also else "")
        basis = judging.basis_text(finding, figure_loaders.seeds())
        silent, linked = (
            ([], []) if claim.paper == WEAK else _clips(judged, dataset, subset, audible)
        )
        st.markdown(
            f"{_BADGES[finding.verdict]} **{number + 1}.** {literal(claim.text)}  \n"
            f":small[{literal(where)}]{note}  \n"
            f"**Paper:** {literal(judging.paper_text(claim))}  \n"
            f"**Ours:** {literal(judging.our_text(finding))}"
            + (f"  \n:small[Measured on {literal(basis)}]" if basis else "")
            + (f"  \n:small[{literal('; '.join(silent))}]" if silent else "")
        )
        if linked:
            with st.container(horizontal=True, gap="medium"):
                for clip in linked:
                    _link(*clip)
        if claim.paper == WEAK:
            _scenes(judged)
        if len(finding.judged) > 2:
            st.button(
                f"All {len(finding.judged)} comparisons",
                key=f"comparisons {number}",
                type="tertiary",
                icon=":material/table_rows:",
                on_click=_toggle,
                args=(number + 1,),
            )
        if address.last(CLAIM) == str(number + 1):
            _comparisons(judged, number)


def _toggle(number: int) -> None:
    address.write(CLAIM, "" if address.last(CLAIM) == str(number) else str(number))


def _clips(
    judged: JudgedClaim, dataset: str, subset: str, audible: str | None
) -> tuple[list[str], list[tuple[str, Example, str, str]]]:
    """The best and the worst clip; where they have no audio, those of synthscapes too.

    Returns:
        Text of the clips without audio, and (title, clip, data set, subset) of the others.
    """
    silent: list[str] = []
    linked: list[tuple[str, Example, str, str]] = []
    rows = zip(
        ("Shows it best", "Shows it worst"),
        (judged.best, judged.worst),
        judged.synthesised,
        strict=True,
    )
    for title, own, other in rows:
        if own is not None:
            of = subset + (SUFFIX if own.comparison.plus[0].on == "overlap" else "")
            if links.openable(dataset, of, own.filename) is not None:
                linked.append((title, own, dataset, of))
                continue
            silent.append(_titled(title, own, dataset))
        if other is not None and audible is not None:
            linked.append((title, other, synthscapes.NAME, audible))
    return silent, linked


def _named(example: Example) -> str:
    return f"{example.filename}, {example.figure} {rounded(example.value, 2, sign=True)}"


def _titled(title: str, example: Example, dataset: str) -> str:
    return f"{title}, {dataset}: {_named(example)}"


def _link(title: str, example: Example, dataset: str, subset: str) -> None:
    """A link to Compare with the systems of a comparison, or to Explore where it has one."""
    comparison = example.comparison
    first = comparison.plus[0]
    members = dict.fromkeys(
        name for figure in (*comparison.minus, *comparison.plus) for name in figure.members
    )
    text = _titled(title, example, dataset)
    several = list(members)[-systems.MOST :]
    query = {address.SELECTION: first.selection}
    links.compare(dataset, subset, example.filename, text, several, **query)


def _scenes(judged: JudgedClaim) -> None:
    """Show links to the best and the worst scene, or how to hear them."""
    from jss.weak_labels.claims import main_scenes

    reports = main_scenes(weak_loaders.reports())
    examples = {"Best": judged.best, "Worst": judged.worst}
    for title, example in examples.items():
        if example is None:
            continue
        report = next(r for r in reports if r.system == example.comparison.plus[0].system)
        origin = scores.origin(report)
        if origin is None:
            st.caption(f"{title}: scene {literal(_named(example))}", width="content")
            continue
        st.page_link(
            _WEAK,
            label=literal(f"{title}: scene {_named(example)}"),
            icon=":material/graphic_eq:",
            query_params={
                scenes.SCENE: f"{origin}/{report.split}/{report.seed}/{example.filename}",
                scores.SEPARATOR: report.system,
            },
        )
    if any(examples.values()) and reports and scores.origin(reports[0]) is None:
        st.markdown(
            "To hear them, start the app with their soundbank: `make app DATA=BANK`.",
            width="content",
        )


def _comparisons(judged: JudgedClaim, number: int) -> None:
    """Show every comparison of a claim."""
    finding = judged.finding
    rows = []
    for result in finding.clearest:
        row: dict[str, object] = {"Comparison": judging.comparison_text(result.comparison)}
        for of in finding.claim.sets or ("",):
            value = judging.printed_difference(result.comparison, of)
            row[f"Paper, {of.removeprefix('DESED ')}" if of else "Paper"] = value
        row |= {
            "Ours": result.value,
            "Low": result.low,
            "High": result.high,
            "Unit": judging.unit(result.comparison) or "0 to 1",
            "Verdict": result.verdict,
        }
        rows.append(row)
    charts.table(pd.DataFrame(rows).round(3), f"claim {number + 1}", f"claim{number + 1}")


page()
