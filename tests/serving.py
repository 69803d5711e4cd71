"""A Streamlit server of its own, for tests in a real browser and for the README's pictures."""

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

ROOT = Path(__file__).parent.parent
#: Sound may start without a click; nothing is fetched from elsewhere.
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update",
         "--autoplay-policy=no-user-gesture-required"]  # fmt: skip


@contextlib.contextmanager
def served(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of ``python -m COMMAND`` once it answers; "{port}" in the command stands for a free one.

    Stopped in the end. Raises RuntimeError with its log where it ends before it answers.
    """
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = str(probe.getsockname()[1])
    with log.open("w") as out:
        server = subprocess.Popen([sys.executable, "-m", *(part.replace("{port}", port) for part in command)],
                                  cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT)  # fmt: skip
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=5).close()
                break
            except OSError:
                if server.poll() is not None:
                    raise RuntimeError(f"the app does not start:\n{log.read_text()}") from None
                time.sleep(0.1)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(20)


def chromium() -> str | None:
    """The path of an installed Chromium."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
