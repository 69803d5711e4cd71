"""Names that files legally have."""

from __future__ import annotations

import os

from hypothesis import strategies as st

ODD = ["a", "b", '5" pipe', '"', '"quoted"', "a\tb", "a\nb", " blanks ", "a.wav", "x.wav", "Ya", "é",
       "\udce9", "-n", "a.tsv", "1_100.000_110.000", "a\\b", "%s", "日本語", "{name}"]  # fmt: skip


def part(size: int) -> st.SearchStrategy[str]:
    """A name of a file or folder: any bytes but a slash and a zero."""
    raw = st.binary(min_size=1, max_size=size).map(os.fsdecode)
    legal = raw.filter(lambda name: not set(name) & {"/", "\0"} and not name.startswith("."))
    return st.sampled_from(ODD) | legal
