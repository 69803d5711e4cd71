"""Keep the garbage collector away from objects that stay: Streamlit runs it after every rerun."""

from __future__ import annotations

import gc


def freeze_loaded() -> None:
    """Exempt all objects of this moment from collection; call after imports and loaded models.

    With torch and matplotlib imported, each collection took 0.4 s in which nobody was served.
    """
    gc.collect()
    gc.freeze()
