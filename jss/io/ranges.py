"""Which numbers a setting may hold, so that an absurd one is named before anything is made of it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from jss.errors import JssError

_COUNT, _SIZE, _SHARE = (0, 10**9), (1, 2**14), (0, 1)
#: Smallest and largest value by the name of a setting, wherever in the settings it stands; of
#: lists, of every item.
RANGES: Mapping[str, tuple[float, float]] = {
    "seed": (0, 2**31 - 1),
    "threads": (0, 1024),
    "workers": (0, 256),
    "accumulate": (1, 10_000),
    "batch": (0, 10_000),
    "seconds": (0.5, 600),
    "minutes": (0, 10**6),
    "epochs": (1, 10**6),
    "warmup_epochs": (0, 10**6),
    "patience": _COUNT,
    "norm_clips": (0, 10_000),
    "early_stop": _COUNT,
    "steps": _COUNT,
    "validation": (1, 10**6),
    "clip": (0, 10**9),
    "learning_rate": (0, 1e30),
    "devices": (1, 1024),
    "nodes": (1, 1024),
    "synthetic": _COUNT,
    "weak": _COUNT,
    "unlabelled": _COUNT,
    "validation_synthetic": _COUNT,
    "validation_weak": _COUNT,
    "sounds": (1, 10_000),
    "synthesised": _SHARE,
    "single": _SHARE,
    "ema": _SHARE,
    "mixup": _SHARE,
    "threshold": _SHARE,
    "mixup_alpha": (1e-3, 1e3),
    "consistency": (0, 1e6),
    "tau": (1e-12, 1),
    "tau_inactive": (1e-12, 1),
    "dropout": (0, 0.99),
    "recurrent_dropout": (0, 0.99),
    "n_classes": _SIZE,
    "n_mels": _SIZE,
    "channels": _SIZE,
    "time_pools": _SIZE,
    "mel_pools": _SIZE,
    "cells": _SIZE,
    "layers": (1, 64),
    "n_src": (1, 64),
    "n_filters": _SIZE,
    "kernel_size": _SIZE,
    "stride": _SIZE,
    "bn_chan": _SIZE,
    "hid_chan": _SIZE,
    "skip_chan": _SIZE,
    "conv_kernel_size": _SIZE,
    "n_blocks": (1, 64),
    "n_repeats": (1, 64),
    "crop": (0, 600),
    "alpha": (0, 1e9),
    "freq_pools": _SIZE,
    "kernel": (1, 255),
    "bands": (0, 1024),
    "spread": (1e-6, 1e6),
    "floor": (0, 1e3),
}


def within(settings: Any, where: str, key: str = "") -> None:
    """Check a dataclass of settings, nested ones too; where: the file. Raises JssError that names
    what is out of range.
    """
    for item in dataclasses.fields(settings):
        value, name = getattr(settings, item.name), f"{key}{item.name}"
        if dataclasses.is_dataclass(value):
            within(value, where, f"{name}.")
        else:
            allowed(name, value, where)


def allowed(key: str, value: object, where: str) -> None:
    """Check one setting, by the last part of its name. Raises JssError where a number is out of
    range.
    """
    low, high = RANGES.get(key.rpartition(".")[2], (-math.inf, math.inf))
    for number in value if isinstance(value, tuple) else (value,):
        if isinstance(number, int | float) and not low <= number <= high:
            raise JssError(f"{where}: {key} must be from {low:g} to {high:g}, not {number:.6g}.")
