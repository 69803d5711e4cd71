"""Joint source separation and sound event detection.

    import jss
    system = jss.load_system("MixIT-S1")
    result = system("clip.wav")
    result.events(threshold=0.5)
    jss.figure(result)

Everything is imported on first use, so that ``import jss`` costs nothing.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jss.errors import JssError
    from jss.inference.system import load_system
    from jss.results import ClipResult
    from jss.viz import figure

# Torch then asks Linux for huge pages: separation spends a third less CPU time. Read at torch's
# first allocation.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

__version__ = "0.1.0"
__all__ = ["ClipResult", "JssError", "__version__", "figure", "load_system"]

_HOMES = {
    "load_system": "jss.inference.system",
    "figure": "jss.viz",
    "ClipResult": "jss.results",
    "JssError": "jss.errors",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'jss' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
