import numpy as np
import pytest

from jss.metrics.class_separation import OVERALL, separation_rows


def test_rows_by_class_and_over_all_samples():
    nan = np.nan
    before = np.array([[-5.0, nan], [-3.0, 1.0], [nan, 3.0]])
    after = np.array([[5.0, nan], [1.0, 0.0], [nan, 6.0]])
    rows = separation_rows(before, after, ["a", "b"])
    assert (rows["a"]["n"], rows["b"]["n"], rows[OVERALL]["n"]) == (2, 2, 4)
    assert rows["a"]["input_mean"] == -4.0
    assert (rows["a"]["improvement_mean"], rows["a"]["improvement_sd"]) == (7.0, 3.0)
    assert rows[OVERALL]["improvement_mean"] == pytest.approx((10 + 4 - 1 + 3) / 4)
    assert rows["b"]["output_median"] == 3.0
    assert rows["b"]["input_q1"] == 1.5


def test_a_class_that_never_sounds_has_no_figures():
    rows = separation_rows(np.full((2, 1), np.nan), np.full((2, 1), np.nan), ["a"])
    assert rows["a"]["n"] == 0
    assert rows["a"]["improvement_mean"] is None
    with pytest.raises(ValueError, match="classes"):
        separation_rows([[1.0]], [[1.0, 2.0]], ["a"])
