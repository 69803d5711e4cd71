"""The sound of one piece of a soundscape."""

from __future__ import annotations

from jss.audio import SAMPLE_RATE
from jss.data.acoustics import fade, loop, reverberate, shift_pitch
from jss.data.soundbank import Audio
from jss.data.soundscape import Piece

#: A difference in length up to this (samples) comes from rounding, not from a loop.
ROUNDING = 160


def sound_of(piece: Piece, samples: Audio, room: int | None, position: int | None) -> Audio:
    """Cut from its recording, pitched, looped to its length, faded, and in its room where it has one.

    samples: the recording (S,) -> (length,) or, with its reverberation, somewhat more.
    """
    cut = samples[round(piece.start * SAMPLE_RATE) : round(piece.stop * SAMPLE_RATE)]
    sound = shift_pitch(cut, piece.semitones)
    length = round(piece.length * SAMPLE_RATE)
    if length - len(sound) > ROUNDING or length < len(sound):
        sound = loop(sound, length)
    sound = fade(sound, round(piece.attack * SAMPLE_RATE), round(piece.release * SAMPLE_RATE))
    return sound if room is None or position is None else reverberate(sound, room, position)
