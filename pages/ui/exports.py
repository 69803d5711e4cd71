"""Download buttons, whose files are made when they are clicked."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import PurePath
from typing import Any

import pandas as pd
import streamlit as st

from jss import audio
from jss.decoding import Threshold
from jss.io import cells
from jss.io.annotations import formats
from jss.io.annotations.dcase import CONFIDENCE
from jss.results import ClipResult, score_table
from jss.viz import export
from jss.viz.printed import FORMATS, save
from pages.ui.cache.gc import freeze_loaded

#: Seconds after the first figure button until matplotlib is imported: the page is idle by then.
DRAWING_AFTER = 3.0


def clip_downloads(
    result: ClipResult,
    truth: Any,
    threshold: Threshold,
    span: tuple[float, float] | None,
    html: Callable[[], bytes],
) -> None:
    """Show buttons for a clip's figure, events, scores and sources.

    Args:
        result: The clip through a system.
        truth: Its ground truth, or None.
        threshold: Of the events.
        span: What the figure shows, in seconds, None for all: what the viewer is zoomed to.
        html: Makes the viewer with the clip as one file.
    """
    system = result.system.replace("/", "-")  # "MixIT-S1 (runs/mine)"
    stem = f"{PurePath(result.filename).stem}.{system}.{result.selection}"
    with _row():
        _figures(
            stem,
            lambda kind: export(result, truth, format=kind, threshold=threshold, span=span),
        )
        _button(
            "Events TSV",
            f"{stem}.events.tsv",
            "text/plain",
            lambda: _to_microseconds(result.events(threshold)).to_csv(sep="\t", index=False),
        )
        tables = {"Events": ("events", lambda: result.scored_events(threshold))}
        if truth is not None:
            _button(
                "Ground truth TSV",
                f"{stem}.truth.tsv",
                "text/plain",
                lambda: _to_microseconds(truth_events(result, truth)).to_csv(sep="\t", index=False),
            )
            tables["Ground truth"] = ("truth", lambda: truth_events(result, truth))
        _other_formats(stem, tables, {result.filename: result.duration})
        _button(
            "Scores TSV",
            f"{stem}.scores.tsv",
            "text/plain",
            lambda: _to_microseconds(result.score_table()).to_csv(sep="\t", index=False),
        )
        if result.n_sources:
            _button(
                "Sources FLAC",
                f"{stem}.sources.zip",
                "application/zip",
                lambda: _zip(sources(result)),
            )
        _button(
            "Everything ZIP",
            f"{stem}.zip",
            "application/zip",
            lambda: _zip(everything(result, truth, threshold)),
        )
        _page_button(stem, html)


def _page_button(stem: str, html: Callable[[], bytes]) -> None:
    _button(
        "Clip HTML",
        f"{stem}.html",
        "text/html",
        html,
        "This viewer with the clip as one file of at most 3 MB, which any browser opens offline",
    )


def comparison_downloads(
    stem: str,
    draw: Callable[[], Any],
    table: pd.DataFrame,
    events: pd.DataFrame,
    durations: Mapping[str, float],
    html: Callable[[], bytes],
) -> None:
    """Show buttons for a comparison's figure, table and events.

    Args:
        stem: Begins the names of the files.
        draw: Returns the figure.
        table: A row a system.
        events: Of all systems, with confidence.
        durations: Seconds by clip.
        html: Makes the viewer with the comparison as one file.
    """
    with _row():
        _figures(stem, lambda kind: save(draw(), kind))
        _button("Systems CSV", f"{stem}.csv", "text/csv", lambda: table.to_csv(index=False))
        _button(
            "Events TSV",
            f"{stem}.events.tsv",
            "text/plain",
            lambda: _to_microseconds(events).drop(columns=CONFIDENCE).to_csv(sep="\t", index=False),
        )
        named = events.assign(event_label=events["system"] + ": " + events["event_label"])
        _other_formats(stem, {"Events": ("events", lambda: named)}, durations)
        _page_button(stem, html)


def _other_formats(
    stem: str,
    tables: Mapping[str, tuple[str, Callable[[], pd.DataFrame]]],
    durations: Mapping[str, float],
) -> None:
    """Show a menu of the formats of other programs; its buttons are made once it is open.

    Args:
        stem: Begins the names of the files.
        tables: (in the file's name, table of events of one clip) by title.
        durations: Seconds by clip.
    """
    menu = st.popover("For other programs", key="other programs", on_change="rerun")
    if not menu.open:
        return
    with menu, st.container(horizontal=True, gap="small"):
        for title, (kind, table) in tables.items():
            with st.container(width="content", gap="small"):
                for name, format in formats.FORMATS.items():
                    if name != "tsv":
                        _button(
                            f"{title}: {format.title}",
                            f"{stem}.{kind}{format.suffix}",
                            "text/plain",
                            lambda table=table, format=format: format.write(
                                table(), durations
                            ).encode("utf-8", cells.ERRORS),
                        )


def everything(result: ClipResult, truth: Any, threshold: Threshold) -> dict[str, bytes]:
    """Return a clip's whole analysis as files by name: figures, tables and audio."""
    files = {
        f"figure.{kind}": export(result, truth, format=kind, threshold=threshold)
        for kind in FORMATS
    }
    events = result.events(threshold)
    tables = {"events": events, "scores": result.score_table()}
    tables |= {
        f"scores_source_{m + 1}": score_table(
            scores, result.labels, hop=result.score_hop, duration=result.duration
        )
        for m, scores in enumerate(result.source_scores)
    }
    if truth is not None:
        tables["ground_truth"] = truth_events(result, truth)
    files |= {
        f"{name}.tsv": _to_microseconds(table).to_csv(sep="\t", index=False).encode()
        for name, table in tables.items()
    }
    decoder = result.decoder(threshold)
    facts = {
        "filename": result.filename,
        "system": result.system,
        "selection": result.selection,
        "labels": result.labels,
        "threshold": decoder.threshold,
        "median_frames": decoder.median,
        "duration_s": result.duration,
    }
    return files | {"analysis.json": json.dumps(facts, indent=1).encode()} | sources(result)


def _to_microseconds(table: pd.DataFrame) -> pd.DataFrame:
    """Onsets and offsets as a person writes them: 2.752, not 2.7520000000000002."""
    return table.round({"onset": 6, "offset": 6})


def truth_events(result: ClipResult, truth: Any) -> pd.DataFrame:
    """Return the ground truth as a table of events, in DESED's columns."""
    rows = [(result.filename, *event) for event in truth]
    return pd.DataFrame(rows, columns=["filename", "onset", "offset", "event_label"])


def sources(result: ClipResult) -> dict[str, bytes]:
    """Return mixture, sources and residual as FLAC (24 bit), at one gain, so that they add up."""
    tracks = {"mixture": result.mixture, "residual": result.residual}
    tracks |= {f"source_{m + 1}": source for m, source in enumerate(result.sources)}
    gain = max(1.0, *(float(abs(track).max(initial=0.0)) for track in tracks.values()))
    return {
        f"{name}.flac": audio.encode(track / gain, "flac", result.sample_rate)
        for name, track in tracks.items()
    }


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _row() -> Any:
    """A container for a row of buttons."""
    row = st.container(horizontal=True, gap="small", vertical_alignment="center")
    row.markdown("**Download**")
    return row


@cache
def _import_matplotlib() -> None:
    """Import matplotlib and its fonts in the background, once: that takes seconds."""

    def load() -> None:
        import_module("pages.ui.styler")  # first of the two: it does without matplotlib
        import_module("matplotlib.backends.backend_pdf")
        freeze_loaded()

    timer = threading.Timer(DRAWING_AFTER, load)
    timer.daemon = True
    timer.start()


def _figures(stem: str, make: Callable[[Any], bytes]) -> None:
    """A button for each kind of figure; make: "svg", "pdf" or "png" -> the file."""
    _import_matplotlib()
    for kind, mime in FORMATS.items():
        _button(f"Figure {kind.upper()}", f"{stem}.{kind}", mime, lambda kind=kind: make(kind))


def _button(label: str, name: str, mime: str, make: Any, tooltip: str | None = None) -> None:
    st.download_button(
        label,
        make,
        file_name=name,
        mime=mime,
        on_click="ignore",
        key=f"download {label}",
        help=tooltip,
    )
