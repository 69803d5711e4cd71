"""The result of a bench: one row for each comparison with a peer."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One comparison."""

    #: What was measured.
    what: str
    #: The tool that it is compared with.
    peer: str
    #: In ``unit``; lower is better unless ``rate``.
    peer_cost: float
    #: In ``unit``.
    ours: float
    #: Smallest ratio wanted; None: no goal.
    goal: float | None = None
    #: Such as the difference of the results.
    note: str = ""
    #: Of the costs.
    unit: str = "s"
    #: Whether higher is better.
    rate: bool = False
    #: Whether the results agree; without that no goal is met.
    agrees: bool = True

    @property
    def ratio(self) -> float:
        """How many times better ours is."""
        better, worse = (self.peer_cost, self.ours) if self.rate else (self.ours, self.peer_cost)
        return worse / better if better else float("inf")

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached, by results that agree; None without one."""
        return None if self.goal is None else self.agrees and self.ratio >= self.goal


def lines(rows: Sequence[Row]) -> list[str]:
    """The rows as a Markdown table."""
    head = ("what", "peer", "peer's", "ours", "ratio", "goal", "met", "note")
    body = [
        (
            row.what,
            row.peer,
            f"{row.peer_cost:.3g} {row.unit}",
            f"{row.ours:.3g} {row.unit}",
            f"{row.ratio:.1f}",
            "" if row.goal is None else f"{row.goal:g}",
            {None: "", True: "yes", False: "no"}[row.met],
            row.note,
        )
        for row in rows
    ]
    widths = [max(len(cells[i]) for cells in (head, *body)) for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        return (
            "| "
            + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
            + " |"
        )

    return [line(head), line(["-" * width for width in widths]), *map(line, body)]


def show(rows: Sequence[Row]) -> bool:
    """Print the machine and the table. Returns whether no goal was missed."""
    print(f"{processor()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}")
    print("\n".join(lines(rows)))
    return all(row.met is not False for row in rows)


def processor() -> str:
    """The name of this machine's processor where the system has it, otherwise its kind."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
