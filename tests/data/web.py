"""A local web server that misbehaves on request: interrupts, misreports, ignores ranges."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Page:
    """Content and behaviour of a path."""

    body: bytes
    #: Number of bytes that each of the first answers sends before the connection breaks.
    cuts: list[int] = field(default_factory=list)
    #: Whether the Range header is respected.
    ranges: bool = True
    #: Status of every answer.
    status: int = 200
    #: Number of answers with status 503 that come first.
    busy: int = 0


class Web:
    """Pages by path, and what was asked for: (path, Range)."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.pages: dict[str, Page] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.sent: Counter[str] = Counter()

    def put(self, path: str, body: bytes, **behaviour: object) -> str:
        self.pages[path] = Page(body, **behaviour)  # type: ignore[arg-type]
        return self.address + path


@contextmanager
def serve() -> Iterator[Web]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            web.asked.append((self.path, wanted))
            page = web.pages.get(self.path)
            if page is None or page.status >= 400 or page.busy:
                self.send_response(404 if page is None else 503 if page.busy else page.status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                if page is not None:
                    page.busy = max(0, page.busy - 1)
                return
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and page.ranges else 0
            if start >= len(page.body) > 0:
                self.send_response(416)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = page.body[start:]
            self.send_response(206 if start else 200)
            if start:
                self.send_header(
                    "Content-Range", f"bytes {start}-{len(page.body) - 1}/{len(page.body)}"
                )
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            part = body[: page.cuts.pop(0)] if page.cuts else body
            web.sent[self.path] += len(part)
            self.wfile.write(part)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web = Web(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
