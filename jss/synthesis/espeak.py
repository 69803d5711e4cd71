"""A voice from espeak-ng, where it is installed: for the shipped examples, whose words should be
words.
"""

from __future__ import annotations

import shutil
import subprocess
import zlib

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from jss.arrays import Floats
from jss.errors import JssError
from jss.synthesis.room import floor, room
from jss.synthesis.speech import speech
from jss.synthesis.tools import RATE, between, crest

VOICES = ("en-us", "en-gb", "en-gb-scotland", "en-029")
VARIANTS = ("m1", "m3", "m7", "f1", "f2", "f4", "f5")


def espeak(text: str, seed: int) -> npt.NDArray[np.float32]:
    """``text`` spoken by a random voice in a random room -> float32 (samples,), 16 kHz, peak 0.9.

    The formant voice speaks (and the text is not heard) where espeak-ng is not installed or gives
    no sound. The same text and seed give the same sound with the same version of espeak-ng. Raises
    JssError for an empty text.
    """
    if not text.strip():
        raise JssError("There is nothing to speak: the text is empty.")
    rng = np.random.default_rng((zlib.crc32(b"espeak"), seed))
    voice = f"{rng.choice(VOICES)}+{rng.choice(VARIANTS)}"
    pace, pitch = round(between(rng, 125.0, 195.0)), int(rng.integers(25, 75))
    x: Floats = np.zeros(0)
    if program := shutil.which("espeak-ng"):
        command = [
            program,
            "--stdin",
            "--stdout",
            "-b",
            "1",
            "-v",
            voice,
            "-s",
            str(pace),
            "-p",
            str(pitch),
        ]
        done = subprocess.run(
            command, input=text.encode(), capture_output=True, timeout=60, check=False
        )
        if (
            done.returncode == 0 and len(done.stdout) > 46
        ):  # a WAV header of 44 bytes whose length is not filled in
            rate = int.from_bytes(done.stdout[24:28], "little")
            wave = np.frombuffer(done.stdout[44 : len(done.stdout) // 2 * 2], dtype="<i2")
            x = resample_poly(wave / 32768.0, RATE, rate)
    x = floor(room(x, rng, 0.7), rng, 75.0, 45.0) if np.any(x) else speech(rng, None)
    spoken: npt.NDArray[np.float32] = (0.9 * crest(x - x.mean())).astype(np.float32)
    return spoken
