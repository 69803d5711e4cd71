"""Windows of several recordings through a system in one pass, for a GPU.

Only windows of one length are analysed together: a clip that is padded beside a longer one would
need masks in every layer (the separator normalises over the whole clip, its convolutions and those
of the detector reach beyond the clip's end, the recurrent layers run backwards from there). So the
scores of a clip are those that it has alone, to 1e-5 in float32. The clips of a set have one
length, and so have the windows of long recordings; what has a length of its own is analysed alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from jss.arrays import Float32
from jss.errors import JssError, NoMemoryError
from jss.inference.windows import WINDOW, Stretch, stitched, windows

if TYPE_CHECKING:
    from jss.inference.system import System

#: Windows, in batches, that are read at most before the first of them must be analysed.
AHEAD = 4
#: Windows of 10 s in the largest batch: the masks of the separator have 41 million elements each,
#: and below 2^31 in all every kernel of torch is at home.
MOST = 32
#: Part of a GPU's free memory that a batch may take; the next one waits in the rest.
SHARE = 0.5


@dataclass(eq=False)
class _Window:
    """A window of a recording, and what became of it."""

    #: Of the recording.
    number: int
    #: (n,) at 16 kHz; empty where the recording could not be read on.
    samples: Float32
    #: Whether the recording ends here.
    last: bool
    #: None: not analysed yet.
    result: Stretch | JssError | None = None


def fitting(system: System) -> int:
    """How many windows of 10 s a system's device analyses at once.

    A CPU takes one at a time, since more gain nothing there. A GPU takes as many as its free memory
    holds by the cost of the first window, which is measured here.
    """
    import torch

    device = system.device
    if device.type != "cuda":
        return 1
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, WINDOW).astype(np.float32)
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    system.analyse(noise)
    cost = torch.cuda.max_memory_allocated(device) - before
    torch.cuda.empty_cache()
    free, _ = torch.cuda.mem_get_info(device)
    return max(1, min(MOST, int(SHARE * free / max(1, cost))))


def analysed(
    system: System, streams: Iterable[Iterable[Float32]], size: int = 1, sources: bool = True
) -> Generator[Iterator[Stretch], None, None]:
    """Recordings as their analysed stretches, as of ``jss.inference.windows.pieces``.

    While a batch computes, the next one is read and started.

    Args:
        system: The system.
        streams: Of each recording, (samples,) at 16 kHz, one after the other.
        size: Windows of 10 s that are analysed at once, or as much of another length; where memory
            runs out, half of them from there on. 1: each when it is asked for.
        sources: Whether stretches have the sources; without, nothing but pooled scores is copied
            from the device.

    Yields:
        The stretches of each recording in order, to be read before the next; an error of its own
        is raised where they are read.
    """
    left = -1  # the last recording that its reader has left

    def read() -> Iterator[_Window]:
        for number, blocks in enumerate(streams):
            try:
                for samples, last in windows(blocks):
                    yield _Window(number, samples, last)
                    if number <= left:
                        break
            except JssError as error:
                yield _Window(number, np.zeros(0, np.float32), True, error)

    def of_one(first: _Window) -> Iterator[tuple[Stretch, bool]]:
        window = first
        while True:
            if isinstance(window.result, JssError):
                raise window.result
            assert window.result is not None
            yield window.result, window.last
            if window.last:
                return
            window = next(done)

    done = _Batches(system, size, sources).results(read())
    for window in done:
        if window.number > left:
            yield stitched(of_one(window))
            left = window.number


class _Batches:
    """Windows in batches of one length.

    Args:
        system: The system.
        size: As of :func:`analysed`.
        sources: As of :func:`analysed`.
    """

    def __init__(self, system: System, size: int, sources: bool) -> None:
        self.system, self.size, self.sources = system, size, sources

    def results(self, read: Iterator[_Window]) -> Iterator[_Window]:
        """The windows with their results, in order."""
        pipeline = 1 if self.size > 1 else 0  # batches that compute while the next is started
        waiting: dict[int, list[_Window]] = {}  # by their length
        begun: deque[Callable[[], None]] = deque()
        order: deque[_Window] = deque()

        def begin(length: int) -> None:
            begun.append(self._begin(waiting.pop(length)))
            while len(begun) > pipeline:
                begun.popleft()()

        for window in read:
            order.append(window)
            if window.result is None:
                length = len(window.samples)
                waiting.setdefault(length, []).append(window)
                if len(waiting[length]) >= self._room(length):
                    begin(length)
            while len(order) > AHEAD * self.size and order[0].result is None:
                if begun:
                    begun.popleft()()
                else:
                    begin(len(order[0].samples))
            while order and order[0].result is not None:
                yield order.popleft()
        for length in list(waiting):
            begin(length)
        while begun:
            begun.popleft()()
        yield from order

    def _room(self, length: int) -> int:
        """How many windows of a length are analysed at once."""
        return max(1, self.size * WINDOW // max(length, WINDOW))

    def _begin(self, batch: list[_Window]) -> Callable[[], None]:
        """Start a batch; the function that is returned waits for its results."""
        try:
            fetch = self.system.launch([window.samples for window in batch], self.sources)
        except JssError as error:
            return partial(self._apart, batch, error)

        def finish() -> None:
            try:
                results = fetch()
            except JssError as error:
                self._apart(batch, error)
            else:
                for window, result in zip(batch, results, strict=True):
                    window.result = result

        return finish

    def _apart(self, batch: list[_Window], error: JssError) -> None:
        """Analyse the halves of a batch that failed; a window that fails alone has the error."""
        half = len(batch) // 2
        if not half:
            batch[0].result = error
            return
        if isinstance(error, NoMemoryError):
            self.size = max(1, min(self.size, half * max(len(batch[0].samples), WINDOW) // WINDOW))
        for part in (batch[:half], batch[half:]):
            self._begin(part)()
