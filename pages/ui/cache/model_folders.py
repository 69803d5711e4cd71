"""The systems of the app: those that are shipped, and the user's, "MixIT-S1 (runs/mine)".

A user's systems lie in any folder of checkpoints below the folder of training runs or below one that
the app was started with. Everywhere in the app, the address included, such a system has one name,
and :func:`place` gives the folder that it lies in. Folders are read again where they have changed,
so that a system is there as soon as its stage ends; what is damaged is left out with a sentence.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from jss import checkpoints
from jss.checkpoints import Card, Manifest
from jss.errors import JssError
from jss.io.schema import read_json
from jss.io.stamps import Stamp, stamp
from jss.reports import EvalReport
from jss.training import runs, stages
from jss.weak_labels.report import WeakReport
from jss.weak_labels.results import DEFAULT_CRITIC
from pages.ui.folders import read

Report = TypeVar("Report", EvalReport, WeakReport)
#: The variable that names folders of models, set by ``python -m pages --models FOLDER``.
VARIABLE = "JSS_MODELS"
#: Seconds for which a list of the folders is used again, and folders below a root that are searched.
_FRESH_S, _DEEPEST = 1.0, 6
#: Seconds after the end of a stage in which the next one may begin.
PATIENCE_S = 900.0
_NAME = re.compile(r"\w[\w.+ -]*")
#: What a name in the app must not hold: commas part names in the address, brackets end the folder's.
_UNSAFE = re.compile(r"[^\w./+@-]+")


@dataclass(frozen=True)
class Place:
    """Where a system or a block lies.

    folder: None for what is shipped; name: in that folder; version: changes with a user's folder.
    """

    folder: Path | None
    name: str
    version: int = 0


@dataclass(frozen=True)
class ModelFolder:
    """A folder of checkpoints of the user's.

    where: its name in the app; systems: by their names in the app; blocks: cards of separators and
    critics of classes, in the same way; faults: a sentence for whatever is left out; version:
    changes with its files.
    """

    path: Path
    where: str
    systems: dict[str, Manifest] = field(default_factory=dict)
    blocks: dict[str, Card] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    version: int = 0

    @property
    def report_folders(self) -> tuple[Path, ...]:
        """Return where its reports may lie: in it, or beside it where it is a run's checkpoints."""
        return (self.path, self.path.parent) if self.path.name == "checkpoints" else (self.path,)


def runs_folder() -> Path:
    """Return the folder of training runs: JSS_RUNS, else ``runs`` beside app.py."""
    return Path(os.environ.get("JSS_RUNS") or Path(__file__).parents[3] / "runs")


def roots() -> tuple[Path, ...]:
    """Return the folders that are searched for the user's systems."""
    return tuple(dict.fromkeys(path.resolve() for path in (runs_folder(), *read(VARIABLE))))


def named(name: str, where: str) -> str:
    """Return the name in the app of a system in a user's folder."""
    return f"{name} ({where})"


def split(name: str) -> tuple[str, str]:
    """Return a system's name in its folder, and the folder's name; "" for what is shipped."""
    system, _, where = name.partition(" (")
    return (system, where.removesuffix(")")) if where.endswith(")") else (name, "")


def position(name: str) -> tuple[str, tuple[int, str, int, str]]:
    """Return what a list of systems is sorted by: shipped ones first, then folder by folder."""
    system, where = split(name)
    return where, checkpoints.place(system)


def place(name: str) -> Place:
    """Return where a system or a block lies, by its name in the app."""
    system, where = split(name)
    folder = (
        next((folder for folder in folders() if folder.where == where), None) if where else None
    )
    return Place(folder.path, system, folder.version) if folder else Place(None, name)


