"""Import of pandas' Styler without matplotlib, which pandas imports with it for gradients of colour
that no table here has: that takes a second, when the first table with marked cells is shown.
"""

from __future__ import annotations

import importlib
import sys

if "matplotlib" not in sys.modules:
    sys.modules["matplotlib"] = None  # type: ignore[assignment]
    try:
        importlib.import_module("pandas.io.formats.style")
    finally:
        del sys.modules["matplotlib"]
