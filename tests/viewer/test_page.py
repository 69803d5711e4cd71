from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from test_payload import result

from jss.errors import JssError
from jss.viewer import page as pages
from jss.viewer.page import Text, page


def loud(name: str, seconds: float, seed: int):
    """Noise, which no encoder makes smaller, through a system of its own separator."""
    r, rng = result(name, seconds), np.random.default_rng(seed)
    sound = rng.uniform(-0.5, 0.5, (5, len(r.mixture))).astype(np.float32)
    mels = rng.uniform(-50, 80, (5, *r.mel.shape)).astype(np.float32)
    return replace(r, mixture=sound[0], sources=sound[1:], mel=mels[0], source_mels=mels[1:])


def systems(html: str) -> int:
    return html.partition("<footer>")[2].partition("</footer>")[0].count("<dt>")


def test_a_page_asks_for_nothing_and_shows_what_it_is_told():
    html = page([result()], text=Text("<b>A dog & a cat</b>", "A note.")).decode()
    assert "<h1>&lt;b&gt;A dog &amp; a cat&lt;/b&gt;</h1>" in html
    assert "Sound: FLAC, 24 bit." in html
    assert not re.search(r"https?:|src=|url\((?!data:)|@import", html)
    assert not re.search(r'(from|import) "\./', html)


def test_a_page_names_the_systems_that_it_has_no_room_for(monkeypatch):
    noisy = [loud(name, 0.2, seed) for seed, name in enumerate(("MixIT-S1", "PIT-S1"))]
    assert "Left out" not in page(noisy, text=Text("noise")).decode()
    alone = len(page(noisy[:1], text=Text("noise")))
    monkeypatch.setattr(pages, "MAX_BYTES", alone + 100)
    monkeypatch.setattr(pages, "_ENCODINGS", {"FLAC, 24 bit": pages.LOSSLESS})
    html = page(noisy, text=Text("noise")).decode()
    assert systems(html) == 1
    assert "Left out, since the page would be too large: PIT-S1." in html


@pytest.mark.slow
def test_a_page_that_is_too_large_loses_quality_first_then_systems(monkeypatch):
    noisy = [loud(name, 2.0, seed) for seed, name in enumerate(("MixIT-S1", "MixIT-JT", "PIT-S1"))]
    monkeypatch.setattr(pages, "MAX_BYTES", 1_900_000)
    assert "Sound: FLAC, 16 bit." in page(noisy, text=Text("noise")).decode()
    monkeypatch.setattr(pages, "MAX_BYTES", 1_200_000)
    html = page(noisy, text=Text("noise")).decode()
    assert len(html) <= 1_200_000
    assert systems(html) == 3
    assert "Sound: Opus" in html
    assert page([noisy[0]] * 20, text=Text("one separator"))  # what is equal is there once
    monkeypatch.setattr(pages, "MAX_BYTES", 450_000)
    assert 1 <= systems(page(noisy, text=Text("noise")).decode()) < 3
    monkeypatch.setattr(pages, "MAX_BYTES", 250_000)
    with pytest.raises(JssError, match=r"Noise is 2 s long, .* cut it"):
        page(noisy[:1], text=Text("Noise"))
