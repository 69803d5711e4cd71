"""Speech by espeak-ng, where it is installed: the shipped examples contain real words."""

from __future__ import annotations

import shutil
import subprocess
import zlib

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from jss.arrays import Floats
from jss.errors import JssError
from jss.synthesis.room import add_noise_floor, add_room
from jss.synthesis.speech import speech
from jss.synthesis.tools import RATE, log_uniform, unit_peak

VOICES = ("en-us", "en-gb", "en-gb-scotland", "en-029")
VARIANTS = ("m1", "m3", "m7", "f1", "f2", "f4", "f5")


def espeak(text: str, seed: int) -> npt.NDArray[np.float32]:
    """Speak a text with a random voice in a random room.

    Where espeak-ng is not installed or gives no sound, the formant voice speaks instead, without
    the words. The same text and seed give the same sound with the same version of espeak-ng.

    Args:
        text: The words.
        seed: Random seed.

    Returns:
        (samples,) at 16 kHz, with a peak of 0.9.

    Raises:
        JssError: The text is empty.
    """
    if not text.strip():
        raise JssError("There is nothing to speak: the text is empty.")
    rng = np.random.default_rng((zlib.crc32(b"espeak"), seed))
    voice = f"{rng.choice(VOICES)}+{rng.choice(VARIANTS)}"
    pace, pitch = round(log_uniform(rng, 125.0, 195.0)), int(rng.integers(25, 75))
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
        process = subprocess.run(
            command, input=text.encode(), capture_output=True, timeout=60, check=False
        )
        # The WAV header has 44 bytes; its lengths are not filled in.
        if process.returncode == 0 and len(process.stdout) > 46:
            rate = int.from_bytes(process.stdout[24:28], "little")
            wave = np.frombuffer(process.stdout[44 : len(process.stdout) // 2 * 2], dtype="<i2")
            x = resample_poly(wave / 32768.0, RATE, rate)
    x = add_noise_floor(add_room(x, rng, 0.7), rng, 75.0, 45.0) if np.any(x) else speech(rng, None)
    spoken: npt.NDArray[np.float32] = (0.9 * unit_peak(x - x.mean())).astype(np.float32)
    return spoken
