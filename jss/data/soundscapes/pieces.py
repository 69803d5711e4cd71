"""The sound of one piece of a soundscape."""

from __future__ import annotations

import functools

from jss.audio import SAMPLE_RATE
from jss.data.recordings import Recording
from jss.data.soundbank.bank import Audio, Bank
from jss.data.soundscapes.acoustics import fade, loop, reverberate, shift_pitch
from jss.data.soundscapes.soundscape import PlacedCut

#: A difference in length up to this (samples) comes from rounding, not from a loop.
ROUNDING = 160


@functools.lru_cache(maxsize=16)
def sound_of(
    piece: PlacedCut, bank: Bank, recording: Recording, room: int | None, position: int | None
) -> Audio:
    """Cut from its recording, pitched, looped to its length, faded, and in its room where it has
    one.

    -> (length,) samples or, with its reverberation, somewhat more; not to be written into. The last
    few are remembered, since a clip is commonly rendered right after it was drawn.
    """
    cut = bank.load(recording)[round(piece.start * SAMPLE_RATE) : round(piece.stop * SAMPLE_RATE)]
    sound = shift_pitch(cut, piece.semitones)
    length = round(piece.length * SAMPLE_RATE)
    if length - len(sound) > ROUNDING or length < len(sound):
        sound = loop(sound, length)
    sound = fade(sound, round(piece.attack * SAMPLE_RATE), round(piece.release * SAMPLE_RATE))
    if room is not None and position is not None:
        sound = reverberate(sound, room, position)
    sound.flags.writeable = False
    return sound