def system_of(run: Path, system: str) -> str | None:
    """Return the name in the app of the system that a run trained, None where there is none yet.

    Args:
        run: The folder of a stage, beside the checkpoints of its experiment.
        system: The stage, which may end in its selection: "MixIT-S1-teacher".
    """
    home = run.resolve().parent / "checkpoints"
    folder = next((folder for folder in folders() if folder.path == home), None)
    if folder is None:
        return None
    name = named(stages.split(system)[0], folder.where)
    return name if name in folder.systems else None


def faults() -> list[str]:
    """Return a sentence for each folder of which something is left out."""
    return [_joined(folder.where, folder.faults) for folder in folders() if folder.faults]


def _joined(where: str, sentences: tuple[str, ...]) -> str:
    more = f" {len(sentences) - 1} more of this folder are left out." if len(sentences) > 1 else ""
    return f"{where}: {sentences[0]}{more}"


_lock = threading.Lock()
_last: tuple[float, object, tuple[ModelFolder, ...]] = (0.0, None, ())


def folders() -> tuple[ModelFolder, ...]:
    """Return the user's folders of checkpoints, as they were at most a second ago."""
    # A page asks some twenty times as it is drawn: an answer at hand takes no lock.
    known = _known()
    return _read_again() if known is None else known


def _asked() -> tuple[str | None, ...]:
    return tuple(os.environ.get(name) for name in ("JSS_RUNS", VARIABLE, "JSS_CHECKPOINTS"))


def _known() -> tuple[ModelFolder, ...] | None:
    read, of, known = _last
    return known if of == _asked() and time.monotonic() - read <= _FRESH_S else None


def _read_again() -> tuple[ModelFolder, ...]:
    global _last
    with _lock:
        known = _known()  # another visitor's page may have read them in the meantime
        if known is None:
            known = tuple(_folders(roots(), checkpoints.root().resolve()))
            _last = time.monotonic(), _asked(), known
        return known


def renewed(known: tuple[ModelFolder, ...]) -> bool:
    """Read the folders again at once; returns whether they are others than those known."""
    global _last
    with _lock:
        _last = (0.0, None, ())
    return folders() != known


def _folders(searched: tuple[Path, ...], shipped: Path) -> Iterator[ModelFolder]:
    taken: set[str] = set()
    seen = {shipped}
    for root in searched:
        for path in _checkpoint_folders(root):
            if path in seen:
                continue
            seen.add(path)
            where = _where(root, path)
            if where in taken:
                where = _UNSAFE.sub("_", path.as_posix())
            taken.add(where)
            yield _read(path, where, _stamps(path))


def _checkpoint_folders(root: Path) -> list[Path]:
    """Return the folders with ``systems`` or ``blocks`` in them; those are not searched further."""
    if root.is_symlink() or not root.is_dir():
        return []
    at_root = len(root.parts)
    folders = []
    for text, below, _ in os.walk(root):
        path = Path(text)
        if {"systems", "blocks"} & set(below):
            folders.append(path)
        deep = len(path.parts) - at_root >= _DEEPEST
        below[:] = [
            name
            for name in sorted(below)
            if not deep and name not in ("systems", "blocks") and not name.startswith(".")
        ]
    return folders


def _where(root: Path, path: Path) -> str:
    """Return a folder's name in the app: "runs/mine" for runs/mine/checkpoints."""
    parts = [root.name, *path.relative_to(root).parts]
    if parts[-1] == "checkpoints":
        parts = parts[:-1] or [root.parent.name]
    return _UNSAFE.sub("_", "/".join(parts))


def _stamps(path: Path) -> tuple[tuple[str, Stamp], ...]:
    files = [*path.glob("systems/*.yaml"), *path.glob("blocks/*.json")]
    files += [*path.glob("blocks/*.safetensors"), *path.glob("blocks/*.onnx")]
    return tuple((file.name, stamp(file)) for file in sorted(files))


