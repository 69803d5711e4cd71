"""Place the sounds of one recording in a clip: which cuts of it, when, and where they are audible."""

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

#: Silence kept before and after a sound that is not cut, with the fades in it; fades where a sound
#: is cut (s).
BEFORE, AFTER = 0.03, 0.08
CUT_ATTACK, CUT_RELEASE = 0.02, 0.06
#: Fades of a steady sound that begins or ends within the clip (s).
STEADY_FADE = 0.15
#: The part of a sound that must lie within the clip; the rest may run over its end.
KEPT = 0.6
#: A sound that occurs again is pitched anew by up to this either way (semitones), so that it is no
#: exact copy.
AGAIN = 0.4
TRIES = 8
#: A steady sound is repeated at most this often.
LOOPS = 4
QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)

Seconds = tuple[float, float]
#: Room and position, or None for either: dry.
Place = tuple[int | None, int | None]
Placed = tuple[list[PlacedCut], list[Seconds]]
#: Start and stop in a recording, fades at both ends: seconds.
Cut = tuple[float, float, float, float]

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
    """Steady sounds: lengths after the recipe, the onset's distribution taken for the middle;
    looped where needed.
    """
    pieces: list[PlacedCut] = []
    spans: list[Seconds] = []
    semitones = pitch(recipe, rng)
    longest = min(recipe.duration, LOOPS * seconds_of(sounds(bank, files[0], steady=True)))
    for _ in range(count):
        length = min(_quantile(lengths, rng.random()), longest)
        for _ in range(TRIES):
            middle = (
                _normal(recipe, rng) if length < 0.97 * recipe.duration else recipe.duration / 2
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
    """A steady sound from onset to offset, from anywhere in its recording; looped where that is too
    short.

    Faded where it begins or ends within the clip of ``duration`` seconds.
    """
    [(first, stop)] = sounds(bank, recording, steady=True)
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
    """Sounds with a beginning and an end: runs of neighbouring events of a recording, at its own
    rhythm.

    files: of one original recording; the first one is used first, then the others in turn. Audible
    spans are those of the very sound that is rendered, pitch and room included.
    """
    pieces: list[PlacedCut] = []
    placed: list[Seconds] = []
    base = pitch(recipe, rng)
    for attempt in range(TRIES):
        if count <= 0:
            break
        file = len(pieces) % len(files)
        cut, used = _run(
            bank.load(files[file]), sounds(bank, files[file]), count, recipe.duration, lengths, rng
        )
        semitones = base if attempt == 0 else round(base + float(rng.uniform(-AGAIN, AGAIN)), 2)
        piece, spans = _put(recipe, bank, files, cut, semitones, file, place, rng)
        if spans and _free(placed, spans[0][0], spans[-1][1]):
            pieces.append(piece)
            placed += spans
            count -= used
    if not pieces:
        raise JssError(
            f"The recording {files[0].path!r} has no audible sound to place: remove it from the soundbank."
        )
    return pieces, placed


def sounds(bank: Bank, recording: Recording, steady: bool = False) -> list[Span]:
    """Audible spans of a recording (one where steady), remembered for each bank. Raises JssError
    where it is silent.
    """
    with _LOCK:
        known = _SPANS.setdefault(bank, {})
    key = (recording.path, steady)
    if key not in known:
        samples = bank.load(recording)
        span = steady_span(samples)
        known[key] = ([span] if span else []) if steady else active_spans(samples)
    if not known[key]:
        raise JssError(f"The recording {recording.path!r} is silent: remove it from the soundbank.")
    return known[key]


def seconds_of(spans: list[Span]) -> float:
    """Length of spans together, in seconds."""
    return sum(stop - first for first, stop in spans) / SAMPLE_RATE


def pitch(recipe: Recipe, rng: np.random.Generator) -> float:
    """A pitch shift in semitones."""
    return round(float(rng.uniform(-recipe.semitones, recipe.semitones)), 2)


def _run(
    samples: Audio,
    spans: list[Span],
    count: int,
    duration: float,
    lengths: tuple[float, ...],
    rng: np.random.Generator,
) -> tuple[Cut, int]:
    """At most ``count`` neighbouring sounds. -> the cut and how many they are."""
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
    """The stretch of a long sound around its loudest frame; from its beginning where that is near."""
    loudest = begin + int(np.argmax(frame_levels(samples[begin:end]))) * HOP
    first = min(max(begin, loudest - length // 3), end - length)
    attack = CUT_ATTACK
    if first - begin < 0.3 * SAMPLE_RATE:
        first, attack = begin, 0.005
    return first / SAMPLE_RATE, (first + length) / SAMPLE_RATE, attack, CUT_RELEASE


def _put(
    recipe: Recipe,
    bank: Bank,
    files: tuple[Recording, ...],
    cut: Cut,
    semitones: float,
    file: int,
    place: Place,
    rng: np.random.Generator,
) -> tuple[PlacedCut, list[Seconds]]:
    """A cut at a random onset. -> the piece and its audible spans in the clip, disjoint, 250 ms or
    longer.
    """
    start, stop, attack, release = cut
    ratio = 2.0 ** (semitones / 12.0)
    whole = (stop - start) / ratio
    latest = max(0.0, recipe.duration - KEPT * whole)
    onset = round(min(max(0.0, _normal(recipe, rng) - attack / ratio), latest), 4)
    length = min(whole, recipe.duration - onset)
    if length < whole:
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


def _normal(recipe: Recipe, rng: np.random.Generator) -> float:
    """Normal, truncated to the clip (by rejection)."""
    mean, deviation = recipe.onset
    while True:
        value = float(rng.normal(mean, deviation))
        if 0.0 <= value < recipe.duration:
            return value


def _quantile(lengths: tuple[float, ...], share: float) -> float:
    return float(np.interp(share, QUANTILES, lengths))
