"""Placing the sounds of one recording in a clip: which cuts, when, and where they are audible."""

from __future__ import annotations

import threading
from weakref import WeakKeyDictionary

import numpy as np

from jss.audio import SAMPLE_RATE
from jss.data.recordings import Recording
from jss.data.soundbank.bank import Audio, Bank
from jss.data.soundscapes.activity import (
    HOP,
    MIN_EVENT,
    MIN_PAUSE,
    Span,
    active_spans,
    frame_levels,
    steady_span,
)
from jss.data.soundscapes.pieces import sound_of
from jss.data.soundscapes.recipes import Recipe
from jss.data.soundscapes.soundscape import PlacedCut, merge
from jss.errors import JssError

#: Seconds kept before and after a sound that is not cut, which contain the fades; seconds of the
#: fades where a sound is cut.
BEFORE, AFTER = 0.03, 0.08
CUT_ATTACK, CUT_RELEASE = 0.02, 0.06
#: Seconds of the fades of a steady sound that begins or ends within the clip.
STEADY_FADE = 0.15
#: Share of a sound that must be within the clip; the rest may be cut off by its end.
MIN_SHARE = 0.6
#: Largest pitch shift, in semitones, of a sound that is repeated, so that it is not an exact copy.
REPEAT_SHIFT = 0.4
TRIES = 8
#: Largest number of repetitions of a steady sound.
LOOPS = 4
#: Quantiles at which recipes give the lengths of events.
QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)

#: Onset and offset in seconds.
Seconds = tuple[float, float]
#: Numbers of room and position; None for no reverberation.
Place = tuple[int | None, int | None]
Placed = tuple[list[PlacedCut], list[Seconds]]
#: Start and stop in a recording, and fades at both ends, in seconds.
Cut = tuple[float, float, float, float]

#: Audible spans of the recordings of each bank, by (path, whether steady).
_SPANS: WeakKeyDictionary[Bank, dict[tuple[str, bool], list[Span]]] = WeakKeyDictionary()
_LOCK = threading.Lock()


def place_steady(
    recipe: Recipe,
    bank: Bank,
    files: tuple[Recording, ...],
    count: int,
    lengths: tuple[float, ...],
    place: Place,
    rng: np.random.Generator,
) -> Placed:
    """Place steady sounds, looped where needed.

    Lengths follow the recipe; the recipe's distribution of onsets is used for the middle.

    Args:
        recipe: The recipe.
        bank: The soundbank.
        files: Files of one original recording; the first is used.
        count: Number of sounds.
        lengths: Seconds at QUANTILES.
        place: Room and position.
        rng: Random generator.

    Returns:
        Cuts, and their audible spans in the clip.
    """
    pieces: list[PlacedCut] = []
    spans: list[Seconds] = []
    semitones = draw_pitch(recipe, rng)
    longest = min(recipe.duration, LOOPS * seconds_of(audible_spans(bank, files[0], steady=True)))
    for _ in range(count):
        length = min(_quantile(lengths, rng.random()), longest)
        for _ in range(TRIES):
            middle = (
                _draw_onset(recipe, rng) if length < 0.97 * recipe.duration else recipe.duration / 2
            )
            onset = round(max(0.0, middle - length / 2), 3)
            offset = round(min(recipe.duration, middle + length / 2), 3)
            if _free(spans, onset, offset):
                pieces.append(
                    cut_steady(bank, files[0], onset, offset, recipe.duration, semitones, rng)
                )
                spans.append((onset, offset))
                break
    return pieces, spans


def cut_steady(
    bank: Bank,
    recording: Recording,
    onset: float,
    offset: float,
    duration: float,
    semitones: float,
    rng: np.random.Generator,
) -> PlacedCut:
    """Cut a steady sound at a random start of its recording, looped where that is too short.

    It is faded where it begins or ends within the clip.

    Args:
        bank: The soundbank.
        recording: The recording.
        onset: Seconds in the clip.
        offset: Seconds in the clip.
        duration: Length of the clip in seconds.
        semitones: Pitch shift.
        rng: Random generator.

    Returns:
        The cut.
    """
    [(first, stop)] = audible_spans(bank, recording, steady=True)
    begin, end, length = first / SAMPLE_RATE, stop / SAMPLE_RATE, offset - onset
    needed = length * 2.0 ** (semitones / 12.0)
    if needed < end - begin:
        begin += float(rng.uniform(0.0, end - begin - needed))
        end = begin + needed
    fade = round(min(STEADY_FADE, length / 5), 4)
    return PlacedCut(
        round(begin, 4),
        round(end, 4),
        onset,
        round(length, 4),
        fade if onset > 0.0 else 0.0,
        fade if offset < duration else 0.0,
        semitones,
    )


def place_natural(
    recipe: Recipe,
    bank: Bank,
    files: tuple[Recording, ...],
    count: int,
    lengths: tuple[float, ...],
    place: Place,
    rng: np.random.Generator,
) -> Placed:
    """Place sounds with a beginning and an end: neighbouring events of a recording, in its rhythm.

    Audible spans are those of the rendered sound, with pitch and room.

    Args:
        recipe: The recipe.
        bank: The soundbank.
        files: Files of one original recording, used in turn.
        count: Number of sounds.
        lengths: Seconds at QUANTILES.
        place: Room and position.
        rng: Random generator.

    Returns:
        Cuts, and their audible spans in the clip.

    Raises:
        JssError: The recording has no audible sound.
    """
    pieces: list[PlacedCut] = []
    placed: list[Seconds] = []
    base = draw_pitch(recipe, rng)
    for attempt in range(TRIES):
        if count <= 0:
            break
        file = len(pieces) % len(files)
        cut, used = _run(
            bank.load(files[file]),
            audible_spans(bank, files[file]),
            count,
            recipe.duration,
            lengths,
            rng,
        )
        semitones = (
            base
            if attempt == 0
            else round(base + float(rng.uniform(-REPEAT_SHIFT, REPEAT_SHIFT)), 2)
        )
        piece, spans = _place_cut(recipe, bank, files, cut, semitones, file, place, rng)
        if spans and _free(placed, spans[0][0], spans[-1][1]):
            pieces.append(piece)
            placed += spans
            count -= used
    if not pieces:
        raise JssError(
            f"The recording {files[0].path!r} has no audible sound to place: remove it from the soundbank."
        )
    return pieces, placed


