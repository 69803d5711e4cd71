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


def printed_table(figures: pd.DataFrame, number: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A table of the JSS paper in its arrangement: a row a system, sets and selections side by side.

    Args:
        figures: Of :func:`jss_results`.
        number: 2 to 5.

    Returns:
        The table as text, as printed (F1 in percent); and which cells are the best of their set.
    """
    import pandas as pd

    rows = figures[figures["table"] == number]
    several = rows["selection"].nunique() > 1
    names = {"psds1": "PSDS1", "psds2": "PSDS2", "event_f1": "F1 (%)"}
    table: dict[str, dict[tuple[str, str], str]] = {}
    best: dict[str, dict[tuple[str, str], bool]] = {}
    for row in rows.to_dict("records"):
        same = rows[rows["set"] == row["set"]]
        group = row["set"] + (f", {row['selection']}" if several else "")
        cells = table.setdefault(row["system"], {("", "System"): row["system"]})
        marks = best.setdefault(row["system"], {("", "System"): False})
        for name, short in names.items():
            value = float(row[name])
            percent = name == "event_f1"
            cells[group, short] = f"{100 * value:.2f}" if percent else f"{value:.3f}"
            marks[group, short] = bool(value == same[name].max())
    columns = pd.MultiIndex.from_tuples(next(iter(table.values())))
    return (
        pd.DataFrame(list(table.values()), columns=columns),
        pd.DataFrame(list(best.values()), columns=columns),
    )


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