@lru_cache(256)
def _read(path: Path, where: str, stamps: tuple[tuple[str, Stamp], ...]) -> ModelFolder:
    systems: dict[str, Manifest] = {}
    blocks: dict[str, Card] = {}
    faults = []

    def attempt(name: str, read: Callable[[str], None]) -> None:
        try:
            if not _NAME.fullmatch(name):
                raise JssError("Its name may hold letters, digits, spaces, '-', '+', '_' and '.'.")
            read(name)
        except JssError as error:
            faults.append(f"{name} is left out. {error}")

    def system(name: str) -> None:
        manifest = checkpoints.manifest(name, path)
        for block in {block for chosen in manifest.selections.values() for block in chosen.blocks}:
            _check(path, block)
        systems[named(name, where)] = replace(manifest, name=named(name, where))

    def block(name: str) -> None:
        card = checkpoints.load_card(name, path)
        if "classes" in card.settings:
            _check(path, name)
            if card.kind != "critic":
                _check(path, str(card.settings.get("critic") or DEFAULT_CRITIC))
            blocks[named(name, where)] = card

    for file in sorted(path.glob("systems/*.yaml"), key=lambda file: checkpoints.place(file.stem)):
        attempt(file.stem, system)
    for file in sorted(path.glob("blocks/*.json")):
        if runs.has_block(file.stem, path):
            attempt(file.stem, block)
    return ModelFolder(path, where, systems, blocks, tuple(faults), hash(stamps))


def _check(path: Path, block: str) -> None:
    """Raise JssError where a block is incomplete or damaged."""
    suffixes = (".json", ".safetensors", ".onnx")
    _check_once(path, block, tuple(stamp(path / "blocks" / f"{block}{s}") for s in suffixes))


@lru_cache(4096)
def _check_once(path: Path, block: str, stamps: tuple[Stamp, ...]) -> None:
    checkpoints.check_block(block, path)


def reports(kind: type[Report]) -> tuple[list[Report], list[str]]:
    """Return the reports beside the user's systems, named as those are, and what is damaged.

    Args:
        kind: Of reports: other files are passed over.
    """
    of: Any = kind
    found: list[Report] = []
    damaged = []
    for folder in folders():
        broken: list[str] = []
        for file in _json_files(folder):
            try:
                in_file = _reports_in(of, file, stamp(file))
            except JssError as error:
                broken.append(str(error))
                continue
            found += [
                replace(report, system=named(report.system, folder.where)) for report in in_file
            ]
        if broken:
            damaged.append(_joined(folder.where, tuple(broken)))
    return found, damaged


def _json_files(folder: ModelFolder) -> list[Path]:
    """Return the files that may be reports: ``evaluate --out`` may have written them anywhere here."""
    return [
        file
        for beside in folder.report_folders
        for pattern in ("*.json", "reports/**/*.json", "weak_labels/**/*.json")
        for file in sorted(beside.glob(pattern))
    ]


@lru_cache(1024)
def _reports_in(kind: Any, file: Path, written: Stamp) -> tuple[Any, ...]:
    """Return the reports of a kind in a file; raises JssError where it is damaged."""
    stored = read_json(
        file, f"{file} is missing: evaluate again.", f"{file} is damaged: evaluate again."
    )
    listed = stored.get("reports", [stored]) if isinstance(stored, dict) else []
    of_kind = {"system", "n_files" if kind is EvalReport else "n_clips"}
    dicts = [entry for entry in listed if isinstance(entry, dict) and of_kind <= {*entry}]
    return tuple(kind.from_dict(entry, str(file)) for entry in dicts)


def saved_scores() -> Iterator[tuple[Path, str, Stamp]]:
    """Yield the files of scores beside the reports of the user's systems: path, folder, stamp."""
    from jss.evaluation.saved_scores import SUFFIX

    for folder in folders():
        for beside in folder.report_folders:
            for file in sorted({*beside.glob(f"*{SUFFIX}"), *beside.glob(f"reports/**/*{SUFFIX}")}):
                yield file, folder.where, stamp(file)


def training() -> bool:
    """Return whether a training below the folder of runs is running."""
    return any(run.state == "running" for run in runs.find(runs_folder()).runs)
