"""Many visitors of the app at once: what one tab says to its server is said again over sockets of
their own.

So the server works as for so many people, while no browser of theirs takes this machine's
processors away from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jss.errors import JssError

#: Opens sockets and keeps them. A rerun is over when the server says so, in field 6
#: (script_finished) of a message.
_OPEN = """
async ({ url, count }) => {
  const isOver = (bytes) => {
    let at = 0;
    const number = () => {
      for (let value = 0, shift = 0; ; shift += 7) {
        const byte = bytes[at++];
        value |= (byte & 127) << shift;
        if (byte < 128) return value;
      }
    };
    while (at < bytes.length) {
      const key = number();
      if (key >> 3 === 6) return true;
      if ((key & 7) > 2 || (key & 7) === 1) return false;
      const value = number();
      if ((key & 7) === 2) at += value;
    }
    return false;
  };
  const token = /_streamlit_xsrf=([^;]+)/.exec(document.cookie)?.[1] ?? "PLACEHOLDER_AUTH_TOKEN";
  window.visitors ??= [];
  while (window.visitors.length < count) {
    const socket = new WebSocket(url, ["streamlit", token]);
    socket.binaryType = "arraybuffer";
    await new Promise((done, failed) => { socket.onopen = done; socket.onerror = failed; });
    socket.onmessage = ({ data }) => {
      if (isOver(new Uint8Array(data))) socket.over?.();
    };
    socket.act = (frame) => new Promise((done, failed) => {
      const start = performance.now();
      const late = setTimeout(() => failed(new Error("no answer within a minute")), 60000);
      socket.over = () => { clearTimeout(late); done((performance.now() - start) / 1000); };
      socket.send(Uint8Array.from(frame));
    });
    window.visitors.push(socket);
  }
}"""
_FIRST = """
async ({ frame }) => { for (const one of window.visitors) await one.act(frame); }"""
_BUSY = """
async ({ frames, seconds }) => {
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const spent = [];
  const end = performance.now() + 1000 * seconds;
  await Promise.all(window.visitors.map(async (one, n) => {
    await wait((1000 * n) / window.visitors.length);
    for (let i = n; performance.now() < end; i++) {
      const took = await one.act(frames[i % frames.length]);
      spent.push(took);
      await wait(Math.max(0, 1000 * (1 - took)));
    }
  }));
  return spent;
}"""
_LEAVE = "() => { window.visitors.forEach((one) => one.close()); window.visitors = []; }"


class Visitors:
    """People on the app of a tab. frames: what a tab sent first, one for each clip that is opened."""

    def __init__(self, page: Any, url: str, frames: Sequence[bytes]) -> None:
        if not url or not all(frames):
            raise JssError("The app's tab said nothing to its server: it cannot be repeated.")
        self.page, self.url, self.frames = page, url, [list(frame) for frame in frames]

    def come(self, count: int) -> None:
        """So many in all, each with a clip open."""
        self.page.evaluate(_OPEN, {"url": self.url, "count": count})
        self.page.evaluate(_FIRST, {"frame": self.frames[0]})

    def act(self, seconds: float) -> list[float]:
        """Each opens another clip once a second, or as soon as it has an answer. -> seconds until
        each answer.
        """
        spent: list[float] = self.page.evaluate(_BUSY, {"frames": self.frames, "seconds": seconds})
        return spent

    def leave(self) -> None:
        """All of them."""
        self.page.evaluate(_LEAVE)


def held(address: str) -> float | None:
    """MB that the server at an address holds, which this process started; None where /proc does not
    tell.
    """
    port = address.rpartition(":")[2].encode()
    for path in Path("/proc/self/task").glob("*/children"):
        for pid in path.read_text().split():
            if port in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                lines = Path(f"/proc/{pid}/status").read_text().splitlines()
                return next(
                    float(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")
                )
    return None
