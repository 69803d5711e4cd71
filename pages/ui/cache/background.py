"""What is done while nobody waits for anything: the shipped examples are analysed, then the claims
judged and the paper's fusions measured, so that Compare, Claims and Results open at once.
"""

from __future__ import annotations

import atexit
import importlib
import logging
import threading
import time
from collections.abc import Sequence

from jss.errors import JssError
from pages.ui import systems
from pages.ui.cache import figure_loaders, loaders
from pages.ui.cache.gc import freeze_loaded
from pages.ui.clip.recordings import Recording
from pages.ui.reports import fusion_bench

log = logging.getLogger(__name__)

#: Said on the terminal once all is done.
DONE = (
    "Ready: the shipped examples are analysed, the claims judged and the fusions measured, so that "
    "Compare, Claims and Results open at once."
)
#: Seconds after the last run of a page until the server counts as idle.
_IDLE_S = 2.0


def start() -> None:
    """Begin in a thread of its own; where the server ends, the work ends first."""
    loaders.mark_used()  # a server that has just started is about to be asked for a page
    atexit.register(loaders.queue().stop)
    threading.Thread(target=_prepare, daemon=True).start()


def _prepare() -> None:
    if not loaders.systems():
        return
    clips = loaders.examples()
    try:  # what is likely to be opened first comes first
        _analyse(clips[:1])
        _wait_until_idle()
        importlib.import_module("pages.ui.styler")
        figure_loaders.judge_claims(_wait_until_idle)
        fusion_bench.fuse_as_the_paper(_wait_until_idle)
        _analyse(clips[1:])
    except JssError as error:  # whoever opens that clip or page is told
        log.info("%s", error, exc_info=error)
        return
    freeze_loaded()
    print(DONE, flush=True)


def _analyse(clips: Sequence[Recording]) -> None:
    """Analyse clips with the systems that Compare shows first."""
    installed = loaders.systems()
    default = systems.default_system(installed)
    names = [item.name for item in installed]
    compared = systems.related(default, names, default, systems.MOST)
    for recording in clips:
        for name in compared:
            selection = next(iter(sorted(loaders.manifest(name).selections, reverse=True)))
            if not loaders.on_disk(recording, name, selection):
                _wait_until_idle()
                loaders.compute_when_idle(recording, name, selection)


def _wait_until_idle() -> None:
    while (wait := _IDLE_S - (time.monotonic() - loaders.last_used())) > 0:
        time.sleep(wait)
