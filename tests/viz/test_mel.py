from __future__ import annotations

import io

import numpy as np
from PIL import Image

from jss.viz.mel import FEATURE_DB, hz_label, hz_to_row, levels, mel_png


def test_levels_span_the_scale_and_clip():
    assert levels(np.array([-80.0, -50.0, 15.0, 80.0, 99.0])).tolist() == [0, 0, 128, 255, 255]


def test_png_holds_the_levels_upside_up():
    mel = np.linspace(*FEATURE_DB, 128)[:, None].repeat(626, 1)
    image = Image.open(io.BytesIO(mel_png(mel)))
    assert (image.mode, image.size) == ("P", (626, 128))
    grey = np.asarray(image.convert("L"))
    assert grey[-1, 0] == 0
    assert grey[0, 0] == 255
    np.testing.assert_array_equal(grey[::-1], levels(mel))


def test_png_of_a_real_looking_mel_is_small():
    rng = np.random.default_rng(0)
    rayleigh = np.abs(rng.normal(size=(128, 626)) + 1j * rng.normal(size=(128, 626)))
    mel = 20 * np.log10(rayleigh.cumsum(0)[::1] + 1e-3) / 2
    for palette in ("grey", "magma"):
        assert len(mel_png(mel, palette)) <= 73_000


def test_magma_ends_bright():
    image = Image.open(io.BytesIO(mel_png(np.array([[-50.0, 80.0]]), "magma"))).convert("RGB")
    assert sum(image.getpixel((0, 0))) < 20
    assert sum(image.getpixel((1, 0))) > 600


def test_frequency_axis_is_htk():
    # Filter i of 128 peaks at HTK mel (i + 1) / 129 of that of 8 kHz.
    top = 2595 * np.log10(1 + 8000 / 700)
    hz = 700 * (10 ** (64 / 129 * top / 2595) - 1)
    assert abs(hz_to_row(hz) - 63) < 1e-9
    assert hz_label(250) == "250 Hz"
    assert hz_label(4000) == "4 kHz"
