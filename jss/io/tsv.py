"""The tables that sound event detection exchanges: events, durations, scores and operating points.

Every error is one sentence that names the file and the line.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from jss.arrays import Float64, Floats
from jss.errors import JssError
from jss.io import cells
from jss.io.atomic import atomic_write
from jss.io.inputs import is_hidden, without_suffix
from jss.labels import CLASS_SETS

#: Columns of a table of events.
EVENT_COLUMNS = ("filename", "onset", "offset", "event_label")
#: Columns of a table of the lengths of recordings, in seconds.
DURATION_COLUMNS = ("filename", "duration")
#: Columns with names of files, which need not be UTF-8.
FILE_COLUMNS = (
    "filename",
    "recording",
    "src_file",
    "slice_file_name",
    "Begin File",
    "Begin Path",
)
#: File name of the detections at one threshold, in any notation of the number.
_POINT = re.compile(r"_th_((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\.tsv$")
#: Readings of the folders of each clip's name, by name and stem.
_Stems = dict[str, dict[str, list[list[str]]]]


class ClipNames:
    """Clips by name, with or without an audio suffix, folders and the leading "Y" of YouTube names.

    Two names refer to one clip where the folders of one are the last folders of the other:
    ``x.wav`` matches ``mon/x.wav``, and ``mon/x`` does not match ``tue/x.wav``. Where none matches
    as it is written, accents of either Unicode form (a Mac's or that of other systems) are the same.
    Where several match, the only one that has the name's suffix too is meant: ``rec/a.wav`` is
    ``a.wav``, though there is ``a.flac``.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = list(names)
        self._exact = dict.fromkeys(self.names)
        self._by_stem = _by_stem(zip(self.names, self.names, strict=True))

    @cached_property
    def _by_composed_stem(self) -> _Stems:
        return _by_stem((name, _composed(name)) for name in self.names)

    def find(self, name: str) -> str | None:
        """Find the clip that a name refers to.

        Returns:
            Name of the clip; None if there is none.

        Raises:
            JssError: The name may refer to several clips.
        """
        if name in self._exact:
            return name
        return self._find(name)

    def of_table(self, name: str) -> str | None:
        """Find the clip of a name that may lack the clip's suffix; see :meth:`find`.

        Such are the names of tables without ``.tsv``, and those in rows of a data set of which this
        may be a copy (``jss prepare --convert``): there a.flac may be a.flac.wav.
        """
        if name in self._exact:
            return name
        return self._find(name, strip=False) or self._find(name)

    def _find(self, name: str, strip: bool = True) -> str | None:
        return self._match(name, self._by_stem, strip) or self._match(
            _composed(name), self._by_composed_stem, strip
        )

    def _match(self, name: str, by_stem: _Stems, strip: bool) -> str | None:
        for folders, base in _folders_and_stems(name, strip):
            for stem in (base, f"Y{base}", base[1:] if base.startswith("Y") else base):
                matches = [
                    (known == folders, other)
                    for other, ways in by_stem.get(stem, {}).items()
                    for known in ways
                    if _same_end(known, folders)
                ]
                exact = any(same for same, _ in matches)
                names = list(dict.fromkeys(other for same, other in matches if same or not exact))
                of_same_file = [other for other in names if _last_parts(other) & _last_parts(name)]
                if len(of_same_file) == 1:
                    return of_same_file[0]
                if len(names) > 1:
                    raise JssError(
                        f"{name} may be any of {len(names)} files, such as {names[0]} and {names[1]}: "
                        "write it as there."
                    )
                if names:
                    return names[0]
        return None

    def map(self, values: Sequence[str]) -> list[str | None]:
        """Apply :meth:`find` to each name."""
        names = {value: self.find(value) for value in set(values)}
        return [names[value] for value in values]


def _by_stem(spellings: Iterable[tuple[str, str]]) -> _Stems:
    """Index pairs of the name of a clip and its spelling."""
    stems: _Stems = {}
    for name, spelling in spellings:
        for folders, base in _folders_and_stems(spelling):
            stems.setdefault(base, {}).setdefault(name, []).append(folders)
    return stems


def _composed(name: str) -> str:
    """A name with its accents in the characters that they belong to."""
    return unicodedata.normalize("NFC", name)


def _folders_and_stems(name: str, strip: bool = True) -> list[tuple[list[str], str]]:
    """Divide a name into folders and stem; with backslashes, also as Windows reads it.

    Args:
        name: The name.
        strip: Whether to remove an audio suffix.

    Returns:
        (folders, stem) for each reading.
    """
    readings = [name, name.replace("\\", "/")] if "\\" in name else [name]
    split = [way.split("/") for way in readings]
    return [
        ([f for f in folders if f != "."], without_suffix(base) if strip else base)
        for *folders, base in split
    ]


def _last_parts(name: str) -> set[str]:
    """A name without its folders, composed; as each system reads it."""
    return {base for _, base in _folders_and_stems(_composed(name), strip=False)}


def _same_end(a: list[str], b: list[str]) -> bool:
    """Whether the shorter list of folders is the end of the longer one."""
    shared = min(len(a), len(b))
    return not shared or a[-shared:] == b[-shared:]


def read_table(
    path: Path,
    columns: Sequence[str] | None = None,
    separators: str = "\t",
    optional: Sequence[str] = (),
) -> pd.DataFrame:
    """Read a table as text.

    Args:
        path: The table.
        columns: Columns to read; None reads all.
        separators: Characters that may separate cells; the header decides which does.
        optional: Columns to read beside these where they are there; else their cells are "".

    Returns:
        One row a line that is not blank, indexed by line number, its cells without surrounding
        blanks; missing cells are "".

    Raises:
        JssError: The file cannot be read, a column is missing or twice, or a line has too many
            cells.
    """
    text = read_text(path)
    header = text.lstrip("\r\n").split("\n")[0].split("\r")[0]
    separator = max(separators, key=header.count)
    rows = cells.rows(text, separator)
    _, names = next(rows, (1, []))
    if columns is not None:
        _check_header(path, header, names, columns, separators)
    columns = [*(_named(names) if columns is None else columns)]
    twice = next((name for name in (*columns, *optional) if names.count(name) > 1), None)
    if twice is not None:
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
    there = [name for name in (*columns, *optional) if name in names]
    frame = pd.DataFrame(table, np.array(numbers, int), range(len(names)), dtype=object)
    frame = frame[[names.index(name) for name in there]].set_axis(there, axis=1)
    frame = frame.reindex(columns=[*columns, *optional], fill_value="")
    for name in frame.columns if not text.isascii() else ():
        if name not in FILE_COLUMNS:
            bad = frame[name].map(cells.undecodable).astype(bool)
            _first(path, frame, bad, "the text is not UTF-8: save it as UTF-8")
    return frame


def _named(names: list[str]) -> list[str]:
    """Names of columns without the empty ones at the end, which spreadsheets write."""
    length = max((n for n, name in enumerate(names, 1) if name), default=0)
    return names[:length]


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table with tabs and a header, atomically.

    Args:
        path: The table.
        header: Names of the columns.
        rows: Cells of each row.
    """
    write_lines(path, (header, *rows))


def write_lines(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write rows of cells with tabs between them, atomically.

    Args:
        path: The file.
        rows: Cells of each row.
    """
    with atomic_write(path) as part:
        text = "".join(cells.row(list(row)) for row in rows)
        part.write_text(text, encoding="utf-8", errors=cells.ERRORS, newline="")


def read_events(
    path: Path, labels: Sequence[str] | None = None, separators: str = "\t"
) -> pd.DataFrame:
    """Read a table of events.

    Args:
        path: The table.
        labels: Class labels that are allowed; None allows any.
        separators: Characters that may separate cells.

    Returns:
        One row an event: filename, onset, offset (seconds), event_label. A file without events has
        a row with NaN.

    Raises:
        JssError: A column is missing, a time is not a number or negative, an offset lies before its
            onset, a class is unknown, or the file is not UTF-8.
    """
    table = read_table(path, EVENT_COLUMNS, separators)
    empty = (table["onset"] == "") & (table["offset"] == "") & (table["event_label"] == "")
    for column in ("filename", "event_label"):
        _first(path, table, ~empty & (table[column] == ""), f"the {column} is missing")
    check_filled(path, table, "filename")
    onset, offset = (numbers(path, table, column, ~empty) for column in ("onset", "offset"))
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
                f"{path}, line {table.index[row]}: unknown class '{label}'{advice(label, labels)}"
            )
    return pd.DataFrame(
        {
            "filename": table["filename"],
            "onset": onset,
            "offset": offset,
            "event_label": table["event_label"].where(~empty, None),
        }
    )


