"""Draw a soundscape from a recipe: which sounds, from which recordings, when, how long and how loud."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from weakref import WeakKeyDictionary

import numpy as np

from jss.audio import SAMPLE_RATE
from jss.data.acoustics import POSITIONS, ROOMS
from jss.data.activity import MIN_EVENT, MIN_PAUSE, Span, active_spans, frame_levels
from jss.data.recipes import BABBLE, BACKGROUND, STEADY, Recipe
from jss.data.recordings import Recording
from jss.data.soundbank import Audio, Bank
from jss.data.soundscape import Layer, Piece, Soundscape
from jss.errors import JssError

#: Silence kept before and after a sound that is not cut, with the fades in it; fades where a sound is cut (s).
BEFORE, AFTER = 0.03, 0.08
CUT_ATTACK, CUT_RELEASE = 0.02, 0.06
#: Fades of a steady sound that begins or ends within the clip (s), and the pause that ends it in a recording.
STEADY_FADE, STEADY_PAUSE = 0.15, 0.5
#: The part of a sound that must lie within the clip; the rest may run over its end.
KEPT = 0.6
TRIES = 8
QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)

_SPANS: WeakKeyDictionary[Bank, dict[tuple[str, float], list[Span]]] = WeakKeyDictionary()
_LOCK = threading.Lock()


def draw(recipe: Recipe, bank: Bank, split: str, seed: int | Sequence[int]) -> Soundscape:
    """One soundscape; the same recipe, bank, split and seed give the same on any machine, in any order.

    Raises JssError where the bank lacks a class of the recipe, or a background, in the split.
    """
    seeds = (seed,) if isinstance(seed, int) else tuple(int(s) for s in seed)
    rng = np.random.default_rng(seeds)
    labels = _labels(recipe, bank, split, rng)
    room = int(rng.integers(ROOMS)) if rng.random() < recipe.room else None
    background = _background(recipe, bank, split, "Speech" in labels, rng)
    layers = [layer for label in labels for layer in _voices(recipe, bank, split, label, room, rng)]
    layers += _distractors(recipe, bank, split, "Speech" in labels, room, rng)
    gain = float(rng.uniform(-recipe.gain_jitter_db, recipe.gain_jitter_db))
    return Soundscape(recipe.name, split, seeds, recipe.duration, round(gain, 2), room, background, tuple(layers))


def _labels(recipe: Recipe, bank: Bank, split: str, rng: np.random.Generator) -> list[str]:
    """The foreground classes of a clip."""
    there = bank.labels(split)
    if not recipe.classes:
        labels = [label for label in there if label not in (BACKGROUND, BABBLE)]
        fewest, most = recipe.foregrounds
        if len(labels) < most:
            raise JssError(f"The soundbank has {len(labels)} classes in the split {split!r}; the recipe "
                           f"{recipe.name!r} needs {most} besides {BACKGROUND!r}.")
        count = int(rng.integers(fewest, most + 1))
        return [labels[i] for i in rng.choice(len(labels), count, replace=False)]
    missing = sorted(set(recipe.classes) - set(there))
    if missing:
        raise JssError(f"The soundbank has no recording of {', '.join(missing)} in the split {split!r}, which the "
                       f"recipe {recipe.name!r} needs: add some, or mix in the synthesiser.")
    leader = _weighted({label: plan.weight for label, plan in recipe.classes.items()}, rng)
    labels = [leader]
    chance = 1.0 - recipe.classes[leader].alone
    while rng.random() < chance and len(labels) < len(recipe.classes):
        partners = {label: w for label, w in recipe.classes[leader].partners.items() if label not in labels}
        if not partners:
            break
        labels.append(_weighted(partners, rng))
        chance = recipe.third
    return labels


def _background(recipe: Recipe, bank: Bank, split: str, speech: bool, rng: np.random.Generator) -> Layer:
    babble = speech and rng.random() < recipe.babble and bool(bank.recordings(BABBLE, split))
    label = BABBLE if babble else BACKGROUND
    recording = bank.pick(label, split, rng)
    spans = _spans(bank, recording, STEADY_PAUSE)
    semitones = _semitones(recipe, rng)
    piece = _cut((spans[0][0], spans[-1][1]), recipe.duration, semitones, 0.0, rng)
    return Layer(label, recording, recipe.reference_db, (piece,), ((0.0, recipe.duration),), semitones, None, False)


def _voices(recipe: Recipe, bank: Bank, split: str, label: str, room: int | None,
            rng: np.random.Generator) -> list[Layer]:
    """The layers of one class: one recording, now and then two."""
    plan = recipe.classes.get(label)
    counts = plan.counts if plan else recipe.counts
    count = 1 + int(rng.choice(len(counts), p=np.array(counts) / sum(counts)))
    shares = [count]
    if count > 1 and rng.random() < recipe.second:
        first = int(rng.integers(1, count))
        shares = [first, count - first]
    lengths = plan.lengths if plan else recipe.lengths
    return [_layer(recipe, bank, split, label, share, lengths, recipe.snr_db, room, rng) for share in shares]


def _distractors(recipe: Recipe, bank: Bank, split: str, speech: bool, room: int | None,
                 rng: np.random.Generator) -> list[Layer]:
    if rng.random() >= recipe.distractor:
        return []
    wanted = recipe.distractors + (recipe.voiced_distractors if speech else ())
    there = [label for label in wanted if bank.recordings(label, split)]
    if not there:
        return []
    label = there[int(rng.integers(len(there)))]
    return [_layer(recipe, bank, split, label, 1, recipe.lengths, recipe.distractor_snr_db, room, rng, labelled=False)]


def _layer(recipe: Recipe, bank: Bank, split: str, label: str, count: int, lengths: tuple[float, ...],
           snr_db: tuple[float, float], room: int | None, rng: np.random.Generator, labelled: bool = True) -> Layer:
    """``count`` events of one recording."""
    recording = bank.pick(label, split, rng)
    level = recipe.reference_db + float(rng.uniform(*snr_db))
    semitones = _semitones(recipe, rng)
    position = None if room is None else int(rng.integers(POSITIONS))
    place = _steady if label in STEADY else _natural
    pieces, spans = place(recipe, bank, recording, count, lengths, semitones, rng)
    return Layer(label, recording, round(level, 2), tuple(pieces), tuple(sorted(spans)), semitones, position, labelled)


Placed = tuple[list[Piece], list[tuple[float, float]]]


def _steady(recipe: Recipe, bank: Bank, recording: Recording, count: int, lengths: tuple[float, ...],
            semitones: float, rng: np.random.Generator) -> Placed:
    """Steady sounds: lengths after the recipe, the onset's distribution taken for the middle; looped where needed."""
    source = max(_spans(bank, recording, STEADY_PAUSE), key=lambda span: span[1] - span[0])
    pieces: list[Piece] = []
    spans: list[tuple[float, float]] = []
    for _ in range(count):
        length = min(_quantile(lengths, rng.random()), recipe.duration)
        for _ in range(TRIES):
            middle = _normal(recipe, rng) if length < 0.97 * recipe.duration else recipe.duration / 2
            onset = max(0.0, middle - length / 2)
            offset = min(recipe.duration, middle + length / 2)
            if _free(spans, onset, offset):
                pieces.append(_cut(source, round(offset - onset, 4), semitones, round(onset, 4), rng, recipe.duration))
                spans.append((round(onset, 3), round(offset, 3)))
                break
    return pieces, spans


