"""The whole corpus through every door: ``python tests/fuzz/run.py [STEP [KIND [MINUTES]]]``;
findings on standard output.

The files run in a second process, which is killed and begun again after a file that hangs or brings
it down.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parents[1])]
_HANG = 90  # seconds without a word: more than the guard allows, for what no signal reaches
_MOST = 12 << 30
#: The corpus is gone through so many times, another part of every kind each time, so that no kind
#: is left out where the time is short; _FAR: beyond the number of any file.
_PASSES, _FAR = 8, 1 << 20


def findings(step: int = 1, kind: str = "", minutes: float = 1e9) -> Iterator[str]:
    """Every finding, then "N files of L kinds, M tries, K findings"; ended after so many minutes."""
    deadline = time.monotonic() + 60 * minutes
    files = tries = count = start = 0
    kinds: set[str] = set()
    while True:
        command = [sys.executable, __file__, "--here", str(start), str(step), kind]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        last, ended, patience = "nothing", False, 5 * _HANG  # imports first
        while not ended:
            line, patience = _line(process, patience), _HANG
            if time.monotonic() > deadline:
                process.kill()
                break
            if line is None:
                break
            word, _, rest = line.partition(" ")
            if word == "try":
                at, _, last = rest.partition(" ")
                start, tries = int(at) + 1, tries + 1  # goes on behind it where this is the end
            elif word == "next":
                files += 1
                kinds.add(rest)
            elif word == "finding":
                count += 1
                yield rest
            ended = word == "end"
        if ended or time.monotonic() > deadline:
            process.wait()
            break
        process.kill()
        code = process.wait()
        count += 1
        yield f"{last}: hung, or brought the process down ({code})"
        if last == "nothing":
            break
    yield f"{files} files of {len(kinds)} kinds, {tries} tries, {count} findings"


def _line(process: subprocess.Popen[bytes], patience: float) -> str | None:
    """The next line; None at its end or after too long a silence."""
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], patience)
    line = process.stdout.readline() if ready else b""
    return line.decode().rstrip("\n") if line.endswith(b"\n") else None


def here(start: int, step: int, kind: str) -> None:
    """Run the files from place ``start`` on in this process: of each pass every so-manieth one."""
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_DATA, (_MOST, _MOST))
    import logging

    import torch
    from corpus import corpus, safe
    from doors import Room
    from guard import Broken, guarded, import_first
    from tiny import write_systems

    import_first()

    logging.lastResort = None  # what others log; the sentences of jss are looked at
    torch.set_num_threads(1)
    say = os.fdopen(os.dup(1), "w", buffering=1)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        home = Path(folder)
        write_systems(home / "tiny")
        places = (
            (turn * _FAR + number, bad)
            for turn in range(0, _PASSES, step)
            for number, bad in enumerate(corpus(home / "tiny", kind))
            if number % _PASSES == turn
        )
        for place, bad in places:
            if place < start:
                continue
            for count, door in enumerate(bad.doors):
                room = Room(home / "room" / str(count), home / "tiny")
                room.home.mkdir(parents=True)
                own_name = bad.kind in ("audio", "name", "bad-name")
                title = f"{door.__name__} {bad.title}"
                say.write(f"try {place} {title}\n")
                try:
                    guarded(
                        lambda d=door, r=room, b=bad, o=own_name: d(
                            r, b.name if o else safe(b.name), b.data
                        ),
                        room.home,
                    )
                except Broken as broken:
                    say.write(f"finding {title}: {' '.join(str(broken).split())}\n")
            shutil.rmtree(home / "room", ignore_errors=True)
            say.write(f"next {bad.kind}\n")
    say.write("end\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--here"]:
        here(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    else:
        chosen = sys.argv[1:]
        limit = float(chosen[2]) if len(chosen) > 2 else 1e9
        for text in findings(
            int(chosen[0]) if chosen else 1, chosen[1] if len(chosen) > 1 else "", limit
        ):
            print(text, flush=True)
