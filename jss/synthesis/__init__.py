"""Synthesiser of sounds from random seeds: classes of DESED and UrbanSound8K, and background."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from jss.arrays import Floats
from jss.errors import JssError
from jss.labels import DESED_LABELS, URBAN_LABELS
from jss.synthesis.animals import cat, dog
from jss.synthesis.background import background
from jss.synthesis.bells import alarm
from jss.synthesis.dishes import dishes
from jss.synthesis.espeak import espeak
from jss.synthesis.frying import frying
from jss.synthesis.motors import blender, shaver, vacuum
from jss.synthesis.speech import speech
from jss.synthesis.tools import RATE, Rng, gate, samples, unit_peak
from jss.synthesis.urban import car_horn, gun_shot, jackhammer, siren
from jss.synthesis.water import water

#: The ten labels of DESED, then "background".
LABELS: tuple[str, ...] = (*DESED_LABELS, "background")
#: All labels that can be synthesised.
ALL_LABELS: tuple[str, ...] = (*LABELS, *URBAN_LABELS)

#: The function of each label: (random generator, seconds or None) -> (samples,) at 16 kHz.
_GENERATORS: Mapping[str, Callable[[Rng, float | None], Floats]] = {
    "Alarm_bell_ringing": alarm,
    "Blender": blender,
    "Cat": cat,
    "Dishes": dishes,
    "Dog": dog,
    "Electric_shaver_toothbrush": shaver,
    "Frying": frying,
    "Running_water": water,
    "Speech": speech,
    "Vacuum_cleaner": vacuum,
    "background": background,
    "car_horn": car_horn,
    "dog_bark": dog,
    "gun_shot": gun_shot,
    "jackhammer": jackhammer,
    "siren": siren,
}


def synthesise(label: str, seed: int, duration: float | None = None) -> npt.NDArray[np.float32]:
    """Synthesise one recording of a class; the same arguments give the same sound.

    Args:
        label: One of ``ALL_LABELS``.
        seed: Random seed, zero or above.
        duration: Seconds in (0, 600]; None gives the natural length (a bark, a phrase; 3 to 10 s
            for steady sounds).

    Returns:
        (samples,) at 16 kHz, with a peak of 0.9.

    Raises:
        JssError: An argument is not allowed.
    """
    if label not in _GENERATORS:
        raise JssError(
            f"The synthesiser does not know the class {label!r}; it knows {', '.join(ALL_LABELS)}."
        )
    if seed < 0:
        raise JssError(f"A seed must be a whole number from 0 up, not {seed}.")
    if duration is not None and not (math.isfinite(duration) and 0.0 < duration <= 600.0):
        raise JssError(f"A duration must be above 0 and at most 600 seconds, not {duration:g}.")
    rng = np.random.default_rng((zlib.crc32(label.encode()), seed))
    x = _GENERATORS[label](rng, duration)
    if duration is not None:
        n = samples(duration)
        x = np.pad(x[:n], (0, max(0, n - len(x))))
    x = x - x.mean()
    x = x * gate(len(x), 0, len(x), 0.003, 0.01)
    recording: npt.NDArray[np.float32] = (0.9 * unit_peak(x)).astype(np.float32)
    return recording


__all__ = ["ALL_LABELS", "LABELS", "RATE", "espeak", "synthesise"]