def _natural(recipe: Recipe, bank: Bank, recording: Recording, count: int, lengths: tuple[float, ...],
             semitones: float, rng: np.random.Generator) -> Placed:
    """Sounds with a beginning and an end: runs of neighbouring events of the recording, at its own rhythm."""
    sounds = _spans(bank, recording, MIN_PAUSE)
    samples = bank.load(recording)
    ratio = 2.0 ** (semitones / 12.0)
    pieces: list[Piece] = []
    placed: list[tuple[float, float]] = []
    tries = 0
    while count > 0 and tries < TRIES:
        tries += 1
        start, stop, attack, release, used = _run(samples, sounds, count, recipe.duration, lengths, rng)
        audible = [(a / ratio, b / ratio) for a, b in _audible(samples, start, stop, attack, release)]
        whole = (stop - start) / ratio
        latest = max(0.0, recipe.duration - KEPT * whole)
        onset = round(min(max(0.0, _normal(recipe, rng) - audible[0][0]), latest), 4)
        length = min(whole, recipe.duration - onset)
        if length < whole:
            stop, release = start + length * ratio, CUT_RELEASE
        spans = [(round(onset + a, 3), round(min(onset + b, recipe.duration), 3)) for a, b in audible
                 if onset + a < recipe.duration - 0.05]
        spans = [(a, max(b, round(min(a + MIN_EVENT, recipe.duration), 3))) for a, b in spans]
        if spans and _free(placed, spans[0][0], spans[-1][1]):
            pieces.append(Piece(round(start, 4), round(stop, 4), onset, round(length, 4), attack, release))
            placed += spans
            count -= used
    if not pieces:
        raise JssError(f"The recording {recording.path!r} has no audible sound to place: remove it from the soundbank.")
    return pieces, placed


