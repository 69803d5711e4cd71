"""Which systems a page shows, and which selection (student or teacher) of each."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

import streamlit as st

from jss.checkpoints import Manifest, place
from jss.papers.names import printed_name
from pages.ui import address, widgets
from pages.ui.cache import loaders, model_folders
from pages.ui.cache.model_folders import split
from pages.ui.text import literal

#: Most systems that are compared at once.
MOST = 5
#: Seconds between two looks for new systems. In the session: until when to look.
_LOOK_S, _FOLLOWED = 5.0, "trainings are followed until"
#: The system that separates nothing. In the session: the system that was replaced, and by which.
BASELINE, _REPLACED = "SED", "system that made room"


def default_system(installed: Sequence[Manifest]) -> str:
    """Return an S1 (the paper's best single systems), else one that separates, else the first."""

    def rank(item: Manifest) -> tuple[bool, bool]:
        return not split(item.name)[0].endswith("-S1"), not item.separates

    return min(installed, key=rank).name


def related(system: str | None, names: Sequence[str], default: str, most: int) -> list[str]:
    """Return a system, the baseline and other stages of its pre-training, else of the default's.

    The system of the same name in another folder comes first, then those of the same folder.

    Args:
        system: The system of the address, or None.
        names: All installed systems, in order.
        default: Whose pre-training is shown where ``system`` is None or the baseline.
        most: How many to return.

    Returns:
        At most ``most`` of ``names``, in their order.
    """

    def family(name: str) -> str:
        return place(split(name)[0])[1]

    def distance(name: str) -> tuple[bool, ...]:
        return (
            name != system,
            name != BASELINE,
            split(name)[0] != split(system or "")[0],
            *(family(name) != family(near) for near in (system or "", default)),
            split(name)[1] != split(system or default)[1],
        )

    near = sorted(names, key=distance)[:most]
    return [name for name in names if name in near]


def titled(name: str) -> str:
    """Return a system's name, with that of the paper where it is in it."""
    printed = printed_name(name)
    return f"{name} (paper: {printed})" if printed else name


def follow_trainings() -> None:
    """While a training runs, look every few seconds for systems that it has finished.

    The time counts on from the last moment at which one ran: between two stages none does.
    """
    if model_folders.training():
        st.session_state[_FOLLOWED] = time.monotonic() + model_folders.PATIENCE_S
    follow = time.monotonic() < st.session_state.get(_FOLLOWED, 0.0)
    st.fragment(_rerun_if_changed, run_every=_LOOK_S if follow else None)(_known())


def _rerun_if_changed(known: tuple[str, ...]) -> None:
    if known != _known():
        st.rerun()


def _known() -> tuple[str, ...]:
    return tuple(item.name for item in loaders.systems())


def show_faults() -> None:
    """Say which of the user's folders are damaged or half written: a sentence each."""
    with st.container():  # an element in either case, so that those below keep their place
        for sentence in model_folders.faults():
            st.warning(literal(sentence), icon=":material/folder_off:")


def none_installed() -> None:
    """Say what to do where no system is installed."""
    st.info(
        "No trained system is installed: restore the folder checkpoints (`git checkout "
        "checkpoints`), or train one with `jss train`.",
        icon=":material/model_training:",
    )


def chosen() -> str | None:
    """Return the system of the address, else a default; None where no system is installed."""
    installed = loaders.systems()
    if not installed:
        return None
    wanted = address.read(address.SYSTEM)
    missing = wanted if wanted not in [item.name for item in installed] else None
    system = wanted if wanted and missing is None else default_system(installed)
    widgets.replaced_link("system", missing, "is not installed", system)
    address.write(address.SYSTEM, system)
    return system


def pick_several() -> list[str]:
    """Show buttons for up to ``MOST`` systems; returns the chosen ones in the installed order."""
    installed = loaders.systems()
    names = [item.name for item in installed]
    wanted = address.read_several(address.SYSTEMS)
    widgets.check_link("Systems", address.SYSTEMS, names.__contains__, several=True)
    several = [name for name in names if name in wanted][:MOST] or related(
        address.read(address.SYSTEM), names, default_system(installed), MOST
    )
    st.pills(
        "Systems",
        names,
        selection_mode="multi",
        label_visibility="collapsed",
        **widgets.mirrored("pick systems", several, partial(_take_several, several)),
    )
    if replaced := st.session_state.pop(_REPLACED, None):
        st.caption(f"Up to {MOST} systems: {replaced[1]} takes the place of {replaced[0]}.")
    elif left_out := [name for name in names if name in wanted][MOST:]:
        is_or_are = "is" if len(left_out) == 1 else "are"
        st.caption(
            f"Up to {MOST} systems: {', '.join(left_out)} of this link {is_or_are} left out."
        )
    return several


def _take_several(before: Sequence[str], pressed: Sequence[str]) -> None:
    """Take over the systems pressed; one too many replaces the first that is no baseline."""
    several = sorted(pressed, key=lambda name: name not in before)
    if len(several) > MOST:
        replaced = next((name for name in several if name != BASELINE), several[0])
        several.remove(replaced)
        st.session_state[_REPLACED] = (replaced, several[-1])
    address.write_several(address.SYSTEMS, several)


def wanted_selection() -> str:
    """Return the selection of the address, "teacher" where it names none."""
    return address.read(address.SELECTION) or "teacher"


def shown_selection(system: str, wanted: str | None = None) -> str:
    """Return the wanted selection (None: of the address) of a system, or one that it has."""
    wanted = wanted or wanted_selection()
    available = loaders.manifest(system).selections
    return wanted if wanted in available else next(iter(available))


def selection_note(system: str) -> str:
    """Return a sentence where another selection than that of the address is shown, else ""."""
    wanted, shown = wanted_selection(), shown_selection(system)
    if wanted == shown:
        return ""
    return f"{system} has no {literal(wanted)}: its {shown} is shown"
