"""Recordings over a Ray cluster: Ray Data hands them to actors, each of which holds the system.

Ray is an optional requirement (the extra ``ray``). The machines of the cluster must see the
recordings, the checkpoints and the output folder under the same paths. An actor that dies is
started again and its recordings are given out again, so that it costs time alone.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Generator, Iterator, Sequence
from dataclasses import astuple
from importlib import import_module
from pathlib import Path
from typing import Any

from jss import audio, checkpoints
from jss.errors import DiskError, JssError, optional
from jss.inference.clip_files import RecordingFiles, Wanted, write
from jss.inference.system import System, load_system
from jss.inference.windows import pieces
from jss.io.atomic import remove_partial_files
from jss.io.notes import warn
from jss.io.progress import Progress
from jss.models.precision import Precision

#: So many recordings make a block, which is what is given out again, where there are MANY of them;
#: else one does.
BLOCK, MANY = 8, 1000


class Ray:
    """An Engine of ``jss.inference.batch``. device: of the actors; None for a GPU each where the
    cluster has any.
    """

    def __init__(self, device: str | None = None) -> None:
        self.device = device
        self.ray = _import()

    def __call__(
        self,
        system: System,
        tasks: Sequence[RecordingFiles],
        out: Path,
        wanted: Wanted,
        progress: Progress,
    ) -> Generator[tuple[RecordingFiles, dict[str, Any] | JssError], None, None]:
        """Recordings as they are finished, in any order. Raises DiskError, and JssError where the
        cluster gives up.
        """
        if not tasks:
            return
        held = self.ray.is_initialized()
        if not held:
            self._start()
        try:
            for row in self._rows(system, tasks, out, wanted):
                if row["full"]:
                    raise DiskError(row["error"])
                for note in json.loads(row["notes"]):
                    warn(note)
                line = json.loads(row["line"])
                progress(tasks[row["number"]].name, row["seconds"])
                yield tasks[row["number"]], line if line is not None else JssError(row["error"])
        except self.ray.exceptions.RayError as error:
            said = str(error).strip().splitlines()
            raise JssError(
                "The Ray cluster gave up: all its machines must have jss, and see the recordings, the "
                f"checkpoints and {out} under the same paths. Ray says: {said[-1] if said else error!r}"
            ) from error
        finally:
            if not held:
                self.ray.shutdown()
            remove_partial_files(out)  # what actors that died left half written

    def _start(self) -> None:
        """Join the cluster of RAY_ADDRESS, or start one on this machine. Raises JssError."""
        os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
        try:
            self.ray.init(
                include_dashboard=None if "RAY_ADDRESS" in os.environ else False,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
        except (ConnectionError, RuntimeError, ValueError) as error:
            place = os.environ.get("RAY_ADDRESS", "this machine")
            raise JssError(f"There is no Ray cluster at {place}: {error}") from error

    def _rows(
        self, system: System, tasks: Sequence[RecordingFiles], out: Path, wanted: Wanted
    ) -> Iterator[dict[str, Any]]:
        """What :class:`Analyst` gives."""
        data = self.ray.data
        data.DataContext.get_current().enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        there = self.ray.cluster_resources()
        gpus = int(there.get("GPU", 0)) if self.device in (None, "cuda") else 0
        size = max(1, min(len(tasks), gpus or int(there.get("CPU", 1))))
        items = [
            {
                "number": number,
                "name": task.name,
                "path": os.fspath(task.path),
                "stem": task.stem,
                "key": task.key,
            }
            for number, task in enumerate(tasks)
        ]
        blocks = len(items) if len(items) < MANY else -(-len(items) // BLOCK)
        given = (
            system.name,
            system.selection,
            self.device,
            os.fspath(checkpoints.root().resolve()),
            system.precision,
            os.fspath(out.resolve()),
            astuple(wanted),
        )
        found: Iterator[dict[str, Any]] = (
            data.from_items(items, override_num_blocks=blocks)
            .map(
                Analyst,
                fn_constructor_args=given,
                compute=data.ActorPoolStrategy(size=size),
                num_cpus=0 if gpus else 1,
                num_gpus=1 if gpus else 0,
            )
            .iter_rows()
        )
        yield from found


class Analyst:
    """What an actor does: it holds a system and analyses one recording after the other."""

    def __init__(
        self,
        name: str,
        selection: str,
        device: str | None,
        folder: str,
        precision: Precision,
        out: str,
        wanted: tuple[float, bool, bool],
    ) -> None:
        self.system = load_system(name, selection, device, Path(folder), precision)
        self.out, self.wanted = Path(out), Wanted(*wanted)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """row: a Task with its number. -> its line of the journal as JSON or null, the seconds of
        sound, and the error.

        full: whether the error is one of the disk.
        """
        task = RecordingFiles(row["name"], Path(row["path"]), row["stem"], row["key"])
        heard = [0.0]
        told: dict[str, Any] = {"number": row["number"], "line": "null", "error": "", "full": False}
        notes: list[str] = []
        try:
            found = pieces(audio.stream(task.path, note=notes.append), self.system.analyse)
            line = write(
                self.system,
                task,
                found,
                self.out,
                self.wanted,
                lambda _, seconds: heard.append(seconds),
            )
            told["line"] = json.dumps(line)
        except JssError as error:
            told |= {"error": str(error), "full": isinstance(error, DiskError)}
        return told | {"seconds": sum(heard), "notes": json.dumps(notes)}


def _import() -> Any:
    """Ray, told to send nothing home. Raises JssError where it is not installed."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    logging.getLogger("ray").setLevel(logging.ERROR)
    with optional():
        ray = import_module("ray")
        import_module("ray.data")
    return ray
