"""The rendered sets in DESED's layout: their subsets, how many clips each has and which recordings
it may use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jss.errors import JssError


@dataclass(frozen=True)
class Subset:
    """One subset. folder: under ``audio`` and ``metadata``; split: of the soundbank; clips: how
    many by default; labels: what its TSV tells ("strong", "weak" or "none").
    """

    folder: str
    split: str
    clips: int
    labels: str


#: No recording is used in two splits. The weak 10 % that select a model are clips of their own,
#: from validation recordings; DESED's validation and public evaluation share the test recordings
#: half and half.
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


def homescapes_split(subset: str) -> str:
    """The soundbank's split that a subset is rendered from. Raises JssError for an unknown subset."""
    if subset not in SUBSETS:
        raise JssError(f"There is no subset {subset!r}: choose from {', '.join(SUBSETS)}.")
    return SUBSETS[subset].split
