"""Other people's tables: events, durations, score curves and operating points as the field
exchanges them.

Every mistake in a file is one sentence with its name and line.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from jss.errors import JssError
from jss.io import cells
from jss.io.inputs import is_litter, without_suffix
from jss.labels import CLASS_SETS

EVENT_COLUMNS = ("filename", "onset", "offset", "event_label")
# Whatever str(float) prints of a threshold, and other ways of writing it.
_POINT = re.compile(r"_th_((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\.tsv$")


class Names:
    """Clips by name, with or without a suffix of sound, folders and the leading "Y" of YouTube names.

    Two names mean one clip where the folders of one are the last folders of the other: ``x.wav`` is
    ``mon/x.wav``, and ``mon/x`` is not ``tue/x.wav``.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = list(names)
        self._exact = dict.fromkeys(self.names)
        self._by_stem: dict[str, dict[str, list[list[str]]]] = {}
        for name in self.names:
            for folders, own in _places(name):
                self._by_stem.setdefault(own, {}).setdefault(name, []).append(folders)

    def find(self, name: str) -> str | None:
        """The clip that a name means; None if there is none. Raises JssError where it may be any of
        several.
        """
        if name in self._exact:
            return name
        return self._find(name, strip=True)

    def of_table(self, name: str) -> str | None:
        """The clip that a table of this name (without its own suffix) is of: such a name may lack the
        suffix of the clip. None and JssError as :meth:`find`.
        """
        if name in self._exact:
            return name
        return self._find(name, strip=False) or self._find(name, strip=True)

    def _find(self, name: str, strip: bool) -> str | None:
        for folders, own in _places(name, strip):
            for stem in (own, f"Y{own}", own[1:] if own.startswith("Y") else own):
                fits = [
                    (known == folders, other)
                    for other, ways in self._by_stem.get(stem, {}).items()
                    for known in ways
                    if _ends_alike(known, folders)
                ]
                best = any(same for same, _ in fits)
                found = list(dict.fromkeys(other for same, other in fits if same or not best))
                if len(found) > 1:
                    raise JssError(
                        f"{name} may be any of {len(found)} files, such as {found[0]} and {found[1]}: "
                        "write it as there."
                    )
                if found:
                    return found[0]
        return None

    def map(self, values: Sequence[str]) -> list[str | None]:
        """:meth:`find` of each value."""
        known = {value: self.find(value) for value in set(values)}
        return [known[value] for value in values]


def _places(name: str, strip: bool = True) -> list[tuple[list[str], str]]:
    """Folders and stem of a name; of one with backslashes also as Windows would read it. strip:
    whether a suffix of sound is one.
    """
    ways = [name, name.replace("\\", "/")] if "\\" in name else [name]
    split = [way.split("/") for way in ways]
    return [
        ([f for f in folders if f != "."], without_suffix(own) if strip else own)
        for *folders, own in split
    ]


def _ends_alike(a: list[str], b: list[str]) -> bool:
    shared = min(len(a), len(b))
    return not shared or a[-shared:] == b[-shared:]


def read_table(
    path: Path, columns: Sequence[str] | None = None, separators: str = "\t"
) -> pd.DataFrame:
    """Cells as text, in a table with the columns wanted (None: all), indexed by line number; blank
    lines are left out.

    separators: those allowed; the header tells which it is. Raises JssError.
    """
    text = _text(path)
    header = text.lstrip("\r\n").split("\n")[0].split("\r")[0]
    separator = max(separators, key=header.count)
    rows = cells.rows(text, separator)
    names = next(rows)[1]
    if columns is not None:
        _check_header(path, header, names, columns, separators)
    if len(set(names)) < len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise JssError(f"{path}, line 1: the column '{twice}' is there twice.")
    table: list[list[str]] = []
    numbers: list[int] = []
    for number, row in rows:
        if not any(row):
            continue
        while len(row) > len(names) and not row[-1]:
            row.pop()
        if len(row) > len(names):
            raise JssError(
                f"{path}, line {number}: {len(row)} fields where the header has {len(names)}."
            )
        table.append(row + [""] * (len(names) - len(row)))
        numbers.append(number)
    data = (
        dict(zip(names, zip(*table, strict=True), strict=True))
        if table
        else {name: () for name in names}
    )
    frame = pd.DataFrame(
        data, index=np.array(numbers, int), columns=list(columns or names), dtype=object
    )
    for name in frame.columns if not text.isascii() else ():
        if name != "filename":  # a name on disk need not be UTF-8
            bad = frame[name].map(cells.undecodable).astype(bool)
            _first(path, frame, bad, "the text is not UTF-8: save it as UTF-8")
    return frame


