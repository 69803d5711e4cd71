import numpy as np
import pytest

from jss.errors import JssError
from jss.inference.fusion import FUSIONS, fuse, members


def test_equation_25_is_the_mean():
    a, b, c = np.array([[0.1, 0.9]]), np.array([[0.3, 0.5]]), np.array([[0.2, 0.1]])
    assert fuse([a, b, c]) == pytest.approx(np.array([[0.2, 0.5]]))
    assert fuse([a]) == pytest.approx(a)


def test_what_does_not_fit_is_refused():
    with pytest.raises(JssError, match="at least one"):
        fuse([])
    with pytest.raises(JssError, match="one shape"):
        fuse([np.zeros((2, 3)), np.zeros((2, 4))])


def test_the_seven_fusions_of_the_tables():
    assert len(FUSIONS) == 7
    assert members(FUSIONS[0]) == ("SED", "MixIT-S1")
    assert members(FUSIONS[-1], "PIT") == ("PIT-S1", "PIT-S2", "PIT-JT")
