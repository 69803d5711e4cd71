"""Inference on a Ray cluster: Ray Data sends recordings to actors, each of which holds the system.

Ray is an optional requirement (the extra ``ray``). The machines of the cluster must see the
recordings, the checkpoints and the output folder under the same paths. An actor that dies is
started again and its recordings are sent out again, so that it costs only time.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Generator, Iterator, Sequence
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

#: Recordings in a block, the unit of work of an actor, where there are MANY or more recordings;
#: otherwise each is a block.
BLOCK, MANY = 8, 1000


class Ray:
    """An Engine of ``jss.inference.batch`` on a Ray cluster.

    Args:
        device: Of the actors; None for a GPU each where the cluster has any.
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
        """Recordings as they are finished, in any order.

        Args:
            system: The system; actors load it again by its name.
            tasks: The recordings.
            out: The output folder.
            wanted: What is written.
            progress: In seconds of sound.

        Raises:
            DiskError: A disk is full.
            JssError: The cluster fails.
        """
        if not tasks:
            return
        already_connected = self.ray.is_initialized()
        if not already_connected:
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
            message = str(error).strip().splitlines()
            raise JssError(
                "The Ray cluster failed: all its machines must have jss, and see the recordings, the "
                f"checkpoints and {out} under the same paths. Ray says: {message[-1] if message else error!r}"
            ) from error
        finally:
            if not already_connected:
                self.ray.shutdown()
            remove_partial_files(out)  # of actors that died

    def _start(self) -> None:
        """Join the cluster of RAY_ADDRESS, or start one on this machine.

        Raises:
            JssError: There is no such cluster.
        """
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
        """Outcomes of :class:`Analyst`, one per recording."""
        data = self.ray.data
        data.DataContext.get_current().enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        resources = self.ray.cluster_resources()
        gpus = int(resources.get("GPU", 0)) if self.device in (None, "cuda") else 0
        size = max(1, min(len(tasks), gpus or int(resources.get("CPU", 1))))
        items = [
            {
                "number": number,
                "name": task.name,
                "path": os.fspath(task.path.absolute()),
                "stem": task.stem,
                "key": task.key,
            }
            for number, task in enumerate(tasks)
        ]
        blocks = len(items) if len(items) < MANY else -(-len(items) // BLOCK)
        constructor_args = (
            system.name,
            system.selection,
            self.device,
            os.fspath(checkpoints.root().resolve()),
            system.precision,
            os.fspath(out.resolve()),
            wanted,
        )
        rows: Iterator[dict[str, Any]] = (
            data.from_items(items, override_num_blocks=blocks)
            .map(
                Analyst,
                fn_constructor_args=constructor_args,
                compute=data.ActorPoolStrategy(size=size),
                num_cpus=0 if gpus else 1,
                num_gpus=1 if gpus else 0,
            )
            .iter_rows()
        )
        yield from rows


class Analyst:
    """An actor: it holds a system and analyses one recording after the other."""

    def __init__(
        self,
        name: str,
        selection: str,
        device: str | None,
        folder: str,
        precision: Precision,
        out: str,
        wanted: Wanted,
    ) -> None:
        self.system = load_system(name, selection, device, Path(folder), precision)
        self.out, self.wanted = Path(out), wanted

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Analyse one recording.

        Args:
            row: The fields of a ``RecordingFiles``, with its number.

        Returns:
            Its number, its line of the journal as JSON or null, the seconds of sound, the error,
            whether that is a full disk, and the notes about the recording as JSON.
        """
        task = RecordingFiles(row["name"], Path(row["path"]), row["stem"], row["key"])
        seconds_done = [0.0]
        outcome: dict[str, Any] = {
            "number": row["number"],
            "line": "null",
            "error": "",
            "full": False,
        }
        notes: list[str] = []
        try:
            stretches = pieces(audio.stream(task.path, note=notes.append), self.system.analyse)
            line = write(
                self.system,
                task,
                stretches,
                self.out,
                self.wanted,
                lambda _, seconds: seconds_done.append(seconds),
            )
            outcome["line"] = json.dumps(line)
        except JssError as error:
            outcome |= {"error": str(error), "full": isinstance(error, DiskError)}
        return outcome | {"seconds": sum(seconds_done), "notes": json.dumps(notes)}


def _import() -> Any:
    """Import Ray, without its usage statistics.

    Raises:
        JssError: It is not installed.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    logging.getLogger("ray").setLevel(logging.ERROR)
    with optional():
        ray = import_module("ray")
        import_module("ray.data")
    return ray