def read_events(
    path: Path, labels: Sequence[str] | None = None, separators: str = "\t"
) -> pd.DataFrame:
    """Events as filename, onset, offset (seconds), event_label; files without an event keep a row
    with NaN.

    labels: those known; None: any. Raises JssError, with file and line, for a missing column,
    another separator, times that are no numbers or negative, an offset before its onset, an unknown
    class, and text that is not UTF-8.
    """
    table = read_table(path, EVENT_COLUMNS, separators)
    empty = (table["onset"] == "") & (table["offset"] == "") & (table["event_label"] == "")
    for column in ("filename", "event_label"):
        _first(path, table, ~empty & (table[column] == ""), f"the {column} is missing")
    _first(path, table, table["filename"] == "", "the filename is missing")
    onset, offset = (_numbers(path, table, column, ~empty) for column in ("onset", "offset"))
    _first(path, table, ~empty & (onset < 0), "the onset {} is negative", "onset")
    _first(
        path,
        table,
        ~empty & (offset < onset),
        "the offset {} lies before the onset {}",
        "offset",
        "onset",
    )
    if labels is not None:
        unknown = ~empty & ~table["event_label"].isin(list(labels))
        if unknown.any():
            row = int(np.argmax(unknown))
            label = table["event_label"].iloc[row]
            raise JssError(
                f"{path}, line {table.index[row]}: unknown class '{label}'{_advice(label, labels)}"
            )
    return pd.DataFrame(
        {
            "filename": table["filename"],
            "onset": onset,
            "offset": offset,
            "event_label": table["event_label"].where(~empty, None),
        }
    )


def read_durations(path: Path) -> dict[str, float]:
    """Seconds by file name, from columns filename and duration. Raises JssError, also for a file
    named twice.
    """
    table = read_table(path, ("filename", "duration"))
    _first(path, table, table["filename"] == "", "the filename is missing")
    seconds = _numbers(path, table, "duration", pd.Series(True, index=table.index))
    _first(path, table, seconds <= 0, "the duration {} is not above 0", "duration")
    again = table["filename"].duplicated()
    _first(path, table, again, "the file {} was listed before", "filename")
    if table.empty:
        raise JssError(f"{path} lists no file.")
    return dict(zip(table["filename"], seconds.astype(float), strict=True))


def read_points(folder: Path, labels: Sequence[str]) -> list[tuple[float, pd.DataFrame]]:
    """Threshold and events of every ``..._th_<threshold>.tsv``, sorted by threshold. Raises JssError."""
    found: dict[float, Path] = {}
    for path in _files(folder):
        place = _POINT.search(path.name)
        if place is None:
            continue
        threshold = float(place[1])
        if threshold in found:
            raise JssError(
                f"{path} and {found[threshold].name} are both of the threshold {threshold}: keep one."
            )
        found[threshold] = path
    if not found:
        raise JssError(
            f"{folder} holds no detections: name them ..._th_<threshold>.tsv, such as det_th_0.50.tsv."
        )
    return [(threshold, read_events(found[threshold], labels)) for threshold in sorted(found)]


def unread_points(folder: Path) -> list[str]:
    """Names of the files beside detections that are no detections."""
    return [path.name for path in _files(folder) if _POINT.search(path.name) is None]


Curves = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


def read_scores(path: Path, labels: Sequence[str] | None = None) -> tuple[Curves, tuple[str, ...]]:
    """One score table, ``onset, offset, class...``: scores (K, T) and frame boundaries (T + 1,) in
    seconds, and the classes of its header. labels: the header expected. Raises JssError, with file
    and line.
    """
    text = _text(path)
    first, names = next(cells.rows(text))
    header = text.split("\n")[first - 1]
    if names[:2] != ["onset", "offset"] or len(names) < 3:
        _check_header(path, header, names, ("onset", "offset"), "\t")
        raise JssError(
            f"{path}, line 1: the columns must be onset, offset and one for each class, in this order."
        )
    found = tuple(names[2:])
    if labels is not None and found != tuple(labels):
        other = sorted(set(found) ^ set(labels))
        why = f"'{other[0]}' is in one of them only" if other else "their order differs"
        raise JssError(f"{path}, line 1: its classes are not those of the other tables: {why}.")
    try:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        body = [line for line in lines[first:] if line.strip()] if '"' not in text else []
        values = np.array([line.split("\t") for line in body], np.float64)
        values = values.reshape(-1, len(names)).T
        if not body or len(set(names)) < len(names) or not np.isfinite(values).all():
            raise ValueError
    except ValueError:  # slowly once more, to say what is wrong
        table = read_table(path)
        everywhere = pd.Series(True, index=table.index)
        values = np.array(
            [_numbers(path, table, name, everywhere).to_numpy(np.float64) for name in names]
        )
    if not values.shape[1]:
        raise JssError(f"{path} holds no frame.")
    onset, offset = values[:2]
    gap = np.append(False, np.abs(onset[1:] - offset[:-1]) > 1e-6)
    for bad, why in (
        (offset < onset, "the offset lies before the onset"),
        (gap, "the frame does not begin where the last one ended"),
    ):
        if bad.any():
            line = read_table(path).index[int(np.argmax(bad))]
            raise JssError(f"{path}, line {line}: {why}.")
    return (values[2:], np.append(onset, offset[-1:])), found