def read_durations(path: Path, *, empty: bool = False) -> dict[str, float]:
    """Read a table of file durations, with the columns filename and duration.

    Args:
        path: The table.
        empty: Whether it may list no file.

    Returns:
        Seconds by file name.

    Raises:
        JssError: The table is not such a table, lists no file, or lists one twice.
    """
    table = read_table(path, DURATION_COLUMNS)
    check_filled(path, table, "filename")
    seconds = numbers(path, table, "duration", pd.Series(True, index=table.index))
    _first(path, table, seconds <= 0, "the duration {} is not above 0", "duration")
    again = table["filename"].duplicated()
    _first(path, table, again, "the file {} was listed before", "filename")
    if table.empty and not empty:
        raise JssError(f"{path} lists no file.")
    return dict(zip(table["filename"], seconds.astype(float), strict=True))


def read_operating_points(
    folder: Path, labels: Sequence[str] | None = None
) -> list[tuple[float, pd.DataFrame]]:
    """Read the detections at several thresholds: every ``..._th_<threshold>.tsv`` in a folder.

    Args:
        folder: The folder.
        labels: Class labels that are allowed; None allows any.

    Returns:
        (threshold, events), sorted by threshold.

    Raises:
        JssError: There are none, two have the same threshold, or one is not a table of events.
    """
    paths: dict[float, Path] = {}
    for path in _files(folder):
        match = _POINT.search(path.name)
        if match is None:
            continue
        threshold = float(match[1])
        if threshold in paths:
            raise JssError(
                f"{path} and {paths[threshold].name} are both of the threshold {threshold}: keep one."
            )
        paths[threshold] = path
    if not paths:
        raise JssError(
            f"{folder} holds no detections: name them ..._th_<threshold>.tsv, such as det_th_0.50.tsv."
        )
    return [(threshold, read_events(paths[threshold], labels)) for threshold in sorted(paths)]


