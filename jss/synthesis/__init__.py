"""The built-in synthesiser: the classes of DESED and of the weak-label paper, and background, from
a seed alone.
"""

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
from jss.synthesis.tools import RATE, Rng, crest, gate, samples
from jss.synthesis.urban import car_horn, gun_shot, jackhammer, siren
from jss.synthesis.water import water

#: What a home sounds like: the ten labels of DESED, then "background".
LABELS: tuple[str, ...] = (*DESED_LABELS, "background")
#: Everything that can be synthesised.
EVERY: tuple[str, ...] = (*LABELS, *URBAN_LABELS)

_FAMILIES: Mapping[str, Callable[[Rng, float | None], Floats]] = {
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
    """One recording of a class -> float32 (samples,), 16 kHz, peak 0.9; the same for the same
    arguments.

    duration: seconds; None gives the natural length (a bark, a phrase; 3 to 10 s for steady
    sounds). Raises JssError for a label not in EVERY, a seed below zero or a duration outside (0,
    600] s.
    """
    if label not in _FAMILIES:
        raise JssError(
            f"The synthesiser does not know the class {label!r}; it knows {', '.join(EVERY)}."
        )
    if seed < 0:
        raise JssError(f"A seed must be zero or a whole number above it, and {seed} is not.")
    if duration is not None and not (math.isfinite(duration) and 0.0 < duration <= 600.0):
        raise JssError(
            f"A duration must lie above 0 and at most 600 seconds, and {duration:g} does not."
        )
    rng = np.random.default_rng((zlib.crc32(label.encode()), seed))
    x = _FAMILIES[label](rng, duration)
    if duration is not None:
        n = samples(duration)
        x = np.pad(x[:n], (0, max(0, n - len(x))))
    x = x - x.mean()
    x = x * gate(len(x), 0, len(x), 0.003, 0.01)
    done: npt.NDArray[np.float32] = (0.9 * crest(x)).astype(np.float32)
    return done


__all__ = ["EVERY", "LABELS", "RATE", "espeak", "synthesise"]
