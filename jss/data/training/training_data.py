"""Training data of soundbanks, DESED, FUSS, labelled and unlabelled folders, also combined."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from jss.config import Config
from jss.data.clip import Clip
from jss.data.datasets import desed, folder, fuss, labelled, sets
from jss.data.soundbank.bank import TERMS, MixedBank, SoundBank, is_bank
from jss.data.soundbank.synthbank import SYNTHSCAPES, SynthBank
from jss.data.training.datasets import (
    CachedSet,
    ClipSet,
    SeparationPool,
    TrainingData,
    parts,
)
from jss.data.training.soundscapes import SETS, must_render, soundscapes
from jss.errors import JssError
from jss.features import SAMPLE_RATE
from jss.io.notes import warn
from jss.io.truth import SLACK
from jss.labels import CLASS_SETS, DESED_LABELS

#: Kinds of data: clips with labels, mixtures with sources for PIT, mixtures for MixIT. Pools of a
#: later kind replace those of the same name of an earlier one.
LABELS, SOURCES, MIXTURES = range(3)
_KINDS = ("labelled clips", "mixtures with their sources", "unlabelled recordings")


def training_data(
    roots: str | Sequence[str],
    config: Config,
    pool: Path = Path("pool"),
    *,
    used: Collection[str] = SETS,
) -> TrainingData:
    """Make the training data of one or more folders.

    A folder is a soundbank (class folders, UrbanSound8K, ESC-50; mixed with synthesised sounds), a
    data set in DESED's layout, a labelled folder (jss.data.datasets.labelled), FUSS for PIT, or
    unlabelled audio for MixIT; "synthscapes" is the synthesiser alone.

    Args:
        roots: The folders.
        config: The configuration.
        pool: Folder for soundscapes that are rendered once.
        used: Names of the sets of soundscapes to prepare; (), which is quick, to count and check
            only.

    Returns:
        The data.

    Raises:
        JssError: A folder is none of these, or two are of one kind.
    """
    parts: dict[int, tuple[str, TrainingData]] = {}
    for root in [roots] if isinstance(roots, str) else roots:
        kind, data = _part(root, config, pool, used)
        if kind in parts:
            raise JssError(
                f"{parts[kind][0]} and {root} both hold {_KINDS[kind]}: give one of them."
            )
        parts[kind] = root, data
    if not parts:
        raise JssError("There is no data: name a folder, or synthscapes.")
    ordered = [data for _, (_, data) in sorted(parts.items())]
    return replace(
        ordered[0], pools={name: pool for data in ordered for name, pool in data.pools.items()}
    )


def class_list(roots: str | Sequence[str], config: Config) -> tuple[str, ...]:
    """Classes of a system: those of the configuration, else of a labelled folder, else of DESED.

    Args:
        roots: The folders.
        config: The configuration.

    Returns:
        The class labels.

    Raises:
        JssError: There is no such class set.
    """
    named = config.labels
    if named is None:
        folders = [
            Path(root)
            for root in ([roots] if isinstance(roots, str) else roots)
            if root != SYNTHSCAPES
        ]
        return next(
            (labelled.labels(place) for place in folders if labelled.find(place)), DESED_LABELS
        )
    if isinstance(named, str):
        if named not in CLASS_SETS:
            raise JssError(
                f'There is no class set "{named}": use one of {", ".join(CLASS_SETS)}, or a list.'
            )
        return tuple(c.label for c in CLASS_SETS[named])
    return named


def _part(root: str, config: Config, pool: Path, used: Collection[str]) -> tuple[int, TrainingData]:
    """Kind and data of one folder."""
    if root == SYNTHSCAPES:
        bank = SynthBank(config.data.sounds)
        return LABELS, soundscapes(
            root, config, pool, used, bank, "synthscapes (built-in synthesiser)", "MIT"
        )
    place = Path(root)
    if not place.is_dir():
        raise JssError(
            f"There is no folder {root}: give a soundbank, a data set (see jss list datasets), or "
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
    if must_render(config, pool, used):
        recordings.preload(threads=max(1, config.data.workers))
    mixed = MixedBank([(recordings, 1.0 - synthesised), (sounds, synthesised)])
    return LABELS, soundscapes(
        root,
        config,
        pool,
        used,
        mixed,
        f"homescapes (soundscapes of the recordings in the folder {place.name}, "
        f"{synthesised:.0%} synthesised sounds)",
        TERMS,
    )


def _desed(place: Path, config: Config) -> TrainingData:
    """DESED's subsets, divided as in its baseline.

    A separator is trained on the synthetic and the unlabelled clips and selected by all weak ones;
    the mixtures with isolated sources are the synthetic ones.
    """
    subsets = desed.prepare(place)
    counts: list[str] = []

    def clips(name: str, size: int) -> ClipSet:
        listed = subsets.get(name, [])
        found = _clips(listed, config)
        if not found.clips:
            raise JssError(
                f"{place} has no audio of the subset {name}: add it, or train on a soundbank."
            )
        counts.append(f"{name} {len(found.clips)} of {len(listed)}")
        found.clips = found.clips[:size]
        return found

    c = config.data
    used = ("synthetic21_train", "synthetic21_validation", "weak", "weak_validation")
    _check_lost(place, (clip for name in used for clip in subsets.get(name, ())), c.lost_labels)
    if c.seconds < desed.SECONDS:
        warn(
            f"{place}: of clips longer than data.seconds={c.seconds:g} the beginning alone is used, with the "
            "weak labels of the whole clip."
        )
    synthetic = clips("synthetic21_train", c.synthetic)
    validation = clips("synthetic21_validation", c.validation_synthetic)
    with_sources = [
        _clips([clip for clip in s.clips if clip.sources], config, True)
        for s in (synthetic, validation)
    ]
    weak, unlabelled = clips("weak", c.weak), clips("unlabel_in_domain", c.unlabelled)
    weak_validation = clips("weak_validation", c.validation_weak)
    description = f"the data set {place.name}, in DESED's layout (files: {', '.join(counts)})"
    known = all(map(len, with_sources))
    pool = SeparationPool(
        "detection",
        str(place),
        description,
        "see the data set",
        {"synthetic": synthetic, "unlabelled": unlabelled},
        _clips(weak.clips + weak_validation.clips, config),
        *(with_sources if known else ()),
    )
    return TrainingData(
        synthetic=synthetic,
        weak=weak,
        unlabelled=unlabelled,
        synthetic_validation=CachedSet(validation),
        weak_validation=CachedSet(weak_validation),
        description=description,
        licence="see the data set",
        fresh=False,
        root=str(place),
        pools={"detection": pool},
    )


def _labelled(place: Path, config: Config) -> TrainingData:
    """The user's clips: strong ones take the place of synthetic ones.

    Tags of the strong clips replace missing weak labels; without strong labels that part is empty.
    All clips are used without labels too: for consistency and, as mixtures, by MixIT. Long strong
    clips are divided; weak labels of long clips are lost.
    """
    subsets = labelled.prepare(place, class_list(str(place), config))
    all_clips = (clip for clips in subsets.values() for clip in clips)
    seconds = config.data.seconds
    _check_lost(place, all_clips, config.data.lost_labels, seconds)
    present = {name: [clip for clip in clips if clip.path] for name, clips in subsets.items()}
    files = ", ".join(
        f"{name} {len(clips)} of {len(subsets[name])}" for name, clips in present.items()
    )
    listed: dict[str, list[Clip]] = {}
    for name, members in present.items():
        for clip in members:
            if _outlasts(clip, seconds):
                without = replace(clip, tags=None)
                listed.setdefault(name.replace("weak", "unlabelled"), []).append(without)
            else:
                listed.setdefault(name, []).extend(parts(clip, seconds))

    def clips(end: str, *kinds: str) -> ClipSet:
        members = [clip for kind in kinds for clip in listed.get(f"{kind}{end}", ())]
        divided = {clip.path for clip in members if clip.start is not None}
        by_path = {
            (clip.path, clip.start): clip
            for clip in members
            if clip.start is not None or clip.path not in divided
        }
        return _clips(list(by_path.values()), config)

    weak = "weak" if listed.get("weak") else "strong"
    everything = [clips(end, "unlabelled", "weak", "strong") for end in ("", "_validation")]
    if not all(map(len, (*everything, clips("_validation", weak)))):
        raise JssError(
            f"{place} has too little labelled audio (files: {files}): a system needs two clips of a kind at "
            "least, to learn from and to be selected by."
        )
    description, licence = (
        f"the labelled folder {place.name} (files: {files})",
        "see the recordings",
    )
    return replace(
        _no_clips(place, config, description, licence),
        synthetic=clips("", "strong"),
        weak=clips("", weak),
        unlabelled=everything[0],
        synthetic_validation=CachedSet(clips("_validation", "strong")),
        weak_validation=CachedSet(clips("_validation", weak)),
        pools={
            "detection": SeparationPool(
                "detection",
                str(place),
                description,
                licence,
                {"clips": everything[0]},
                everything[1],
            )
        },
    )


def _outlasts(clip: Clip, seconds: float) -> bool:
    """Whether a clip has weak labels alone, and nobody knows whether they are of the part read."""
    return clip.events is None and bool(clip.tags) and clip.duration > seconds + SLACK


def _check_lost(
    place: Path, clips: Iterable[Clip], allowed: float, seconds: float = math.inf
) -> None:
    """Check the share of the labels that cannot be used.

    Args:
        place: The folder.
        clips: All of its labelled clips.
        allowed: The largest share.
        seconds: Length of what is read of a clip; weak labels of longer ones are lost.

    Raises:
        JssError: It is larger than allowed.
    """
    total = absent = impossible = long = 0
    for clip in clips:
        labels = len((clip.tags if clip.events is None else clip.events) or ())
        total += labels + clip.lost
        impossible += clip.lost
        absent += labels if clip.path is None else 0
        long += labels if clip.path is not None and _outlasts(clip, seconds) else 0
    lost = absent + impossible + long
    if lost > allowed * total:
        share = min(1.0, math.ceil(100 * lost / total) / 100)
        raise JssError(
            f"{place}: {lost} of {total} labels would be lost ({absent} of clips whose audio is missing, "
            f"{impossible} of events without length or after the end of their clip"
            + (
                f", {long} weak ones, without times, of clips longer than data.seconds={seconds:g}"
                if long
                else ""
            )
            + f"): correct them, or continue without them by data.lost_labels={share:g}."
        )


def _fuss(place: Path, config: Config) -> TrainingData:
    """FUSS's mixtures with their sources, reverberant where they exist."""
    subsets = fuss.prepare(place)
    end = next(
        end for end in fuss.VERSIONS if f"train{end}" in subsets or f"validation{end}" in subsets
    )
    listed = [subsets.get(f"{split}{end}", []) for split in ("train", "validation")]
    train, validation = (_clips(clips, config, True) for clips in listed)
    for split, members in (("train", train), ("validation", validation)):
        if not members.clips:
            raise JssError(f"{place} has no audio of FUSS's {split} set: unpack it there.")
    files = ", ".join(
        f"{split} {len(members.clips)} of {len(clips)}"
        for split, members, clips in zip(
            ("train", "validation"), (train, validation), listed, strict=True
        )
    )
    description = f"FUSS, {'dry' if end else 'reverberant'} (files: {files})"
    return _separation_data(
        SeparationPool(
            "sources",
            str(place),
            description,
            sets.DATASETS["fuss"].licence,
            {"train": _clips(train.clips, config)},
            _clips(validation.clips, config),
            train,
            validation,
        ),
        config,
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
    description = f"{len(train.clips)} unlabelled recordings in {place.name}"
    return _separation_data(
        SeparationPool(
            "recordings",
            str(place),
            description,
            "see the recordings",
            {"recordings": train},
            validation,
        ),
        config,
    )


def _clips(clips: Sequence[Clip], config: Config, sources: bool = False) -> ClipSet:
    return ClipSet(clips, round(config.data.seconds * SAMPLE_RATE), sources, config.seed)


def _separation_data(pool: SeparationPool, config: Config) -> TrainingData:
    """Training data of a separator alone."""
    return replace(
        _no_clips(Path(pool.root), config, pool.description, pool.licence), pools={pool.name: pool}
    )


def _no_clips(place: Path, config: Config, description: str, licence: str) -> TrainingData:
    """Training data without clips, to be filled in."""
    none = _clips((), config)
    return TrainingData(
        none, none, none, none, none, description, licence, fresh=False, root=str(place)
    )
