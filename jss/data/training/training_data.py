"""Training data, wherever it lies: soundbanks, DESED, FUSS, folders of unlabelled audio, alone or
together.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import fields, replace
from functools import reduce
from pathlib import Path

from jss.config import Config
from jss.data.clip import Clip
from jss.data.datasets import desed, folder, fuss, labelled, sets
from jss.data.manifest import claim
from jss.data.soundbank.bank import TERMS, Bank, MixedBank, Recording, SoundBank, is_bank
from jss.data.soundbank.synthbank import SYNTHSCAPES, SynthBank
from jss.data.soundscapes import Recipe, placing
from jss.data.soundscapes.acoustics import ROOMS, responses
from jss.data.soundscapes.recipes import BABBLE, BACKGROUND, RECIPES, STEADY
from jss.data.training.datasets import ClipSet, Kept, SoundscapeSet, TrainingData
from jss.data.training.example import Examples
from jss.data.training.pool import pooled
from jss.data.training.singles import RecordingSet, Sprinkled
from jss.errors import JssError
from jss.features import SAMPLE_RATE
from jss.labels import CLASS_SETS, DESED_LABELS

#: What a ROOT gives: clips with labels, mixtures with their sources for PIT, or mixtures for MixIT.
#: In this order, each takes the place of what those before it have of its kind.
LABELS, SOURCES, MIXTURES = range(3)
#: What is kept of soundscapes that are not fresh in every epoch.
KEPT = (
    "synthetic",
    "weak",
    "unlabelled",
    "synthetic_validation",
    "weak_validation",
    "universal",
    "universal_validation",
)
_GIVES = ("labelled clips", "mixtures with their sources", "unlabelled recordings")


def training_data(
    roots: str | Sequence[str], config: Config, pool: Path = Path("pool")
) -> TrainingData:
    """The subsets under one or more ROOTs: a soundbank (class folders, UrbanSound8K, ESC-50; mixed
    with synthesised sounds), a data set in DESED's layout, a labelled folder
    (jss.data.datasets.labelled), or "synthscapes" for the synthesiser alone; FUSS, for PIT; a
    folder of unlabelled audio, for MixIT. pool: where soundscapes are kept if they are not to be
    fresh in every epoch. Raises JssError where a ROOT is none of them, or two are of one kind.
    """
    parts: dict[int, tuple[str, TrainingData]] = {}
    for root in [roots] if isinstance(roots, str) else roots:
        kind, data = _part(root, config, pool)
        if kind in parts:
            raise JssError(
                f"{parts[kind][0]} and {root} both hold {_GIVES[kind]}: give one of them."
            )
        parts[kind] = root, data
    if not parts:
        raise JssError("There is no data: name a folder, or synthscapes.")
    return reduce(_joined, (data for _, (_, data) in sorted(parts.items())))


def class_list(roots: str | Sequence[str], config: Config) -> tuple[str, ...]:
    """The classes that a system learns: the config's, or else those of a labelled folder, or
    DESED's.

    Raises JssError where the config names a class set that there is not.
    """
    named = config.labels
    if named is None:
        places = [
            Path(root)
            for root in ([roots] if isinstance(roots, str) else roots)
            if root != SYNTHSCAPES
        ]
        return next(
            (labelled.labels(place) for place in places if labelled.find(place)), DESED_LABELS
        )
    if isinstance(named, str):
        if named not in CLASS_SETS:
            raise JssError(
                f'There is no class set "{named}": use one of {", ".join(CLASS_SETS)}, or a list.'
            )
        return tuple(c.label for c in CLASS_SETS[named])
    return named


def _part(root: str, config: Config, pool: Path) -> tuple[int, TrainingData]:
    """What one ROOT gives."""
    if root == SYNTHSCAPES:
        bank = SynthBank(config.data.sounds)
        return LABELS, _soundscapes(config, pool, bank, "synthscapes (built-in synthesiser)", "MIT")
    place = Path(root)
    if not place.is_dir():
        raise JssError(
            f"There is no folder {root}: give a soundbank, a data set (see python -m jss list datasets), or "
            f"{SYNTHSCAPES}."
        )
    layouts = [
        name
        for name, known in sets.DATASETS.items()
        if name != "folder" and known.find(place) is not None
    ]
    if len(layouts) > 1:
        titles = " and ".join(sets.DATASETS[name].title for name in layouts)
        raise JssError(
            f"{root} holds {titles} together: put each into a folder of its own, and name both."
        )
    if layouts == ["desed"]:
        return LABELS, _desed(place, config)
    if layouts == ["fuss"]:
        return SOURCES, _fuss(place, config)
    if layouts == ["labelled"]:
        return LABELS, _labelled(place, config)
    if not layouts and not is_bank(place) and folder.find(place) is not None:
        return MIXTURES, _folder(place, config)
    synthesised = config.data.synthesised
    sounds = SynthBank(config.data.sounds)
    recordings = SoundBank(place)
    if _renders(config, pool):
        recordings.preload(threads=max(1, config.data.workers))
    mixed = MixedBank([(recordings, 1.0 - synthesised), (sounds, synthesised)])
    return LABELS, _soundscapes(
        config,
        pool,
        mixed,
        f"homescapes (soundscapes of the recordings in the folder {place.name}, "
        f"{synthesised:.0%} synthesised sounds)",
        TERMS,
    )


def _joined(whole: TrainingData, part: TrainingData) -> TrainingData:
    """The first, with the subsets that the second has in the place of its own."""
    subsets = {f.name: getattr(part, f.name) for f in fields(part)[:7]}
    better = {name: examples for name, examples in subsets.items() if len(examples)}
    return replace(
        whole,
        **better,
        mixtures=part.mixtures or whole.mixtures,
        mixtures_validation=part.mixtures_validation or whole.mixtures_validation,
        description=f"{whole.description}; {part.description}",
        licence="; ".join(dict.fromkeys((whole.licence, part.licence))),
    )


def prepare_workers(bank: Bank, split: str = "train", threads: int = 1) -> None:
    """Work out now what every rendering process would otherwise work out in each epoch, since they
    are forked anew: the recordings of the split, where they are audible, and the impulse responses
    of the rooms.
    """
    wanted = [
        (label in STEADY or label in (BACKGROUND, BABBLE), recording)
        for label in bank.labels(split)
        for recording in bank.recordings(label, split)
    ]

    def prepare(item: tuple[bool, Recording]) -> None:
        with suppress(JssError):  # a silent recording is told when it is drawn
            placing.sounds(bank, item[1], item[0])

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(responses, range(ROOMS)):
            pass
        for _ in pool.map(prepare, wanted):
            pass


def _renders(config: Config, pool: Path) -> bool:
    """Whether soundscapes are still to be rendered: always, unless they are kept and there."""
    return config.data.fresh or not all((pool / f"{name}.json").is_file() for name in KEPT)


def _soundscapes(
    config: Config, pool: Path, bank: Bank, description: str, licence: str
) -> TrainingData:
    """Soundscapes of a bank in DESED's subsets, endless or kept; any classes for PIT."""
    c = config.data
    if c.workers and _renders(config, pool):
        prepare_workers(bank, threads=c.workers)
    if not c.fresh:
        settings = {**dataclasses.asdict(c), "seed": config.seed, "bank": description}
        del settings["workers"]
        claim(pool / "manifest.json", settings)

    def sized(name: str) -> Recipe:
        recipe = RECIPES.get(name)
        if recipe is None:
            raise JssError(f'There is no recipe "{name}": use one of {", ".join(RECIPES)}.')
        if recipe.duration == c.seconds:
            return recipe
        ratio = c.seconds / recipe.duration
        onset = (recipe.onset[0] * ratio, recipe.onset[1] * ratio)
        return replace(recipe, duration=c.seconds, onset=onset)

    def subset(number: int, split: str, size: int, recipe: str = c.recipe) -> SoundscapeSet:
        return SoundscapeSet(sized(recipe), bank, split, 10 * config.seed + number, size)

    def weak(number: int, split: str, size: int) -> Examples:
        seed = 10 * config.seed + number
        return Sprinkled(
            subset(number, split, size),
            RecordingSet(sized(c.recipe), bank, split, seed, size),
            c.single,
            seed,
        )

    def kept(name: str, examples: Examples, n_src: int = 0) -> Examples:
        return examples if c.fresh else pooled(examples, pool / name, c.workers, n_src)

    n_src, n_validation = config.separator.n_src, config.separation.validation
    return TrainingData(
        synthetic=kept("synthetic", subset(0, "train", c.synthetic)),
        weak=kept("weak", weak(1, "train", c.weak)),
        unlabelled=kept("unlabelled", subset(2, "train", c.unlabelled)),
        synthetic_validation=Kept(
            kept("synthetic_validation", subset(3, "validation", c.validation_synthetic))
        ),
        weak_validation=Kept(kept("weak_validation", weak(4, "validation", c.validation_weak))),
        universal=kept("universal", subset(5, "train", c.synthetic, "universal"), n_src),
        universal_validation=kept(
            "universal_validation", subset(6, "validation", n_validation, "universal"), n_src
        ),
        description=description,
        licence=licence,
        fresh=c.fresh,
    )


