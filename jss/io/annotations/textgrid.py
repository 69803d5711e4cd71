"""Praat's TextGrids: tiers of intervals and points with texts, in the long or short text format.

https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html. Intervals of a tier cannot
overlap, so each class is written as a tier of its own, a class that overlaps itself as several;
events without length are points. The text of an interval is the label of its event, and an empty
text is none. The file does not say of which recording it is: its name does.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from jss.errors import JssError
from jss.io.annotations.events import Durations, Row, by_recording, end, parsed, table
from jss.io.tsv import read_text

_INTERVALS, _POINTS = "IntervalTier", "TextTier"
#: What Praat reads: texts in quotation marks, flags and numbers that stand free; the rest is for
#: people, as is what follows an exclamation mark.
_TOKEN = re.compile(
    r'"(?P<text>(?:[^"]|"")*)"|(?P<comment>![^\n]*)|(?P<flag><\w+>)'
    r"|(?<!\S)(?P<number>[-+]?\d[\d.,]*(?:[eE][-+]?\d+)?)(?!\S)|\S+?(?=[\"\s]|\Z)"
)


def recognise(text: str) -> bool:
    """Whether a text begins as Praat's text files do."""
    return text.lstrip().startswith(('File type = "ooTextFile', '"ooTextFile', "ooBinaryFile"))


class _Tokens:
    """Texts, flags and numbers of a file, one after the other."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.line = 1
        self._tokens = self._all(text)

    def _all(self, text: str) -> Iterator[tuple[int, str, str]]:
        line, at = 1, 0
        for match in _TOKEN.finditer(text):
            line, at = line + text.count("\n", at, match.start()), match.start()
            for kind in ("text", "flag", "number"):
                value = match[kind]
                if value is not None:
                    yield line, kind, value.replace('""', '"') if kind == "text" else value

    def next(self, kind: str, what: str) -> str:
        """Return the next token; raises JssError where it is of another kind."""
        self.line, found, value = next(self._tokens, (self.line, "", ""))
        if found != kind:
            problem = f"there is '{value}'" if found else "the file ends"
            raise JssError(
                f"{self.path}, line {self.line}: {problem} where a TextGrid has {what}: save it again "
                "from Praat as a text file."
            )
        return value

    def seconds(self, what: str) -> float:
        """Return the next token as a number."""
        try:
            return parsed(self.next("number", what))
        except ValueError as error:
            raise JssError(f"{self.path}, line {self.line}: {what} is not a number.") from error

    def size(self, what: str) -> int:
        """Return the next token as a count."""
        return int(self.seconds(what))


def read(path: Path, filename: str) -> pd.DataFrame:
    """Read a TextGrid.

    Args:
        path: The file.
        filename: Name of the recording.

    Returns:
        The plain table of events: a row for each interval or point that has a text.

    Raises:
        JssError: It is not a TextGrid in a text format.
    """
    with path.open("rb") as file:
        if file.read(12) == b"ooBinaryFile":
            raise JssError(f"{path} is a binary file of Praat: save it as a text file there.")
    tokens = _Tokens(path, read_text(path, utf16=True, empty=True))
    tokens.next("text", '"ooTextFile"')
    kind = tokens.next("text", '"TextGrid"')
    if kind != "TextGrid":
        raise JssError(f"{path} is a file of Praat, but a {kind} in place of a TextGrid.")
    first = tokens.seconds("its start")
    tokens.seconds("its end")
    rows = []
    if tokens.next("flag", "<exists>") == "<exists>":
        for _ in range(tokens.size("the number of tiers")):
            tier = tokens.next("text", "the class of a tier")
            tokens.next("text", "the name of a tier")
            tokens.seconds("the start of a tier")
            tokens.seconds("the end of a tier")
            for _ in range(tokens.size("the size of a tier")):
                onset = tokens.seconds("a time") - first
                offset = tokens.seconds("a time") - first if tier == _INTERVALS else onset
                label = tokens.next("text", "the text of an interval or point").strip()
                if label:
                    rows.append(Row(tokens.line, filename, onset, offset, label))
    return table(path, rows or [Row(1, filename)])


@dataclass
class _Tier:
    kind: str
    label: str
    entries: list[tuple[float, float]] = field(default_factory=list)


def write(events: pd.DataFrame, durations: Durations) -> str:
    """Write the TextGrid of one recording, in the long format.

    Args:
        events: The plain table.
        durations: Length of the recording; where it is not there, the grid ends with its last event.
    """
    name, entries = next(by_recording(events), (next(iter(durations), ""), []))
    stop = math.ceil(end(name, entries, durations) * 1e6) / 1e6 or 1.0
    tiers = _tiers(entries) or [_Tier(_INTERVALS, "events")]
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0"]
    lines += [f"xmax = {stop:.6f}", "tiers? <exists>", f"size = {len(tiers)}", "item []:"]
    names: set[str] = set()
    for number, tier in enumerate(tiers, 1):
        title, copy = tier.label, 1
        while title in names:
            title, copy = f"{tier.label} ({copy + 1})", copy + 1
        names.add(title)
        lines += [f"    item [{number}]:", f'        class = "{tier.kind}"']
        lines += [
            f"        name = {_quoted(title)}",
            "        xmin = 0",
            f"        xmax = {stop:.6f}",
        ]
        lines += _points(tier) if tier.kind == _POINTS else _intervals(tier, stop)
    return "\n".join(lines) + "\n"


def _tiers(entries: list[tuple[float, float, str]]) -> list[_Tier]:
    """Divide events into tiers of one class, without overlaps."""
    tiers: list[_Tier] = []
    for start, stop, label in entries:
        onset, offset = round(start, 6), round(stop, 6)
        kind = _INTERVALS if offset > onset else _POINTS
        for tier in tiers:
            last = tier.entries[-1]
            fits = last[1] <= onset if kind == _INTERVALS else last[0] < onset
            if tier.kind == kind and tier.label == label and fits:
                break
        else:
            tier = _Tier(kind, label)
            tiers.append(tier)
        tier.entries.append((onset, offset))
    return tiers


def _intervals(tier: _Tier, stop: float) -> list[str]:
    """Lines of a tier's intervals, which cover the recording; those between events are empty."""
    spans: list[tuple[float, float, str]] = []
    at = 0.0
    for onset, offset in [*tier.entries, (stop, stop)]:
        if onset > at:
            spans.append((at, onset, ""))
        if offset > onset:
            spans.append((onset, offset, tier.label))
        at = offset
    lines = [f"        intervals: size = {len(spans)}"]
    for number, (onset, offset, text) in enumerate(spans, 1):
        lines += [f"        intervals [{number}]:", f"            xmin = {onset:.6f}"]
        lines += [f"            xmax = {offset:.6f}", f"            text = {_quoted(text)}"]
    return lines


def _points(tier: _Tier) -> list[str]:
    lines = [f"        points: size = {len(tier.entries)}"]
    for number, (onset, _) in enumerate(tier.entries, 1):
        lines += [f"        points [{number}]:", f"            number = {onset:.6f}"]
        lines += [f"            mark = {_quoted(tier.label)}"]
    return lines


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
