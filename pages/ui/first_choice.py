"""Which systems are shown before anybody chose: one on its page, several beside one another."""

from __future__ import annotations

from collections.abc import Sequence

from jss.checkpoints import Manifest, place


def default_system(installed: Sequence[Manifest]) -> str:
    """An S1 (the paper's best single systems), else any with a separation stage, else the first."""
    ranked = sorted(installed, key=lambda item: (not item.name.endswith("-S1"), not item.separates))
    return ranked[0].name


def beside(system: str | None, names: Sequence[str], default: str, most: int) -> list[str]:
    """A system, the baseline and the other stages of its pre-training, or else of the default's."""

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
