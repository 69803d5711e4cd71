"""Training: objectives and losses by epoch, and the epochs that Eqs 23 and 24 choose."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from jss.training import runs
from jss.viz.training_charts import training_curves
from pages.ui import address, charts, systems, widgets
from pages.ui.cache import loaders, model_folders
from pages.ui.text import literal

RUN, BLOCK = "run", "block"
#: Seconds between two updates of an active run.
EVERY = 5.0


def page() -> None:
    st.title("Training")
    folder = model_folders.runs_folder()
    found = runs.find(folder) if folder.is_dir() else []
    blocks = _blocks()
    kinds = {"run": f"A run in {folder.name}/", "block": "A shipped block"}
    available = [kind for kind, items in (("run", found), ("block", blocks)) if items]
    if not available:
        st.info(
            "No training run yet: `python -m jss train desk --data BANK` writes its runs to `runs/`, and this page "
            "follows them. For another folder, start the app with `JSS_RUNS=FOLDER make app`.",
            icon=":material/model_training:",
        )
        return
    kind = (
        widgets.pick("Show", available, "of", kinds.__getitem__, width=220)
        if len(available) > 1
        else available[0]
    )
    if kind == "run":
        names = {run.name: run for run in found}
        name = widgets.pick(
            "Run",
            list(names),
            RUN,
            lambda name: name + ", running" * names[name].running,
            width=420,
        )
        st.fragment(_run, run_every=EVERY if names[name].running else None)(name)
    else:
        _block(widgets.pick("Block", list(blocks), BLOCK, width=420), blocks)


def _run(name: str) -> None:
    """Show the present state of a run."""
    run = next((item for item in runs.find(model_folders.runs_folder()) if item.name == name), None)
    if run is None:
        st.warning(f"The run {literal(name)} no longer exists.", icon=":material/delete:")
        return
    plan = f" of {run.epochs}" if run.epochs else ""
    since = (
        f"{run.age:.0f} s"
        if run.age < 120
        else f"{run.age / 60:.0f} min"
        if run.age < 7200
        else "hours"
    )
    state = (
        "running"
        if run.running
        else "ended"
        if run.epochs and len(run.history) >= run.epochs
        else "stopped"
    )
    system, data = literal(run.system), literal(run.data)
    st.markdown(
        f"**{system}** on {data}: epoch {len(run.history)}{plan}, {state}; written {since} ago"
    )
    _open(run)
    if run.epochs:
        st.progress(min(1.0, len(run.history) / run.epochs))
    if not run.history:
        st.caption("The first epoch is running.")
        return
    _curves([dict(row) for row in run.history], f"{run.system}.run")


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
        "The epochs of this block's training were not saved. Its card has these figures of the chosen epoch:",
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
        f"{runs.SELECTIONS[selection][2]}: **epoch {epoch}**" for selection, epoch in chosen.items()
    ]
    if rules:
        st.markdown(
            "Chosen by "
            + "; ".join(rules)
            + f". Objectives on the validation clips, {len(history)} epochs so "
            "far."
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