def is_point(name: str) -> bool:
    """Whether a file name is that of the detections at one threshold: ``..._th_0.50.tsv``."""
    return _POINT.search(name) is not None


def unread_points(folder: Path) -> list[str]:
    """Names of the files in a folder of detections that are not detections."""
    return [path.name for path in _files(folder) if _POINT.search(path.name) is None]


#: Scores (K, T) and frame boundaries (T + 1,) in seconds.
Curves = tuple[Floats, Float64]


def read_scores(path: Path, labels: Sequence[str] | None = None) -> tuple[Curves, tuple[str, ...]]:
    """Read a table of scores with the columns onset, offset and one for each class.

    Args:
        path: The table.
        labels: Class labels that its header must have; None allows any.

    Returns:
        Scores (K, T) with frame boundaries (T + 1,) in seconds, and the class labels of the header.

    Raises:
        JssError: The file is not such a table, or its frames do not follow one another.
    """
    text = read_text(path)
    first, names = next(cells.rows(text), (1, []))
    names = _named(names)
    lines = cells.lines(text)
    header = lines[first - 1]
    if names[:2] != ["onset", "offset"] or len(names) < 3:
        _check_header(path, header, names, ("onset", "offset"), "\t")
        raise JssError(
            f"{path}, line 1: the columns must be onset, offset and one for each class, in this order."
        )
    classes = tuple(names[2:])
    if labels is not None and classes != tuple(labels):
        other = sorted(set(classes) ^ set(labels))
        why = f"only one of them has '{other[0]}'" if other else "their order differs"
        raise JssError(f"{path}, line 1: its classes are not those of the other tables: {why}.")
    try:
        body = [line for line in lines[first:] if line.strip()] if '"' not in text else []
        if not all(map(cells.is_plain, body)):
            raise ValueError
        values = np.array([line.split("\t") for line in body], np.float64).T
        if len(values) != len(names) or values.ndim != 2 or len(set(names)) < len(names):
            raise ValueError
        if not np.isfinite(values).all():
            raise ValueError
    except ValueError:  # the slow way, which says what is wrong
        table = read_table(path)
        everywhere = pd.Series(True, index=table.index)
        values = np.array(
            [numbers(path, table, name, everywhere).to_numpy(np.float64) for name in names]
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
    return (values[2:], np.append(onset, offset[-1:])), classes


def score_files(folder: Path, suffix: str = ".tsv") -> tuple[dict[str, Path], list[str]]:
    """List the score tables in a folder and its subfolders.

    Args:
        folder: The folder.
        suffix: Of the tables.

    Returns:
        Paths by name without suffix, and the names of the other files.

    Raises:
        JssError: There is no table.
    """
    paths: dict[str, Path] = {}
    others: list[str] = []
    for path in _files(folder, "**/*"):
        name = path.relative_to(folder).as_posix()
        if path.suffix.lower() == suffix:
            paths[name[: -len(suffix)]] = path
        else:
            others.append(name)
    if not paths:
        arrays = any(name.lower().endswith(".npy") for name in others)
        raise JssError(
            f"{folder} holds no score tables: it needs a <clip>{suffix} for each clip"
            + (", or a scores.yaml with labels and hop beside the <clip>.npy." if arrays else ".")
        )
    return paths, others


def guess_labels(labels: Iterable[str]) -> tuple[str, ...]:
    """Class set, in its order, that most labels belong to; else the labels, sorted."""
    given = set(labels)
    for classes in CLASS_SETS.values():
        known = tuple(c.label for c in classes)
        if given and 2 * len(given & set(known)) > len(given):
            return known
    return tuple(sorted(given))


def _files(folder: Path, pattern: str = "*") -> list[Path]:
    """List the files in a folder, sorted, without hidden and system files."""
    if not folder.is_dir():
        raise JssError(f"There is no folder {folder}.")
    return sorted(
        path
        for path in folder.glob(pattern)
        if path.is_file() and not any(map(is_hidden, path.relative_to(folder).parts))
    )


def read_text(path: Path, *, utf16: bool = False, empty: bool = False) -> str:
    """Read a text file; bytes that are not UTF-8 become surrogates, as in ``jss.io.cells``.

    Args:
        path: The file.
        utf16: Whether UTF-16 with a byte order mark is read too.
        empty: Whether the file may be empty.

    Raises:
        JssError: The file is missing, empty or not text.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise JssError(f"There is no file {path}.") from error
    except OSError as error:
        raise JssError(f"{path} cannot be read: {error.strerror or error}.") from error
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        if not utf16:
            raise JssError(f"{path}, line 1: the text is UTF-16: save it as UTF-8.")
        text = data.decode("utf-16", "replace")
    else:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", cells.ERRORS)
    if "\0" in text:
        raise JssError(
            f"{path}, line {text[: text.index(chr(0))].count(chr(10)) + 1}: this is not text."
        )
    if not empty and not text.strip():
        raise JssError(f"{path}, line 1: the file is empty; it needs a header.")
    return text


def _check_header(
    path: Path, header: str, names: Sequence[str], columns: Sequence[str], separators: str
) -> None:
    missing = [c for c in columns if c not in names]
    if not missing:
        return
    wanted = {"\t": "tabs", ",": "commas"}.get(separators, "tabs or commas")
    for other, name in ((",", "commas"), (";", "semicolons"), ("\t", "tabs"), (" ", "spaces")):
        split = [part.strip() for part in header.split(other)]
        if other not in separators and all(c in split for c in columns):
            raise JssError(
                f"{path}, line 1: the columns are separated by {name}: separate them by {wanted}."
            )
    raise JssError(
        f"{path}, line 1: the column '{missing[0]}' is missing: it needs {', '.join(columns)}."
    )


def _first(path: Path, table: pd.DataFrame, bad: pd.Series[bool], text: str, *columns: str) -> None:
    """Raise an error for the first bad line; the text's {} are its cells in the columns."""
    if bad.any():
        row = int(np.argmax(bad))
        cells = [table[name].iloc[row] for name in columns]
        raise JssError(f"{path}, line {table.index[row]}: {text.format(*cells)}.")


def numbers(
    path: Path, table: pd.DataFrame, column: str, wanted: pd.Series[bool]
) -> pd.Series[float]:
    """Read a column of a table as numbers.

    Args:
        path: The table, for messages.
        table: Its cells as text, indexed by line (``read_table``).
        column: The column.
        wanted: (rows,), where a number must be.

    Returns:
        (rows,), NaN where there is none.

    Raises:
        JssError: A cell that is wanted is empty or not a finite number.
    """
    values = pd.to_numeric(table[column], errors="coerce").astype(float)
    bad = wanted & ~np.isfinite(values)
    name = column.replace("{", "{{").replace("}", "}}")
    _first(path, table, bad & (table[column] == ""), f"the {name} is missing")
    comma = bad & table[column].str.fullmatch(r"-?\d*,\d+").astype(bool)
    _first(path, table, comma, f"the {name} '{{}}' has a decimal comma: write a point", column)
    _first(path, table, bad, f"the {name} '{{}}' is not a number", column)
    return values


def check_filled(path: Path, table: pd.DataFrame, column: str) -> None:
    """Check that no cell of a column is empty.

    Args:
        path: The table, for the message.
        table: Its cells as text, indexed by line (``read_table``).
        column: The column.

    Raises:
        JssError: A cell is empty.
    """
    _first(path, table, table[column] == "", f"the {column} is missing")


def advice(label: str, labels: Sequence[str]) -> str:
    """End of a sentence about an unknown label: the one that was meant, or the known ones."""
    close = difflib.get_close_matches(label, labels, 1)
    if close:
        return f": did you mean {close[0]}?"
    known = ", ".join(labels) if len(labels) <= 12 else f"{len(labels)} others"
    return f": known are {known}."