def _desed(place: Path, config: Config) -> TrainingData:
    """DESED's subsets as its baseline divides them; the mixtures with isolated sources are the
    synthetic ones.
    """
    subsets = desed.prepare(place)
    told: list[str] = []

    def clips(name: str, size: int) -> ClipSet:
        listed = subsets.get(name, [])
        found = _clips(listed, config)
        if not found.clips:
            raise JssError(
                f"{place} has no audio of the subset {name}: add it, or train on a soundbank."
            )
        told.append(f"{name} {len(found.clips)} of {len(listed)}")
        found.clips = found.clips[:size]
        return found

    c = config.data
    synthetic = clips("synthetic21_train", c.synthetic)
    validation = clips("synthetic21_validation", c.validation_synthetic)
    with_sources = [
        _clips([clip for clip in s.clips if clip.sources], config, True)
        for s in (synthetic, validation)
    ]
    weak, unlabelled = clips("weak", c.weak), clips("unlabel_in_domain", c.unlabelled)
    weak_validation = clips("weak_validation", c.validation_weak)
    return TrainingData(
        synthetic=synthetic,
        weak=weak,
        unlabelled=unlabelled,
        synthetic_validation=Kept(validation),
        weak_validation=Kept(weak_validation),
        universal=with_sources[0],
        universal_validation=with_sources[1],
        description=f"the data set {place.name}, in DESED's layout (files: {', '.join(told)})",
        licence="see the data set",
        fresh=False,
    )


