"""What the JSS paper calls our systems."""

from __future__ import annotations

#: Our pre-training -> the paper's name for it, which is the data set.
PRETRAININGS = {"MixIT": "DESED", "PIT": "FUSS"}
STAGES = ("S0", "S1", "S2", "JT")
#: Our system -> its name in the paper's tables. Others are not in the paper.
PRINTED = {"SED": "SED Bs", "SSep-SED": "SSep-SED Bs"} | {
    f"{ours}-{stage}": f"{theirs}-{stage}"
    for ours, theirs in PRETRAININGS.items()
    for stage in STAGES
}


def printed_name(system: str) -> str | None:
    """A system's name in the paper's tables, None where it is not in the paper.

    Args:
        system: Ours, such as "MixIT-S1", or somebody's of that name, "MixIT-S1 (runs/mine)".
    """
    return PRINTED.get(system.partition(" (")[0])