def audible_spans(bank: Bank, recording: Recording, steady: bool = False) -> list[Span]:
    """Find the audible spans of a recording; they are cached for each bank.

    Args:
        bank: The soundbank.
        recording: The recording.
        steady: Whether its sound is steady, and so has one span.

    Returns:
        The spans in samples.

    Raises:
        JssError: The recording is silent.
    """
    with _LOCK:
        spans = _SPANS.setdefault(bank, {})
    key = (recording.path, steady)
    if key not in spans:
        samples = bank.load(recording)
        span = steady_span(samples)
        spans[key] = ([span] if span else []) if steady else active_spans(samples)
    if not spans[key]:
        raise JssError(f"The recording {recording.path!r} is silent: remove it from the soundbank.")
    return spans[key]


def seconds_of(spans: list[Span]) -> float:
    """Total length of spans in seconds."""
    return sum(stop - first for first, stop in spans) / SAMPLE_RATE


def draw_pitch(recipe: Recipe, rng: np.random.Generator) -> float:
    """Draw a pitch shift in semitones."""
    return round(float(rng.uniform(-recipe.semitones, recipe.semitones)), 2)


def _run(
    samples: Audio,
    spans: list[Span],
    count: int,
    duration: float,
    lengths: tuple[float, ...],
    rng: np.random.Generator,
) -> tuple[Cut, int]:
    """Draw at most ``count`` neighbouring sounds; return the cut and their number."""
    first = int(rng.integers(len(spans)))
    longest = max(0.5, _quantile(lengths, float(rng.uniform(0.3, 1.0)))) * SAMPLE_RATE
    begin, end = spans[first]
    if end - begin > 1.3 * longest:
        return _window(samples, begin, end, int(longest)), 1
    last = first
    while (
        last + 1 < len(spans)
        and last + 1 - first < count
        and spans[last + 1][1] - begin < 0.7 * duration * SAMPLE_RATE
    ):
        last += 1
    end = spans[last][1]
    before = begin - (spans[first - 1][1] if first else 0)
    after = (spans[last + 1][0] if last + 1 < len(spans) else len(samples)) - end
    attack = min(BEFORE, before / SAMPLE_RATE / (2 if first else 1))
    release = min(AFTER, after / SAMPLE_RATE / 2)
    start, stop = round(begin / SAMPLE_RATE - attack, 4), round(end / SAMPLE_RATE + release, 4)
    return (
        start,
        stop,
        round(max(attack, 0.005), 4),
        round(max(release, 0.02), 4),
    ), last - first + 1


def _window(samples: Audio, begin: int, end: int, length: int) -> Cut:
    """Cut a long sound around its loudest frame, or from its beginning where that is near."""
    loudest = begin + int(np.argmax(frame_levels(samples[begin:end]))) * HOP
    first = min(max(begin, loudest - length // 3), end - length)
    attack = CUT_ATTACK
    if first - begin < 0.3 * SAMPLE_RATE:
        first, attack = begin, 0.005
    return first / SAMPLE_RATE, (first + length) / SAMPLE_RATE, attack, CUT_RELEASE


def _place_cut(
    recipe: Recipe,
    bank: Bank,
    files: tuple[Recording, ...],
    cut: Cut,
    semitones: float,
    file: int,
    place: Place,
    rng: np.random.Generator,
) -> tuple[PlacedCut, list[Seconds]]:
    """Place a cut at a random onset; return it and its audible spans of 250 ms or more."""
    start, stop, attack, release = cut
    ratio = 2.0 ** (semitones / 12.0)
    full_length = (stop - start) / ratio
    latest = max(0.0, recipe.duration - MIN_SHARE * full_length)
    onset = round(min(max(0.0, _draw_onset(recipe, rng) - attack / ratio), latest), 4)
    length = min(full_length, recipe.duration - onset)
    if length < full_length:
        stop, release = start + length * ratio, CUT_RELEASE
    piece = PlacedCut(
        start, round(stop, 4), onset, round(length, 4), attack, release, semitones, file
    )
    audible = [
        (onset + a / SAMPLE_RATE, onset + b / SAMPLE_RATE)
        for a, b in active_spans(sound_of(piece, bank, files[file], *place))
    ]
    return piece, merge(
        (round(a, 3), round(min(max(b, a + MIN_EVENT), recipe.duration), 3))
        for a, b in audible
        if a < recipe.duration - 0.05
    )


def _free(spans: list[Seconds], onset: float, offset: float) -> bool:
    return all(offset + MIN_PAUSE < a or b + MIN_PAUSE < onset for a, b in spans)


def _draw_onset(recipe: Recipe, rng: np.random.Generator) -> float:
    """Draw an onset in seconds: normal, truncated to the clip by rejection."""
    mean, deviation = recipe.onset
    while True:
        value = float(rng.normal(mean, deviation))
        if 0.0 <= value < recipe.duration:
            return value


def _quantile(lengths: tuple[float, ...], share: float) -> float:
    return float(np.interp(share, QUANTILES, lengths))