def _labelled(place: Path, config: Config) -> TrainingData:
    """Somebody's own clips: strong ones where others have synthetic ones. Tags of the strong clips
    stand in for missing weak labels; without strong labels that part is empty. All clips are heard
    without their labels too: for consistency and, as mixtures, by MixIT.
    """
    subsets = labelled.prepare(place, class_list(str(place), config))
    listed = {name: [clip for clip in clips if clip.path] for name, clips in subsets.items()}
    told = ", ".join(
        f"{name} {len(clips)} of {len(subsets[name])}" for name, clips in listed.items()
    )

    def clips(end: str, *kinds: str) -> ClipSet:
        found = {clip.path: clip for kind in kinds for clip in listed.get(f"{kind}{end}", ())}
        return _clips(list(found.values()), config)

    weak = "weak" if listed.get("weak") else "strong"
    everything = [clips(end, "unlabelled", "weak", "strong") for end in ("", "_validation")]
    if not all(map(len, (*everything, clips("_validation", weak)))):
        raise JssError(
            f"{place} has too little labelled audio (files: {told}): a system needs two clips of a kind at "
            "least, to learn from and to be selected by."
        )
    return replace(
        _nothing(config, f"the labelled folder {place.name} (files: {told})", "see the recordings"),
        synthetic=clips("", "strong"),
        weak=clips("", weak),
        unlabelled=everything[0],
        synthetic_validation=Kept(clips("_validation", "strong")),
        weak_validation=Kept(clips("_validation", weak)),
        mixtures=everything[0],
        mixtures_validation=everything[1],
    )


def _fuss(place: Path, config: Config) -> TrainingData:
    """FUSS's mixtures with their sources, reverberant where they are there."""
    subsets = fuss.prepare(place)
    end = next(
        end for end in fuss.VERSIONS if f"train{end}" in subsets or f"validation{end}" in subsets
    )
    listed = [subsets.get(f"{split}{end}", []) for split in ("train", "validation")]
    train, validation = (_clips(clips, config, True) for clips in listed)
    for split, found in (("train", train), ("validation", validation)):
        if not found.clips:
            raise JssError(f"{place} has no audio of FUSS's {split} set: unpack it there.")
    files = ", ".join(
        f"{split} {len(found.clips)} of {len(clips)}"
        for split, found, clips in zip(
            ("train", "validation"), (train, validation), listed, strict=True
        )
    )
    version = "dry" if end else "reverberant"
    return replace(
        _nothing(config, f"FUSS, {version} (files: {files})", sets.DATASETS["fuss"].licence),
        universal=train,
        universal_validation=validation,
    )


def _folder(place: Path, config: Config) -> TrainingData:
    """Recordings without labels, mixed in pairs for MixIT."""
    subsets = folder.prepare(place)
    train, validation = (_clips(subsets[split], config) for split in ("train", "validation"))
    if not validation.clips:
        raise JssError(
            f"{place} holds a single recording: MixIT needs at least two, to learn from and to be selected "
            "by. (A soundbank needs a folder for each class, or catalog.tsv.)"
        )
    return replace(
        _nothing(
            config,
            f"{len(train.clips)} unlabelled recordings in {place.name}",
            "see the recordings",
        ),
        mixtures=train,
        mixtures_validation=validation,
    )


def _clips(clips: Sequence[Clip], config: Config, sources: bool = False) -> ClipSet:
    return ClipSet(clips, round(config.data.seconds * SAMPLE_RATE), sources)


def _nothing(config: Config, description: str, licence: str) -> TrainingData:
    """No clips at all, to be filled in."""
    none = _clips((), config)
    return TrainingData(none, none, none, none, none, none, none, description, licence, fresh=False)
