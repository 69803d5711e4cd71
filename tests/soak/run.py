"""Everything at once for a long time: ``make soak``, or ``python tests/soak/run.py [MINUTES
[SEED]]`` (default: 30, 0).

Users of the app, kills of all that can be resumed, the corpus of bad files and a recording of up to
24 hours, on tiny systems. Ends with a summary in Markdown, and with 1 where something was lost,
wrong or leaked.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "browser"), str(HERE.parent), str(HERE.parents[1])]

import kills
import numpy as np
import serving
from tiny import write_systems
from users import Users

from jss import audio
from jss.bench.table import processor

TABS = 4
#: Of the long recording in a soak of half an hour.
HOURS = 24.0
LONG_GB = 2.0
#: Of the server, from the median of the second third of the time to that of the last: what caches
#: may still take. A soak that is shorter than so many minutes only tells it, since its caches are
#: still filling.
GROWTH_MB, WARM_MINUTES = 60.0, 20.0


class Memory:
    """What a process holds, second by second. Nothing where /proc does not tell."""

    def __init__(self, pid: int | None) -> None:
        self.status, self.seen, self._stop = Path(f"/proc/{pid}/status"), [], threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(1.0):
            try:
                lines = self.status.read_text().splitlines()
            except OSError:
                return
            self.seen += [
                float(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")
            ]

    def thirds(self) -> tuple[float, float] | None:
        """Medians in MB of the second and of the last third of the time."""
        self._stop.set()
        n = len(self.seen) // 3
        return (
            (statistics.median(self.seen[n : 2 * n]), statistics.median(self.seen[2 * n :]))
            if n
            else None
        )


def main() -> int:
    """Run, and print the summary. -> 0 where nothing was lost and nothing leaked, else 1."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    chance = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "tiny").mkdir()
        write_systems(home / "tiny")
        environment = os.environ | {
            "JSS_CHECKPOINTS": str(home / "tiny"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "JSS_RUNS": str(home / "killed" / "train" / "runs"),
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(HERE.parents[1]),
        }
        print("What is to be killed runs once to its end first.", file=sys.stderr)
        killed = kills.verbs(home, home / "tiny")
        for verb in killed:
            kills.measure(verb, home, environment)
            print(f"{verb.name}: {verb.seconds:.0f} s, {len(verb.whole)} files", file=sys.stderr)
        disk = kills.full_disk(killed[0], home, environment)
        deadline = time.monotonic() + 60 * minutes
        rows, wrong = together(killed, home, environment, chance, minutes, deadline)
        rows.append(("detect on a full disk", disk, "see below where it went wrong"))
    print("\n".join(summary(minutes, rows, wrong)))
    return 1 if wrong else 0


def together(
    killed: list[kills.Verb],
    home: Path,
    environment: dict[str, str],
    chance: random.Random,
    minutes: float,
    deadline: float,
) -> tuple[list[tuple[str, str, str]], list[str]]:
    """Rows of the summary, and what went wrong."""
    seed = chance.randrange(1 << 30)

    def kill() -> None:
        own = random.Random(seed)
        while time.monotonic() < deadline:
            kills.round_of(
                min(killed, key=lambda verb: verb.kills), home, environment, own, deadline
            )

    def long() -> None:
        recording.extend(hours(home, environment, HOURS * min(1.0, minutes / 30)))

    recording: list[str] = []
    threads = [threading.Thread(target=act) for act in (kill, long)]
    fuzz = subprocess.Popen(
        [sys.executable, str(HERE.parent / "fuzz" / "run.py"), "1", "", str(minutes)],
        stdout=subprocess.PIPE,
        text=True,
    )
    for thread in threads:
        thread.start()
    acts, wrong, thirds = visit(home, environment, random.Random(seed), deadline)
    for thread in threads:
        thread.join()
    *findings, last = fuzz.communicate()[0].splitlines() or ["nothing"]
    rows = [("users", acts, f"{len(wrong)} pages broken")]
    for verb in killed:
        rows.append(
            (
                f"{verb.name} killed with -9 or stopped with Ctrl-C",
                f"{verb.kills} times in {verb.runs} runs, then to the end",
                f"{len(verb.wrong)} runs differ",
            )
        )
        wrong += [f"{verb.name}: {text}" for text in verb.wrong]
        if minutes >= 30 and verb.kills < kills.WANTED:
            wrong.append(f"{verb.name}: {verb.kills} kills where {kills.WANTED} were asked for")
    rows.append(("bad files", last, f"{len(findings)} findings"))
    wrong += [f"bad file: {text}" for text in findings]
    rows.append(("long recording", recording[0], recording[1]))
    wrong += recording[2:]
    if thirds:
        middle, end = thirds
        rows.append(
            (
                "memory of the app's server",
                f"{middle:.0f} MB in the second third of the time",
                f"{end:.0f} MB in the last third",
            )
        )
        if end - middle > GROWTH_MB and minutes >= WARM_MINUTES:
            wrong.append(f"the server grew by {end - middle:.0f} MB")
    return rows, wrong


def visit(
    home: Path, environment: dict[str, str], chance: random.Random, deadline: float
) -> tuple[str, list[str], tuple[float, float] | None]:
    """Users until the deadline. -> what they did, what was wrong, and the server's memory then and
    at the end.
    """
    from playwright.sync_api import Error, sync_playwright

    browser = serving.chromium()
    if browser is None:
        return "none: no Chromium is installed", [], None
    log = home / "server.txt"
    before = children()
    with (
        serving.served(["pages", "--server.port", "{port}"], log, environment) as address,
        sync_playwright() as driver,
    ):
        own = [
            pid
            for pid in children() - before
            if b"pages" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        memory = Memory(own[0] if own else None)
        users = Users(
            driver.chromium.launch(executable_path=browser, args=serving.FLAGS),
            address,
            TABS,
            chance,
        )
        while time.monotonic() < deadline:
            try:
                users.act()
            except (Error, OSError) as error:
                said = str(error)  # its end says what stood in the way
                users.wrong.append(f"{type(error).__name__}: {said[:200]} ... {said[-400:]}")
        thirds = memory.thirds()
    output = log.read_text(errors="replace")
    if "Traceback" in output:
        users.wrong.append(f"the server: {output[output.index('Traceback') :][:600]}")
    done = ", ".join(f"{count} {kind}" for kind, count in sorted(users.acts.items()))
    return f"{TABS} at once did {sum(users.acts.values())} things ({done})", users.wrong, thirds


def hours(home: Path, environment: dict[str, str], length: float) -> list[str]:
    """A recording with ten loud seconds in each minute. -> what it was, its memory, and what was
    wrong.
    """
    path, rng = home / "long.flac", np.random.default_rng(0)
    minute = np.zeros(60 * audio.SAMPLE_RATE, np.float32)
    minute[: 10 * audio.SAMPLE_RATE] = rng.uniform(-0.3, 0.3, 10 * audio.SAMPLE_RATE)
    with audio.writer(path) as put:
        for _ in range(max(1, round(60 * length))):
            put(minute)
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "jss",
            "detect",
            str(path),
            "--system",
            "MixIT-S1",
            "--out",
            str(home / "long"),
            "--device",
            "cpu",
        ],
        cwd=HERE.parents[1],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    peak = usage.ru_maxrss * (1.0 if sys.platform == "darwin" else 1024.0) / 1e9
    wrong = [] if process.returncode == 0 else [f"the long recording: exit {process.returncode}"]
    wrong += [f"the long recording took {peak:.2f} GB"] * (peak > LONG_GB)
    return [f"{length:.1f} hours", f"at most {peak:.2f} GB", *wrong]


def children() -> set[int]:
    """Processes that this one started; empty where /proc does not tell."""
    result = [path.read_text().split() for path in Path("/proc/self/task").glob("*/children")]
    return {int(pid) for pids in result for pid in pids}


def summary(minutes: float, rows: list[tuple[str, str, str]], wrong: list[str]) -> Iterator[str]:
    """As Markdown, for docs/robustness.md."""
    yield f"{minutes:g} minutes of `make soak` on {processor()}, {os.cpu_count()} cores:"
    yield ""
    yield "| what | how much | lost, wrong or held |"
    yield "|---|---|---|"
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""
    yield (
        "**Nothing was lost and nothing leaked.**"
        if not wrong
        else f"**{len(wrong)} things went wrong:**"
    )
    for text in wrong:
        yield f"- {' '.join(text.split())}"


if __name__ == "__main__":
    raise SystemExit(main())
