"""Block diagrams (Figs 1 and 3-7): boxes, arrows and words, as SVG or for print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Literal

from jss.labels import Theme
from jss.viz.style import INKS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Width of every drawing in pixels, which fits a column of a page and a phone.
SIZE = 320
_LINE, _GAP = 16, 26


@dataclass(frozen=True)
class Block:
    """A block of a system."""

    #: What it does.
    title: str
    #: Its name and facts.
    lines: Sequence[str]
    #: Whether it is trained in this step.
    trained: bool = False


@dataclass(frozen=True)
class Step:
    """One row of a training diagram."""

    #: Name of the training process.
    title: str
    #: The separator after it; None: it has none.
    separator: Block | None
    #: The detector after it; None: it has none.
    detector: Block | None


@dataclass(frozen=True)
class Box:
    """A box with text, the first line bold."""

    #: Of the top left corner.
    x: float
    #: Of the top left corner.
    y: float
    #: Width.
    w: float
    #: Height.
    h: float
    #: Of text.
    lines: Sequence[str]
    #: Trained, frozen, or without parameters.
    look: Literal["trained", "frozen", "plain"]


@dataclass(frozen=True)
class Arrow:
    """An arrow down, or first across and then down."""

    #: Of the start.
    x: float
    #: Of the start.
    y: float
    #: y of the end.
    end: float
    #: x of the end; None: that of the start.
    to: float | None = None


@dataclass(frozen=True)
class Word:
    """Text centred on a point."""

    #: Of the point.
    x: float
    #: Of the point.
    y: float
    #: One line.
    text: str


@dataclass(frozen=True)
class Drawing:
    """Shapes on a sheet that is SIZE wide."""

    #: In pixels.
    height: float
    #: From back to front.
    shapes: Sequence[Box | Arrow | Word]
    #: Text alternative, one sentence.
    alt: str


def system_diagram(
    detector: Block, separator: Block | None, pooling: str, sources: int, classes: int
) -> Drawing:
    """Diagram of a system: the detector, with separation before and pooling after it, if any.

    Figs 1, 4 and 5.

    Args:
        detector: The detector.
        separator: The separator; None: the detector alone.
        pooling: How the scores of the sources become the mixture's.
        sources: M, the number of sources.
        classes: K, the number of classes.
    """
    middle, shapes = SIZE / 2, list[Box | Arrow | Word]()
    y = _word(shapes, middle, 0, "mixture x")
    places = [middle]
    if separator is not None:
        y = _box(shapes, y, separator, places, "plain")
        places = [middle + (m - (sources - 1) / 2) * 44 for m in range(sources)]
        y = _names(shapes, y, places, "s")
    y = _box(shapes, y, detector, places, "plain")
    if separator is not None:
        y = _names(shapes, y, places, "D")
        y = _box(shapes, y, Block("Pooling", [pooling]), places, "plain")
    y = _box(shapes, y, Block("Threshold, median filter", ["448 ms"]), [middle], "plain")
    shapes.append(Arrow(middle, y, y + _GAP))
    y = _word(shapes, middle, y + _GAP, f"events of {classes} classes: onset, offset")
    separated = f"{separator.lines[0]} gives {sources} sources; " if separator else ""
    pooled = f"pooled by the {pooling}; " if separator else ""
    return Drawing(
        y,
        shapes,
        f"Block diagram: the mixture; {separated}{detector.lines[0]} gives scores of {classes} "
        f"classes; {pooled}threshold and median filter; events.",
    )


def branches_diagram(
    mixture: Block, separator: Block, detector: Block, pooling: str, q: str, *, summed: bool
) -> Drawing:
    """The two branches of the SSep+SED baseline, weighted by q (Fig. 3, Eq. 2).

    Args:
        mixture: The frozen detector of the mixture.
        separator: The separator.
        detector: The detector of the sources.
        pooling: How the scores of the sources become one.
        q: Weight of the mixture's branch, as text.
        summed: Whether ``mixture`` takes the sum of the sources' mels instead of the mixture's.
    """
    left, right, w = SIZE * 0.25, SIZE * 0.75, SIZE / 2 - 8
    shapes = list[Box | Arrow | Word]()
    top = _word(shapes, SIZE / 2, 0, "mixture x")
    first, second = _height(separator), max(_height(detector), _height(mixture))
    below = top + 2 * _GAP + first
    shapes += [
        Arrow(SIZE / 2, top, top + _GAP, right),
        Arrow(right, below - _GAP, below),
        Arrow(right, below - _GAP, below, left) if summed else Arrow(SIZE / 2, top, below, left),
    ]
    for at, y, h, block in (
        (right, top + _GAP, first, separator),
        (left, below, second, mixture),
        (right, below, second, detector),
    ):
        shapes.append(Box(at - w / 2, y, w, h, [block.title, *block.lines], "plain"))
    y = below + second
    shapes += [
        Arrow(left, y, y + 2 * _GAP),
        Arrow(right, y, y + 2 * _GAP),
        Word(left + 46, y + _GAP, f"q = {q}"),
        Word(right + 46, y + _GAP, f"{pooling}, 1 - q"),
        Box(8, y + 2 * _GAP, SIZE - 16, 2 * _LINE, ["Weighted sum (Eq. 2)"], "plain"),
    ]
    y += 2 * _GAP + 2 * _LINE
    shapes.append(Arrow(SIZE / 2, y, y + _GAP))
    return Drawing(
        _word(shapes, SIZE / 2, y + _GAP, "scores, then events"),
        shapes,
        f"Block diagram: scores of {mixture.title} {mixture.lines[0]} and of {detector.title} "
        f"{detector.lines[0]} of {separator.lines[0]}, weighted by q = {q}.",
    )


def training_diagram(steps: Sequence[Step]) -> Drawing:
    """Training processes of a system, one per row (Figs 6, 7): blocks in training are filled."""
    w, shapes, y = SIZE / 2 - 8, list[Box | Arrow | Word](), 0.0
    before: tuple[bool, bool] = (False, False)
    ends = [0.0, 0.0]
    for step in steps:
        y = _word(shapes, SIZE / 2, y, step.title) + 4
        blocks = (step.separator, step.detector)
        tall = max(_height(block) for block in blocks if block is not None)
        for side, block in enumerate(blocks):
            if block is None:
                continue
            at = SIZE * (0.25 + 0.5 * side)
            if before[side]:
                shapes.append(Arrow(at, ends[side], y))
            shapes.append(Box(at - w / 2, y, w, tall, [block.title, *block.lines], _look(block)))
            ends[side] = y + tall
        before = (blocks[0] is not None or before[0], blocks[1] is not None or before[1])
        y += tall + 10
    description = "; ".join(
        f"{step.title}: "
        + " and ".join(
            f"{block.title.lower()} {'learns' if block.trained else 'frozen'}"
            for block in (step.separator, step.detector)
            if block is not None
        )
        for step in steps
    )
    return Drawing(y, shapes, f"Training diagram: {description}.")


def svg(drawing: Drawing, theme: Theme = "light") -> str:
    """The drawing as an SVG, with its text alternative as label."""
    ink = INKS[theme]
    fills = {
        "trained": "#cfe3f2" if theme == "light" else "#1c3a50",
        "frozen": ink.paper,
        "plain": "none",
    }
    parts = []
    for s in drawing.shapes:
        if isinstance(s, Box):
            dash = ' stroke-dasharray="5 3"' if s.look == "frozen" else ""
            parts.append(
                f'<rect x="{s.x:g}" y="{s.y:g}" width="{s.w:g}" height="{s.h:g}" rx="5" '
                f'fill="{fills[s.look]}" stroke="{ink.soft}"{dash}/>'
            )
            for n, line in enumerate(s.lines):
                bold = ' font-weight="600"' if n == 0 else f' fill="{ink.soft}" font-size="11"'
                parts.append(
                    f'<text x="{s.x + s.w / 2:g}" y="{_base(s, n):g}" text-anchor="middle"{bold}>'
                    f"{escape(line)}</text>"
                )
        elif isinstance(s, Word):
            parts.append(
                f'<text x="{s.x:g}" y="{s.y:g}" text-anchor="middle">{escape(s.text)}</text>'
            )
        else:
            across, to = (f"H{s.to:g}", s.to) if s.to is not None else ("", s.x)
            parts.append(
                f'<path d="M{s.x:g} {s.y:g}{across}V{s.end - 5:g}" fill="none" stroke="{ink.soft}"/>'
                f'<path d="M{to - 3.5:g} {s.end - 6:g}h7l-3.5 6z" fill="{ink.soft}"/>'
            )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {drawing.height:g}" role="img" '
        f'aria-label="{escape(drawing.alt)}" fill="{ink.text}" '
        f'font-family="system-ui, sans-serif" font-size="13">{"".join(parts)}</svg>'
    )


def printed_diagram(drawing: Drawing) -> Figure:
    """The drawing as a matplotlib Figure, 85 mm wide: one column of a journal."""
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

    ink, scale = INKS["light"], 3.35 / SIZE
    figure = Figure(figsize=(3.35, drawing.height * scale), facecolor=ink.paper)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, SIZE), ylim=(drawing.height, 0))
    axes.axis("off")
    fills = {"trained": "#cfe3f2", "frozen": ink.paper, "plain": ink.paper}
    for s in drawing.shapes:
        if isinstance(s, Box):
            axes.add_patch(
                FancyBboxPatch(
                    (s.x, s.y),
                    s.w,
                    s.h,
                    "round,pad=0,rounding_size=4",
                    linewidth=0.6,
                    facecolor=fills[s.look],
                    edgecolor=ink.soft,
                    linestyle="--" if s.look == "frozen" else "-",
                )
            )
            for n, line in enumerate(s.lines):
                axes.text(
                    s.x + s.w / 2,
                    _base(s, n),
                    line,
                    ha="center",
                    fontsize=6.5 if n == 0 else 5.5,
                    fontweight="bold" if n == 0 else None,
                    color=ink.text if n == 0 else ink.soft,
                    parse_math=False,
                )
        elif isinstance(s, Word):
            axes.text(s.x, s.y, s.text, ha="center", fontsize=6.5, color=ink.text, parse_math=False)
        else:
            if s.to is not None:
                axes.plot([s.x, s.to], [s.y, s.y], color=ink.soft, linewidth=0.6)
            at = s.x if s.to is None else s.to
            axes.add_patch(
                FancyArrowPatch(
                    (at, s.y),
                    (at, s.end),
                    arrowstyle="-|>",
                    mutation_scale=5,
                    linewidth=0.6,
                    shrinkA=0,
                    shrinkB=0,
                    color=ink.soft,
                )
            )
    return figure


def _word(shapes: list[Box | Arrow | Word], x: float, y: float, text: str) -> float:
    """Add a word. Returns the y of its lower end."""
    shapes.append(Word(x, y + 14, text))
    return y + 20


def _names(
    shapes: list[Box | Arrow | Word], y: float, places: Sequence[float], letter: str
) -> float:
    """Add an arrow and a numbered name for each source. Returns the y of their lower end."""
    for m, x in enumerate(places, 1):
        shapes.append(Arrow(x, y, y + _GAP - 4))
        shapes.append(Word(x, y + _GAP + 10, f"{letter}{m}"))
    return y + _GAP + 14


def _box(
    shapes: list[Box | Arrow | Word],
    y: float,
    block: Block,
    places: Sequence[float],
    look: Literal["trained", "frozen", "plain"] | None = None,
) -> float:
    """Add arrows from above, then the box. Returns the y of its lower end."""
    shapes += [Arrow(x, y, y + _GAP - 4) for x in places]
    top, height = y + _GAP - 4, _height(block)
    shapes.append(
        Box(24, top, SIZE - 48, height, [block.title, *block.lines], look or _look(block))
    )
    return top + height


def _look(block: Block) -> Literal["trained", "frozen"]:
    return "trained" if block.trained else "frozen"


def _height(block: Block) -> float:
    return 12 + _LINE * (1 + len(block.lines))


def _base(box: Box, n: int) -> float:
    """y of the baseline of the n-th line of a box."""
    return box.y + (box.h - _LINE * len(box.lines)) / 2 + _LINE * n + 12
