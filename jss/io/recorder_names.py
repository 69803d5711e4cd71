"""When a recording began, from its name, as recorders write it."""

from __future__ import annotations

import re
from datetime import datetime

#: Conventions by the programs that use them: a pattern with year, month, day, hour, minute and
#: second, anywhere in a name. What stands before it is a recorder or a place.
PATTERNS: dict[str, re.Pattern[str]] = {
    # 20240131_061500.WAV, 24F31901_20240131_061500.WAV, 20240131_061500T.WAV (AudioMoth);
    # SMU01234_20240131_061500.wav, SMA01234_20240131_061500-0500.wav (Song Meter)
    "AudioMoth, Song Meter": re.compile(
        r"(?<!\d)(\d{4})(\d\d)(\d\d)[_$-](\d\d)(\d\d)(\d\d)(?!\d)", re.ASCII
    ),
    # 20240131T061500.wav, 20240131T061500Z.flac, site_20240131T061500+0100.flac
    "ISO 8601, basic": re.compile(
        r"(?<!\d)(\d{4})(\d\d)(\d\d)[Tt](\d\d)(\d\d)(\d\d)(?!\d)", re.ASCII
    ),
    # 2024-01-31T06-15-00.wav, 2024-01-31_06-15-00.wav, mic1 2024-01-31 06.15.00.wav
    "ISO 8601, for file names": re.compile(
        r"(?<!\d)(\d{4})-(\d\d)-(\d\d)[Tt_ -](\d\d)[-:._](\d\d)[-:._](\d\d)(?!\d)", re.ASCII
    ),
}


def start_of(name: str) -> datetime | None:
    """When a recording began, by the clock of its recorder: a time zone in the name is not applied.

    Args:
        name: Of the recording, with any folders, which are not looked at.

    Returns:
        Date and time; None where the name has none, or none that exists.
    """
    base = name.rpartition("/")[2]
    for pattern in PATTERNS.values():
        for match in pattern.finditer(base):
            try:
                return datetime(*(int(part) for part in match.groups()))  # type: ignore[arg-type]
            except ValueError:  # 20241399_...: digits, but no date
                continue
    return None