def score_files(folder: Path) -> dict[str, Path]:
    """The score tables in and below a folder, by name without ``.tsv``. Raises JssError where there
    is none.
    """
    paths = {
        path.relative_to(folder).as_posix()[: -len(".tsv")]: path
        for path in _files(folder, "**/*")
        if path.suffix.lower() == ".tsv"
    }
    if not paths:
        raise JssError(f"{folder} holds no score tables: it needs a <clip>.tsv for each clip.")
    return paths


def unread_scores(folder: Path) -> list[str]:
    """Names of the files beside score tables that are none."""
    return [
        path.relative_to(folder).as_posix()
        for path in _files(folder, "**/*")
        if path.suffix.lower() != ".tsv"
    ]


def guess_labels(found: Iterable[str]) -> tuple[str, ...]:
    """The class set that most of the labels belong to, in its order; or else the labels themselves,
    sorted.
    """
    own = set(found)
    for classes in CLASS_SETS.values():
        known = tuple(c.label for c in classes)
        if own and 2 * len(own & set(known)) > len(own):
            return known
    return tuple(sorted(own))


def _files(folder: Path, pattern: str = "*") -> list[Path]:
    """The files in a folder, sorted, without those that are hidden or litter."""
    if not folder.is_dir():
        raise JssError(f"There is no folder {folder}.")
    return sorted(
        path
        for path in folder.glob(pattern)
        if path.is_file() and not any(map(is_litter, path.relative_to(folder).parts))
    )


def _text(path: Path) -> str:
    """A text file; bytes that are no UTF-8 as ``jss.io.cells`` has them. Raises JssError for one
    that is missing, empty or no text.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise JssError(f"There is no file {path}.") from error
    except OSError as error:
        raise JssError(f"{path} cannot be read: {error.strerror or error}.") from error
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise JssError(f"{path}, line 1: the text is UTF-16: save it as UTF-8.")
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", cells.ERRORS)
    if "\0" in text:
        raise JssError(
            f"{path}, line {text[: text.index(chr(0))].count(chr(10)) + 1}: this is no text."
        )
    if not text.strip():
        raise JssError(f"{path}, line 1: the file is empty; it needs a header.")
    return text


def _check_header(
    path: Path, header: str, names: Sequence[str], columns: Sequence[str], separators: str
) -> None:
    lacking = [c for c in columns if c not in names]
    if not lacking:
        return
    wanted = "tabs" if separators == "\t" else "tabs or commas"
    for other, name in ((",", "commas"), (";", "semicolons"), ("\t", "tabs"), (" ", "blanks")):
        split = [part.strip() for part in header.split(other)]
        if other not in separators and all(c in split for c in columns):
            raise JssError(
                f"{path}, line 1: the columns are separated by {name}: separate them by {wanted}."
            )
    raise JssError(
        f"{path}, line 1: the column '{lacking[0]}' is missing: it needs {', '.join(columns)}."
    )


def _first(path: Path, table: pd.DataFrame, bad: pd.Series[bool], text: str, *columns: str) -> None:
    """Raises for the first line that is bad; the text's {} are its cells in the columns."""
    if bad.any():
        row = int(np.argmax(bad))
        cells = [table[name].iloc[row] for name in columns]
        raise JssError(f"{path}, line {table.index[row]}: {text.format(*cells)}.")


def _numbers(
    path: Path, table: pd.DataFrame, column: str, wanted: pd.Series[bool]
) -> pd.Series[float]:
    values = pd.to_numeric(table[column], errors="coerce").astype(float)
    bad = wanted & ~np.isfinite(values)
    name = column.replace("{", "{{").replace("}", "}}")
    _first(path, table, bad & (table[column] == ""), f"the {name} is missing")
    _first(path, table, bad, f"the {name} '{{}}' is not a number", column)
    return values


def _advice(label: str, labels: Sequence[str]) -> str:
    close = difflib.get_close_matches(label, labels, 1)
    if close:
        return f": did you mean {close[0]}?"
    known = ", ".join(labels) if len(labels) <= 12 else f"{len(labels)} others"
    return f": known are {known}."
