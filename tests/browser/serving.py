"""A Streamlit server of its own, for whoever looks at the app with a real browser."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from jss.errors import JssError

ROOT = Path(__file__).parents[2]
#: Sound may start without a click; nothing is fetched from elsewhere.
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--autoplay-policy=no-user-gesture-required",
]


@contextlib.contextmanager
def served(
    command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[str]:
    """The address of ``python -m COMMAND`` once it answers; "{port}" in the command stands for a
    free one.

    log: where it writes. Stopped in the end. Raises JssError where it ends before it answers, or
    never does.
    """
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = str(probe.getsockname()[1])
    with log.open("w") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", *(part.replace("{port}", port) for part in command)],
            cwd=ROOT,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=5).close()
                break
            except OSError:
                if server.poll() is not None:
                    raise JssError(f"The app does not start: {log.read_text()[-300:]}") from None
                time.sleep(0.1)
        else:
            raise JssError(
                "The app does not answer within two minutes: see what python -m pages says."
            )
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(20)


def chromium() -> str | None:
    """The path of an installed Chromium."""
    return (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
