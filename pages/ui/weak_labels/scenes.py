"""The choice of a mixture on the page Weak labels: a held-out scene, or an upload."""

from __future__ import annotations

import streamlit as st

from pages.ui import address, widgets
from pages.ui.cache import weak_loaders
from pages.ui.cache.weak_loaders import SYNTHESISED, Mixture
from pages.ui.clip.uploads import is_upload, messages, popover, take, uploads

#: The name in the address.
SCENE = "scene"
#: Held-out scenes of seed 0 that are listed -> what sounds in them.
SHOWN = {
    f"{SYNTHESISED}/test/0/1": "All five classes",
    f"{SYNTHESISED}/test/0/0": "Horn, gun, jackhammer",
    f"{SYNTHESISED}/test/0/10": "Horn, dog, siren",
    f"{SYNTHESISED}/test/0/6": "Horn, dog, jackhammer, siren",
    f"{SYNTHESISED}/test/0/4": "Dog and gun",
    f"{SYNTHESISED}/test/0/9": "Horn, gun, jackhammer, siren",
    f"{SYNTHESISED}/test/0/2": "A dog alone",
}


def choose() -> Mixture:
    """Show the controls; returns the mixture of the address, else the first one.

    Raises:
        JssError: Where it cannot be rendered or read.
    """
    take(SCENE)
    mine = uploads()
    wanted = address.read(SCENE)
    missing, reason = None, ""
    known = {**SHOWN, **{name: item.title for name, item in mine.items()}}
    if wanted and wanted not in known and weak_loaders.is_scene(wanted):
        known[wanted] = title(wanted)
    elif wanted and wanted not in known:
        missing, reason = wanted, "does not exist"
        if is_upload(wanted):
            reason = "was uploaded in another visit: upload it again"
    if missing or not wanted:
        address.write(SCENE, next(iter(known)))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = widgets.pick("Mixture", list(known), SCENE, known.__getitem__, width=320)
        widgets.step_buttons("mixture", list(known), SCENE)
        popover()
    messages(SCENE)
    widgets.replaced_link("mixture", missing, reason, name)
    return weak_loaders.uploaded(mine[name]) if name in mine else weak_loaders.scene(name)


def title(name: str) -> str:
    """Return a scene's name for the user."""
    origin, split, seed, number = name.split("/")
    where = "synthesised" if origin == SYNTHESISED else "of the folder"
    return f"Scene {number} {where}, {split}, seed {seed}"
