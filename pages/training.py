"""Training: follows the stage that trains; objectives and losses by epoch, and selected epochs."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from jss.errors import JssError
from jss.training import runs
from jss.viz.training_charts import training_curves
from pages.ui import address, charts, systems, widgets
from pages.ui.cache import loaders, model_folders
from pages.ui.text import literal

RUN, BLOCK = "run", "block"
#: In the address in place of a run: the one that trains, else the last one. Also where none is named.
NEWEST = ""
#: Seconds between two looks at the folder of runs.
EVERY = 3.0
#: What is said of a run that is in a state.
_NOTES = {
    "running": "running",
    "ended": "ended",
    "interrupted": "interrupted; the same command continues it (`jss train` with `--resume`)",
}


def page() -> None:
    st.title("Training")
    root = model_folders.runs_folder()
    found = runs.find(root)
    blocks = _blocks()
    available = [kind for kind, items in (("run", found.runs), ("block", blocks)) if items]
    kind, chosen = "", ""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if available:
            kinds = {"run": f"A run in {root.name}/", "block": "A shipped block"}
            kind = widgets.pick("Show", available, "of", kinds.__getitem__, width=220)
        if kind == "run":
            chosen = _pick_run(found.runs)
        elif kind == "block":
            chosen = widgets.pick("Block", list(blocks), BLOCK, width=420)
    if not found.runs:
        widgets.check_link("Run", RUN, lambda _: False)
    st.fragment(_follow, run_every=EVERY)(_glance(found), chosen if kind == "run" else "")
    with st.container():
        for sentence in found.faults:
            st.warning(literal(sentence), icon=":material/folder_off:")
    if kind == "run":
        _run(next(run for run in found.runs if run.name == chosen))
    elif kind == "block":
        _block(chosen, blocks)
    else:
        st.info(
            "No training run yet: `jss train desk --data BANK` writes its runs to `runs/`, and this page "
            "follows them. For another folder, start the app with `JSS_RUNS=FOLDER make app`.",
            icon=":material/model_training:",
        )


def _pick_run(found: list[runs.Run]) -> str:
    """Show a select box of runs; returns the name of the chosen one, the newest by default."""
    by_name = {run.name: run for run in found}

    def show(name: str) -> str:
        run = by_name[name or found[0].name]
        return f"{'Newest: ' if name == NEWEST else ''}{run.name}, {run.state}"

    chosen = widgets.pick(
        "Run",
        [NEWEST, *by_name],
        RUN,
        show,
        width=420,
        help="Newest shows the stage that is training, and moves on to the next stage by itself.",
    )
    return chosen or found[0].name


def _glance(found: runs.Found) -> tuple[object, ...]:
    """What the page is drawn again for: a run, its state, an epoch, a fault, a system."""
    return (
        tuple((run.name, run.state, len(run.history)) for run in found.runs),
        tuple(found.faults),
        tuple(item.name for item in loaders.systems()),
    )


def _follow(known: tuple[object, ...], name: str) -> None:
    """Show the present state of a run, and draw the page again where something has changed."""
    found = runs.find(model_folders.runs_folder())
    if _glance(found) != known:
        st.rerun()
    run = next((item for item in found.runs if item.name == name), None)
    if run is None:
        return
    plan = f" of {run.epochs}" if run.epochs else ""
    written = "" if run.state == "ended" else f"; written {_since(run.age)} ago"
    st.markdown(
        f"**{literal(run.system)}** on {literal(run.data)}: epoch {len(run.history)}{plan}, "
        f"{_NOTES[run.state]}{written}"
    )
    if run.epochs and run.state != "ended":
        st.progress(min(1.0, len(run.history) / run.epochs))


def _since(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def _run(run: runs.Run) -> None:
    _open(run)
    _campaign(run)
    if run.history:
        _curves([dict(row) for row in run.history], f"{run.system}.run")
    elif run.state == "running":
        st.caption("The first epoch is running.")
    else:
        st.caption("No epoch of this run was finished.")


def _campaign(run: runs.Run) -> None:
    """Show where each row of the campaign stands that a run belongs to."""
    root = model_folders.runs_folder()
    folder = next(
        (parent for parent in (root / run.name).parents if (parent / runs.PLAN).is_file()), None
    )
    if folder is None or not folder.is_relative_to(root):
        return
    from jss.training import campaign  # imports torch

    try:
        rows = list(campaign.progress(campaign.read(folder / runs.PLAN), folder))
    except JssError as error:
        widgets.show_error(error)
        return
    table = pd.DataFrame(
        [
            {
                "Row": row.row.name,
                "Trains": row.row.trains,
                "State": row.state,
                "Clips": row.clips,
                "Hours": round(row.hours, 1),
                "Best so far": row.objective,
            }
            for row in rows
        ]
    )
    done = sum(row.state == "finished" for row in rows)
    title = f"**Campaign {literal(folder.name)}**: {done} of {len(rows)} rows finished"
    charts.table(table, "campaign", folder.name, title)


def _open(run: runs.Run) -> None:
    """Show a link to Compare once the run's system can be opened."""
    made = model_folders.system_of(model_folders.runs_folder() / run.name, run.system)
    if made is None:
        return
    every = loaders.systems()
    names = [item.name for item in every]
    beside = systems.related(made, names, systems.default_system(every), systems.MOST)
    st.page_link(
        str(Path(__file__).with_name("compare.py")),
        label=f"Open {literal(made)} in Compare",
        icon=":material/compare:",
        query_params={address.SYSTEM: made, address.SYSTEMS: ",".join(beside)},
    )


def _block(name: str, blocks: dict[str, str]) -> None:
    card = loaders.cards(blocks[name])[name]
    st.markdown(
        f"**{name}**: {card.stage}, {card.network}, epoch {card.epoch or '?'}, started from "
        f"{card.parent or 'random weights'}, on {card.training_data}"
    )
    history = loaders.history(name)
    if history:
        _curves(history, name)
        return
    st.info(
        "The figures of each epoch were not saved for this block. Those of the chosen epoch, from its card:",
        icon=":material/history:",
    )
    charts.table(
        pd.DataFrame(sorted(card.metrics.items()), columns=["Figure", "At the chosen epoch"]),
        "card",
        name,
    )


def _curves(history: list[dict[str, float]], name: str) -> None:
    chosen = runs.selected_epochs(history)
    rules = [
        f"{runs.SELECTION_RULES[selection][2]}: **epoch {epoch}**"
        for selection, epoch in chosen.items()
    ]
    if rules:
        st.markdown(
            "Chosen by "
            + "; ".join(rules)
            + f". Objectives on the validation clips, {len(history)} "
            + ("epochs." if len(history) > 1 else "epoch.")
        )
    charts.show(training_curves(history, chosen, widgets.theme()), "curves", f"training.{name}")
    charts.table(pd.DataFrame(history).round(5), "history", f"history.{name}")


def _blocks() -> dict[str, str]:
    """Block -> a system that it belongs to; those with saved epochs come first."""
    system_of = {
        block: item.name for item in loaders.shipped_systems() for block in loaders.cards(item.name)
    }
    return dict(sorted(system_of.items(), key=lambda item: not loaders.history(item[0])))


page()
