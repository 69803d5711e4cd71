"""Subsets of the rendered sets in DESED's layout: folder, split and number of clips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Subset:
    """One subset."""

    #: Folder under ``audio`` and ``metadata``.
    folder: str
    #: Split of the soundbank.
    split: str
    #: Default number of clips.
    clips: int
    #: Labels in its table: "strong", "weak" or "none".
    labels: str


#: No recording is used in two splits. The weak 10 % that select a model are made of validation
#: recordings; validation and public each use one half of the test recordings.
SUBSETS: Mapping[str, Subset] = {
    "weak": Subset("train/weak", "train", 1420, "weak"),
    "weak_validation": Subset("train/weak", "validation", 158, "weak"),
    "unlabel_in_domain": Subset("train/unlabel_in_domain", "train", 2000, "none"),
    "synthetic21_train": Subset("train/synthetic21_train/soundscapes", "train", 2000, "strong"),
    "synthetic21_validation": Subset(
        "validation/synthetic21_validation/soundscapes", "validation", 500, "strong"
    ),
    "validation": Subset("validation/validation", "test_a", 500, "strong"),
    "public": Subset("eval/public", "test_b", 500, "strong"),
}
