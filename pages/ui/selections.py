"""Student or teacher: what the address asks for, and what a system has."""

from __future__ import annotations

from pages.ui import address
from pages.ui.cache import loaders


def asked() -> str:
    """The network of the address."""
    return address.read(address.SELECTION) or "teacher"


def shown(system: str, wanted: str | None = None) -> str:
    """The wanted network of a system (None: that of the address), or the one that it has."""
    wanted = wanted or asked()
    there = next(item.selections for item in loaders.systems() if item.name == system)
    return wanted if wanted in there else next(iter(there))


def note(system: str) -> str:
    """What is shown in place of the network of the address, where a system does not have it."""
    wanted, there = asked(), shown(system)
    return (
        ""
        if wanted == there
        else f"{system} has no {address.literal(wanted)}: its {there} is shown"
    )
