"""Buttons that make a file when they are pressed, and not before."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePath
from typing import Any

import streamlit as st

from jss import audio
from jss.results import ClipResult
from jss.viz import export


def clip_downloads(result: ClipResult, truth: Any, threshold: float) -> None:
    """Figure, events, scores and sources of a clip as files."""
    stem = f"{PurePath(result.filename).stem}.{result.system}.{result.selection}"
    kinds = {"SVG": "image/svg+xml", "PDF": "application/pdf", "PNG": "image/png"}
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown("**Download**")
        for kind, mime in kinds.items():
            _button(f"Figure {kind}", f"{stem}.{kind.lower()}", mime,
                    lambda kind=kind: export(result, truth, format=kind.lower(), threshold=threshold))
        for kind, separator in (("TSV", "\t"), ("CSV", ",")):
            _button(f"Events {kind}", f"{stem}.events.{kind.lower()}", "text/plain",
                    lambda separator=separator: result.events(threshold).to_csv(sep=separator, index=False))
        _button("Scores TSV", f"{stem}.scores.tsv", "text/plain",
                lambda: result.score_table().to_csv(sep="\t", index=False))
        if result.n_sources:
            _button("Sources FLAC", f"{stem}.sources.zip", "application/zip", lambda: sources_zip(result))


def sources_zip(result: ClipResult) -> bytes:
    """mixture, source_1 ... source_M and residual as FLAC (24 bit), all at one gain, so that the sources add up."""
    tracks = {"mixture": result.mixture, "residual": result.residual}
    tracks |= {f"source_{m + 1}": source for m, source in enumerate(result.sources)}
    gain = max(1.0, *(float(abs(track).max(initial=0.0)) for track in tracks.values()))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, track in tracks.items():
            archive.writestr(f"{name}.flac", audio.encode(track / gain, "flac", result.sample_rate))
    return buffer.getvalue()


def _button(label: str, name: str, mime: str, make: Any) -> None:
    st.download_button(label, make, file_name=name, mime=mime, on_click="ignore", key=f"download {label}")
