"""The sound of one cut of a recording in a soundscape."""

from __future__ import annotations

import functools

from jss.audio import SAMPLE_RATE
from jss.data.recordings import Recording
from jss.data.soundbank.bank import Audio, Bank
from jss.data.soundscapes.acoustics import fade, loop, reverberate, shift_pitch
from jss.data.soundscapes.soundscape import PlacedCut

#: A difference in length up to this many samples comes from rounding, not from a loop.
ROUNDING = 160


@functools.lru_cache(maxsize=16)
def sound_of(
    piece: PlacedCut, bank: Bank, recording: Recording, room: int | None, position: int | None
) -> Audio:
    """Cut a recording, shift its pitch, loop and fade it, and reverberate it where it has a room.

    The last few results are cached, because a clip is often rendered right after it was drawn.

    Args:
        piece: The cut.
        bank: The soundbank.
        recording: The recording.
        room: Number of the room; None for no reverberation.
        position: Number of the source position; None for no reverberation.

    Returns:
        (length,) at 16 kHz, longer with reverberation; read-only.
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
