"""Which mixture the page Weak labels plays: a held-out scene of the synthesiser, a scene of a
report, one's own.
"""

from __future__ import annotations

import streamlit as st

from pages.ui import address
from pages.ui.clip.recordings import OWN
from pages.ui.weak_labels import loaders
from pages.ui.weak_labels.loaders import MADE, Mixture

#: The name in the address.
SCENE = "scene"
#: Held-out scenes of seed 0 to begin with: what sounds in them.
SHOWN = {
    f"{MADE}/test/0/1": "All five classes",
    f"{MADE}/test/0/0": "Horn, gun, jackhammer",
    f"{MADE}/test/0/10": "Horn, dog, siren",
    f"{MADE}/test/0/6": "Horn, dog, jackhammer, siren",
    f"{MADE}/test/0/4": "Dog and gun",
    f"{MADE}/test/0/9": "Horn, gun, jackhammer, siren",
    f"{MADE}/test/0/2": "A dog alone",
}


def choose() -> Mixture:
    """A row of controls -> the mixture of the address, else the first one. Raises JssError where it
    cannot be had.
    """
    own = address.own_recordings()
    wanted = address.read(SCENE)
    known = {**SHOWN, **{name: item.title for name, item in own.items()}}
    if wanted and wanted not in known and loaders.is_scene(wanted):
        known[wanted] = title(wanted)
    elif wanted and wanted not in known:
        reason = (
            "was opened in another session: upload it again"
            if wanted.startswith(f"{OWN}/")
            else "is not here"
        )
        st.warning(
            f"The mixture of this link ({address.literal(wanted)}) {reason}.",
            icon=":material/link_off:",
        )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = address.pick("Mixture", list(known), SCENE, known.__getitem__, width=320)
        names = list(known)
        for label, icon, step in (("Previous", "chevron_left", -1), ("Next", "chevron_right", 1)):
            st.button(
                label,
                icon=f":material/{icon}:",
                key=f"{label} scene",
                on_click=address.write,
                help=f"{label} mixture",
                args=(SCENE, names[(names.index(name) + step) % len(names)]),
            )
        address.own_recordings_popover(SCENE)
    address.write(SCENE, name)
    return loaders.own(own[name]) if name in own else loaders.scene(name)


def title(name: str) -> str:
    """A scene's name for a person."""
    place, split, seed, number = name.split("/")
    made = "synthesised" if place == MADE else "of the folder"
    return f"Scene {number} {made}, {split}, seed {seed}"
