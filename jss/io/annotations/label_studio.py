"""Label Studio's tasks: JSON, a task a recording, with regions of audio that have labels.

https://labelstud.io/guide/task_format and https://labelstud.io/tags/audio. What is written is a list
of tasks to import: the recording's address under ``data.audio``, and its events as predictions,
which Label Studio shows as pre-annotations. What is read is its export as JSON or JSON_MIN: the
annotations that were not cancelled (of several, those marked as ground truth, else the last), and
predictions where nobody has annotated.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pandas as pd

from jss.errors import JssError, number_of
from jss.io.annotations.events import Durations, Row, groups, table
from jss.io.inputs import is_audio
from jss.io.notes import warn
from jss.io.tsv import EVENT_COLUMNS, read_text

#: Names of the control and of the audio in the labeling configuration (docs/formats.md).
CONTROL, AUDIO = "label", "audio"
#: Before the name of a recording in the address under which Label Studio serves local files.
PREFIX = "/data/local-files/?d="
#: Label Studio puts eight characters before the name of an uploaded file.
_UPLOADED = re.compile(r"^upload/(?:\d+/)?[0-9a-f]{8}-(?=.)")


def recognise(text: str) -> bool:
    """Whether a text begins as JSON does."""
    return text.lstrip()[:1] in ("[", "{")


def read(path: Path, filename: str) -> pd.DataFrame:
    """Read tasks.

    Args:
        path: The file.
        filename: Name of the recording for a task that names none.

    Returns:
        The plain table of events, indexed by the number of the task.

    Raises:
        JssError: It is not a list of tasks of Label Studio, or a region is damaged.
    """
    try:
        content = json.loads(read_text(path, utf16=True))
    except (ValueError, RecursionError) as error:
        raise JssError(f"{path} is not JSON: export it again from Label Studio.") from error
    tasks = content if isinstance(content, list) else [content]
    rows: list[Row] = []
    unlabelled = 0
    for number, task in enumerate(tasks, 1):
        if not isinstance(task, dict) or not ("data" in task or _plain_regions(task) is not None):
            raise JssError(
                f"{path}, task {number}: this is not a task of Label Studio: export the project as JSON or "
                "JSON_MIN."
            )
        name = _filename(task) or filename
        before = len(rows)
        # A region has a result for each of its labels, texts and choices, all with its times.
        spans: dict[str, bool] = {}
        for region, score in _regions(task):
            labels = _labels(region)
            span = str(_times(region))
            spans[span] = spans.get(span, False) or bool(labels)
            rows += _events(path, number, name, region, labels, score)
        unlabelled += list(spans.values()).count(False)
        if len(rows) == before:
            rows.append(Row(number, name))
    if unlabelled:
        warn(
            f"{path} has {number_of(unlabelled, 'regions')} without a label, left out here: label or delete "
            "them in Label Studio, and export again."
        )
    return table(path, rows, "task")


def _filename(task: dict[str, Any]) -> str | None:
    """Name of a task's recording: as jss wrote it, else from its address."""
    data = task.get("data", task)
    if not isinstance(data, dict):
        return None
    if isinstance(data.get("filename"), str):
        return str(data["filename"])
    addresses = [data.get(key) for key in (AUDIO, "url", "audio_url")] + list(data.values())
    for address in addresses:
        if isinstance(address, str):
            parts = urlsplit(address)
            local = parse_qs(parts.query, errors="surrogateescape").get("d")
            name = local[0] if local else unquote(parts.path, errors="surrogateescape")
            if is_audio(name):
                return _UPLOADED.sub("", name.removeprefix("/").removeprefix("data/"))
    return None


def _regions(task: dict[str, Any]) -> Iterator[tuple[dict[str, Any], object]]:
    """(value, score) of every region of the annotations that count."""
    plain = _plain_regions(task)
    if "data" not in task and plain is not None:
        yield from ((region, None) for region in plain)
        return
    annotated = _dicts(task.get("annotations")) + _dicts(task.get("completions"))
    annotated = [a for a in annotated if not a.get("was_cancelled")]
    chosen = (
        [a for a in annotated if a.get("ground_truth")]
        or annotated
        or _dicts(task.get("predictions"))
    )
    for result in _dicts(chosen[-1].get("result")) if chosen else ():
        if isinstance(result.get("value"), dict) and "start" in result["value"]:
            yield result["value"], result.get("score")


def _plain_regions(task: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Regions of a task of JSON_MIN; None where it has none and no recording."""
    regions = [
        region
        for value in task.values()
        for region in _dicts(value)
        if {"start", "end"} <= region.keys()
    ]
    known = any(isinstance(value, str) and is_audio(value) for value in task.values())
    return regions if regions or known else None


def _times(region: dict[str, Any]) -> tuple[object, object]:
    return region.get("start"), region.get("end")


def _labels(region: dict[str, Any]) -> list[str]:
    """Labels of a result; none where it is a text or choices, or the region was only drawn."""
    labels = next((v for k, v in region.items() if k.endswith("labels")), None)
    is_list = isinstance(labels, list) and all(isinstance(label, str) for label in labels)
    return labels if is_list else []  # type: ignore[return-value]


def _events(
    path: Path,
    number: int,
    name: str,
    region: dict[str, Any],
    labels: Sequence[str],
    score: object,
) -> Iterator[Row]:
    if not labels:
        return
    times = _times(region)
    if not all(isinstance(t, int | float) and math.isfinite(t) for t in times):
        raise JssError(f"{path}, task {number}: the start or end of a region is not a number.")
    confidence = float(score) if isinstance(score, int | float) else math.nan
    for label in labels:
        yield Row(number, name, float(times[0]), float(times[1]), label.strip(), confidence)  # type: ignore[arg-type]


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def write(events: pd.DataFrame, durations: Durations, prefix: str = PREFIX) -> str:
    """Write tasks with predictions.

    Args:
        events: The plain table.
        durations: Lengths of the recordings; where one is not there, it is left out.
        prefix: Goes before the name of each recording in its address.
    """
    scored = "confidence" in events
    tasks = []
    for name, group in groups(events).items():
        rows = group.dropna(subset=["event_label"]).itertuples(index=False)
        result = []
        for number, row in enumerate(rows, 1):
            length = {"original_length": durations[name]} if name in durations else {}
            score = {"score": row.confidence} if scored and not pd.isna(row.confidence) else {}
            value = {"start": round(row.onset, 6), "end": round(row.offset, 6), "channel": 0}
            region = {
                "id": f"event{number}",
                "from_name": CONTROL,
                "to_name": AUDIO,
                "type": "labels",
            }
            result.append(
                {**region, **length, "value": {**value, "labels": [row.event_label]}, **score}
            )
        address = prefix + quote(name, errors="surrogateescape")
        tasks.append(
            {
                "data": {AUDIO: address, "filename": name},
                "predictions": [{"model_version": "jss", "result": result}],
            }
        )
    return json.dumps(tasks, indent=1) + "\n"


def configuration(events: pd.DataFrame) -> str:
    """The labeling configuration of a project for events of these classes."""
    from xml.sax.saxutils import quoteattr

    labels = sorted({label for label in events[EVENT_COLUMNS[3]] if isinstance(label, str)})
    lines = ["<View>", f'  <Labels name="{CONTROL}" toName="{AUDIO}">']
    lines += [f"    <Label value={quoteattr(label)}/>" for label in labels]
    lines += ["  </Labels>", f'  <Audio name="{AUDIO}" value="${AUDIO}"/>', "</View>", ""]
    return "\n".join(lines)
