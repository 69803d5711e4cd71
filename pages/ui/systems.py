"""Which systems a page shows, and which selection (student or teacher) of each."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from jss.checkpoints import Manifest, place
from pages.ui import address, widgets
from pages.ui.cache import loaders
from pages.ui.text import literal


def default_system(installed: Sequence[Manifest]) -> str:
    """Return an S1 (the paper's best single systems), else one that separates, else the first."""
    ranked = sorted(installed, key=lambda item: (not item.name.endswith("-S1"), not item.separates))
    return ranked[0].name


def related(system: str | None, names: Sequence[str], default: str, most: int) -> list[str]:
    """Return a system, the baseline and other stages of its pre-training, else of the default's.

    Args:
        system: The system of the address, or None.
        names: All installed systems, in order.
        default: Whose pre-training is shown where ``system`` is None or the baseline.
        most: How many to return.

    Returns:
        At most ``most`` of ``names``, in their order.
    """

    def family(name: str) -> str:
        return place(name)[1]

    def distance(name: str) -> tuple[bool, ...]:
        return (
            name != system,
            name != "SED",
            *(family(name) != family(near) for near in (system or "", default)),
        )

    near = sorted(names, key=distance)[:most]
    return [name for name in names if name in near]


def none_installed() -> None:
    """Say what to do where no system is installed."""
    st.info(
        "No trained system is installed: restore the folder checkpoints (`git checkout "
        "checkpoints`), or train one with `python -m jss train`.",
        icon=":material/model_training:",
    )


def linked() -> str | None:
    """Return the system of the address; None, with a warning, where it is not installed."""
    wanted = address.read(address.SYSTEM)
    if wanted and wanted not in [item.name for item in loaders.systems()]:
        widgets.broken_link("system", wanted, "is not installed")
        return None
    return wanted


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


def pick_several(most: int) -> list[str]:
    """Show buttons for up to ``most`` systems; returns the chosen ones in the installed order."""
    installed = loaders.systems()
    names = [item.name for item in installed]
    wanted = address.read_several(address.SYSTEMS)
    several = [name for name in names if name in wanted][:most] or related(
        address.read(address.SYSTEM), names, default_system(installed), most
    )
    st.session_state["pick systems"] = several
    st.pills(
        "Systems",
        names,
        key="pick systems",
        selection_mode="multi",
        on_change=_take_several,
        args=(most,),
        help=f"Up to {most}: one more replaces the first.",
    )
    return several


def _take_several(most: int) -> None:
    before = address.read_several(address.SYSTEMS)
    several = sorted(st.session_state["pick systems"], key=lambda name: name not in before)
    address.write_several(address.SYSTEMS, several[-most:])


def wanted_selection() -> str:
    """Return the selection of the address, "teacher" where it names none."""
    return address.read(address.SELECTION) or "teacher"


def shown_selection(system: str, wanted: str | None = None) -> str:
    """Return the wanted selection (None: of the address) of a system, or one that it has."""
    wanted = wanted or wanted_selection()
    available = next(item.selections for item in loaders.systems() if item.name == system)
    return wanted if wanted in available else next(iter(available))


def selection_note(system: str) -> str:
    """Return a sentence where another selection than that of the address is shown, else ""."""
    wanted, shown = wanted_selection(), shown_selection(system)
    if wanted == shown:
        return ""
    return f"{system} has no {literal(wanted)}: its {shown} is shown"
