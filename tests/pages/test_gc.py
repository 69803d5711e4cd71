"""Objects that are frozen are exempt from garbage collection; later ones are not."""

import gc
import weakref

from pages.ui.cache.gc import freeze_loaded


class Knot:
    def __init__(self) -> None:
        self.self = self


def test_what_stays_is_frozen_and_what_comes_later_is_collected():
    try:
        freeze_loaded()
        assert gc.get_freeze_count() > 1000
        later = Knot()
        alive = weakref.ref(later)
        del later
        gc.collect(2)
        assert alive() is None
    finally:
        gc.unfreeze()
