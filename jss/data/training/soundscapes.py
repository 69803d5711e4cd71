"""Soundscapes of a soundbank as training data: DESED's subsets, and any classes for PIT."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from jss.config import Config
from jss.data.manifest import claim
from jss.data.soundbank.bank import Bank, Recording, recordings_sha256
from jss.data.soundscapes import Recipe, placing
from jss.data.soundscapes.acoustics import ROOMS, responses
from jss.data.soundscapes.recipes import BABBLE, BACKGROUND, RECIPES, STEADY
from jss.data.training.datasets import CachedSet, SeparationPool, SoundscapeSet, TrainingData
from jss.data.training.example import Examples
from jss.data.training.pool import render_once
from jss.data.training.singles import MixedSet, RecordingSet
from jss.errors import JssError

#: The sets of soundscapes that train a detector, and those of each pool for a separator.
DETECTION = ("synthetic", "weak", "unlabelled", "synthetic_validation", "weak_validation")
SEPARATION: Mapping[str, Sequence[str]] = {
    "detection": ("synthetic", "unlabelled", "weak_validation"),
    "sources": ("universal", "universal_validation"),
}
#: All of them.
SETS = (*DETECTION, *SEPARATION["sources"])


def prepare_workers(bank: Bank, threads: int) -> None:
    """Compute in advance what every rendering process would compute in each epoch.

    These are the training recordings, their audible spans, and the impulse responses of the rooms:
    the processes are forked anew for each epoch.

    Args:
        bank: The soundbank.
        threads: Number of threads.
    """
    wanted = [
        (label in STEADY or label in (BACKGROUND, BABBLE), recording)
        for label in bank.labels("train")
        for recording in bank.recordings(label, "train")
    ]

    def prepare(item: tuple[bool, Recording]) -> None:
        with suppress(JssError):  # a silent recording is reported when it is drawn
            placing.audible_spans(bank, item[1], item[0])

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(responses, range(ROOMS)):
            pass
        for _ in pool.map(prepare, wanted):
            pass


def must_render(config: Config, pool: Path, used: Collection[str]) -> bool:
    """Whether soundscapes must be rendered: unless none is used, or they are rendered once and exist.

    Args:
        config: The configuration.
        pool: Folder of rendered sets.
        used: Names of the sets that are used.
    """
    rendered = not config.data.fresh and all((pool / f"{name}.json").is_file() for name in used)
    return bool(used) and not rendered


def soundscapes(
    root: str,
    config: Config,
    pool: Path,
    used: Collection[str],
    bank: Bank,
    description: str,
    licence: str,
) -> TrainingData:
    """Make training data of a soundbank in DESED's subsets, fresh or rendered once.

    Args:
        root: The folder as the user named it.
        config: The configuration.
        pool: Folder of rendered sets.
        used: Names of the sets to prepare; the others can be counted and checked, and are not
            rendered once.
        bank: The soundbank.
        description: Description of the data.
        licence: Licence of the data.

    Returns:
        The data.

    Raises:
        JssError: There is no such recipe, or the folder holds other sets.
    """
    c = config.data
    if c.workers and must_render(config, pool, used):
        prepare_workers(bank, c.workers)
    if used and not c.fresh:
        known = {"seed": config.seed, "recordings_sha256": recordings_sha256(bank)}
        settings = {**dataclasses.asdict(c), **known}
        for key in ("workers", "lost_labels"):  # clips do not depend on them
            del settings[key]
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
        return MixedSet(
            subset(number, split, size),
            RecordingSet(sized(c.recipe), bank, split, seed, size),
            c.single,
            seed,
        )

    def stored(name: str, examples: Examples, n_src: int = 0) -> Examples:
        return (
            render_once(examples, pool / name, c.workers, n_src)
            if name in used and not c.fresh
            else examples
        )

    n_src, n_validation = (
        config.separator.n_src,
        config.separation.validation or c.validation_synthetic,
    )
    synthetic = stored("synthetic", subset(0, "train", c.synthetic))
    unlabelled = stored("unlabelled", subset(2, "train", c.unlabelled))
    weak_validation = stored("weak_validation", weak(4, "validation", c.validation_weak))
    universal = stored("universal", subset(5, "train", c.synthetic, "universal"), n_src)
    held_out = stored(
        "universal_validation", subset(6, "validation", n_validation, "universal"), n_src
    )
    mixed = {"synthetic": synthetic, "unlabelled": unlabelled}
    return TrainingData(
        synthetic=synthetic,
        weak=stored("weak", weak(1, "train", c.weak)),
        unlabelled=unlabelled,
        synthetic_validation=CachedSet(
            stored("synthetic_validation", subset(3, "validation", c.validation_synthetic))
        ),
        weak_validation=CachedSet(weak_validation),
        description=description,
        licence=licence,
        fresh=c.fresh,
        root=root,
        pools={
            "detection": SeparationPool(
                "detection", root, description, licence, mixed, weak_validation, fresh=c.fresh
            ),
            "sources": SeparationPool(
                "sources",
                root,
                description,
                licence,
                {"universal": universal},
                held_out,
                universal,
                held_out,
                c.fresh,
            ),
        },
    )
