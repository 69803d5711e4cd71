"""Keep the garbage collector from what stays: Streamlit has it look at everything after every run
of a page.
"""

from __future__ import annotations

import gc


def settle() -> None:
    """Call where modules were imported or networks loaded for good. Everything that is there now is
    left alone from here on: with torch and matplotlib imported, each look took 0.4 s in which
    nobody was served.
    """
    gc.collect()
    gc.freeze()
