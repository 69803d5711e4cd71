"""Plain values for YAML and JSON."""

from __future__ import annotations

import json
import math

import numpy as np

from jss.io.plain import plain


def test_tuples_arrays_and_numpy_numbers():
    value = {"a": (1, np.float32(0.5)), 2: np.arange(3), "c": [{"d": (True, None, "x")}]}
    assert plain(value) == {"a": [1, 0.5], "2": [0, 1, 2], "c": [{"d": [True, None, "x"]}]}
    assert json.loads(json.dumps(plain(value))) == plain(value)


def test_nan_and_infinity_become_none():
    assert plain([math.nan, np.float64("inf"), -math.inf, 1.0]) == [None, None, None, 1.0]
