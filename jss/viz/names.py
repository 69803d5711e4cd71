"""Places for the names of curves in a figure: near their peaks, beside all curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from jss.arrays import Float32

#: Frames of a peak's run score at least this share of the peak.
RUN = 0.75
#: A frame in which a curve crosses a name weighs as much as this many heights of a name.
_CROSSING = 1.0


def place_names(
    rows: Sequence[Float32],
    widths: Sequence[float],
    height: float,
    *,
    time: Float32,
    span: tuple[float, float],
    limits: tuple[float, float],
) -> list[tuple[float, float] | None]:
    """Places for the names of curves, so that none covers another and few cover a curve.

    Args:
        rows: Curves, each (frames,), the most important first.
        widths: Of the names, in seconds.
        height: Of a name, in units of the curves.
        time: (frames,) of the curves, in seconds.
        span: What is visible, in seconds.
        limits: The lowest and the highest edge of a name, in units of the curves.

    Returns:
        The middle of each name as (seconds, units of the curves), None where there is no room.
    """
    inside = (time >= span[0]) & (time <= span[1])
    if not inside.any():
        return [None] * len(rows)
    visible, at = [row[inside] for row in rows], time[inside]
    taken: list[tuple[float, float, float, float]] = []
    places: list[tuple[float, float] | None] = []
    for row, width in zip(visible, widths, strict=True):
        best: tuple[float, float, float] | None = None
        peak = float(row.max())
        for x, y in _candidates(row, at, width, height, span, limits):
            area = (x - width / 2, x + width / 2, y - height / 2, y + height / 2)
            if not (limits[0] <= area[2] and area[3] <= limits[1]) or _covers(area, taken):
                continue
            cost = _CROSSING * _crossings(area, visible, at) + abs(y - peak) / height
            if best is None or cost < best[0]:
                best = (cost, x, y)
        places.append(None if best is None else best[1:])
        if best is not None:
            _, x, y = best
            taken.append((x - width / 2, x + width / 2, y - height / 2, y + height / 2))
    return places


def _candidates(
    row: Float32,
    at: Float32,
    width: float,
    height: float,
    span: tuple[float, float],
    limits: tuple[float, float],
) -> Iterator[tuple[float, float]]:
    """Above the peak, beside its run, then further away."""
    peak = int(row.argmax())
    low = np.flatnonzero(row < RUN * row[peak])
    before, after = low[low < peak], low[low > peak]
    start = int(before[-1]) + 1 if len(before) else 0
    end = int(after[0]) - 1 if len(after) else len(row) - 1

    def within(x: float) -> float:
        return min(max(x, span[0] + width / 2), span[1] - width / 2)

    centres = [float(at[i]) for i in (peak, (start + end) // 2, start, end)]
    sides = [float(at[end]) + 0.6 * width, float(at[start]) - 0.6 * width]
    for y in (row[peak] + 0.6 * height, *np.arange(limits[1] - height / 2, limits[0], -height / 2)):
        for x in (*centres, *sides):
            yield within(x), float(y)


def _covers(
    area: tuple[float, float, float, float], taken: Sequence[tuple[float, float, float, float]]
) -> bool:
    left, right, bottom, top = area
    return any(left < r and lo < right and bottom < t and b < top for lo, r, b, t in taken)


def _crossings(
    area: tuple[float, float, float, float], rows: Sequence[Float32], at: Float32
) -> int:
    """Number of frames in which a curve runs through an area."""
    left, right, bottom, top = area
    covered = (at >= left) & (at <= right)
    return sum(int(((row[covered] > bottom) & (row[covered] < top)).sum()) for row in rows)
