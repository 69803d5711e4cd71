"""Names for types of arrays; shapes are given in the docstrings."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Float16 = npt.NDArray[np.float16]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
#: An array of any floating point type.
Floats = npt.NDArray[np.floating[Any]]