def _run(samples: Audio, sounds: list[Span], count: int, duration: float, lengths: tuple[float, ...],
         rng: np.random.Generator) -> tuple[float, float, float, float, int]:
    """At most ``count`` neighbouring sounds. -> start and stop in the recording (s), fades (s), how many they are."""
    first = int(rng.integers(len(sounds)))
    longest = max(0.5, _quantile(lengths, float(rng.uniform(0.3, 1.0)))) * SAMPLE_RATE
    begin, end = sounds[first]
    if end - begin > 1.3 * longest:
        begin, end, attack, release = _window(samples, begin, end, int(longest))
        return begin / SAMPLE_RATE, end / SAMPLE_RATE, attack, release, 1
    last = first
    while (last + 1 < len(sounds) and last + 1 - first < count
           and sounds[last + 1][1] - begin < 0.7 * duration * SAMPLE_RATE):
        last += 1
    end = sounds[last][1]
    before = sounds[first - 1][1] if first else 0
    after = sounds[last + 1][0] if last + 1 < len(sounds) else len(samples)
    attack = round(min(BEFORE, (begin - before) / SAMPLE_RATE / (2 if first else 1)), 4)
    release = round(min(AFTER, (after - end) / SAMPLE_RATE / 2), 4)
    start, stop = begin / SAMPLE_RATE - attack, end / SAMPLE_RATE + release
    return start, stop, attack or 0.005, release or 0.02, last - first + 1


def _window(samples: Audio, begin: int, end: int, length: int) -> tuple[int, int, float, float]:
    """The stretch of a long sound around its loudest frame; from its beginning where that is near."""
    loudest = begin + int(np.argmax(frame_levels(samples[begin:end]))) * 160
    first = min(max(begin, loudest - length // 3), end - length)
    if first - begin < 0.3 * SAMPLE_RATE:
        return begin, begin + length, 0.005, CUT_RELEASE
    return first, first + length, CUT_ATTACK, CUT_RELEASE


def _audible(samples: Audio, start: float, stop: float, attack: float, release: float) -> list[tuple[float, float]]:
    """Audible spans of a cut, in seconds from its start."""
    cut = samples[round(start * SAMPLE_RATE) : round(stop * SAMPLE_RATE)]
    return [(a / SAMPLE_RATE, b / SAMPLE_RATE) for a, b in active_spans(cut)] or [(attack, stop - start - release)]


def _cut(source: Span, length: float, semitones: float, onset: float, rng: np.random.Generator,
         duration: float | None = None) -> Piece:
    """A stretch of a steady sound of ``length`` seconds in the clip, from anywhere in it; looped where it is short."""
    begin, end = source[0] / SAMPLE_RATE, source[1] / SAMPLE_RATE
    needed = length * 2.0 ** (semitones / 12.0)
    if needed < end - begin:
        begin += float(rng.uniform(0.0, end - begin - needed))
        end = begin + needed
    fade = min(STEADY_FADE, length / 5)
    attack = fade if onset > 0.0 else 0.0
    release = fade if duration is not None and onset + length < duration - 1e-3 else 0.0
    return Piece(round(begin, 4), round(end, 4), onset, length, round(attack, 4), round(release, 4))


def _spans(bank: Bank, recording: Recording, pause: float) -> list[Span]:
    """Audible spans of a recording, remembered for each bank. Raises JssError where it is silent."""
    with _LOCK:
        known = _SPANS.setdefault(bank, {})
    key = (recording.path, pause)
    if key not in known:
        known[key] = active_spans(bank.load(recording), pause)
    if not known[key]:
        raise JssError(f"The recording {recording.path!r} is silent: remove it from the soundbank.")
    return known[key]


def _free(spans: list[tuple[float, float]], onset: float, offset: float) -> bool:
    return all(offset + MIN_PAUSE < a or b + MIN_PAUSE < onset for a, b in spans)


def _normal(recipe: Recipe, rng: np.random.Generator) -> float:
    """Normal, truncated to the clip (by rejection)."""
    mean, deviation = recipe.onset
    while True:
        value = float(rng.normal(mean, deviation))
        if 0.0 <= value < recipe.duration:
            return value


def _semitones(recipe: Recipe, rng: np.random.Generator) -> float:
    return round(float(rng.uniform(-recipe.semitones, recipe.semitones)), 2)


def _quantile(lengths: tuple[float, ...], share: float) -> float:
    return float(np.interp(share, QUANTILES, lengths))


def _weighted(weights: Mapping[str, float], rng: np.random.Generator) -> str:
    names = sorted(weights)
    values = np.array([weights[name] for name in names], float)
    return names[int(rng.choice(len(names), p=values / values.sum()))]
