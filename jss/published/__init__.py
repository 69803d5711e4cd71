"""Figures as the papers print them, for reading beside our own, never mixed with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

#: de Benito-Gorrón, Zmolikova, Toledano: PLoS ONE 19(7), 2024.
SOURCE = "https://doi.org/10.1371/journal.pone.0303994"


def tables() -> pd.DataFrame:
    """Tables 2 to 5 of the JSS paper: table, set, system, selection, psds1, psds2 and event_f1, all in [0, 1]."""
    import pandas as pd

    return pd.read_csv(Path(__file__).with_name("jss2024.tsv"), sep="\t")
