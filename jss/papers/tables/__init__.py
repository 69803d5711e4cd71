"""The papers' tables as printed, for comparison with our results and never mixed with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

#: de Benito-Gorrón, Zmolikova, Toledano: PLoS ONE 19(7), 2024.
SOURCE = "https://doi.org/10.1371/journal.pone.0303994"


def jss_results() -> pd.DataFrame:
    """Tables 2 to 5 of the JSS paper.

    Returns:
        table, set, system, selection, psds1, psds2 and event_f1; the last three in [0, 1].
    """
    import pandas as pd

    return pd.read_csv(Path(__file__).with_name("jss2024.tsv"), sep="\t")


#: Pishdadian, Wichern, Le Roux: Learning to Separate Sounds from Weakly Labeled Scenes, ICASSP
#: 2020.
WEAK_SOURCE = "https://rc.signalprocessingsociety.org/conferences/icassp-2020/spsicassp20vid0667"


def weak_separation() -> pd.DataFrame:
    """Table 1 of the weak-label paper.

    Returns:
        row (input, strong, frame, clip), label, mean and sd in dB: SI-SDR of the input, else its
        improvement.
    """
    import pandas as pd

    return pd.read_csv(Path(__file__).with_name("weak2020_table1.tsv"), sep="\t")


def weak_classification() -> pd.DataFrame:
    """Table 2 of the weak-label paper.

    Returns:
        level (frame, clip), label and f_measure in [0, 1].
    """
    import pandas as pd

    return pd.read_csv(Path(__file__).with_name("weak2020_table2.tsv"), sep="\t")
