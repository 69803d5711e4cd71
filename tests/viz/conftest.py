from __future__ import annotations

import pytest
from toy_clip import clip_result

from jss.results import ClipResult


@pytest.fixture
def result() -> ClipResult:
    return clip_result()


@pytest.fixture
def no_sources() -> ClipResult:
    return clip_result(0)
