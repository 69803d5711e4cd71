"""Absurd and malicious tables: a nasty cell in every column, and texts that are no tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

Files = Iterator[tuple[str, bytes]]

#: What a cell may hold, by a short name.
CELLS: dict[str, bytes] = {
    "empty": b"",
    "blank": b"   ",
    "parent": b"../../../../tmp/pwned",
    "root": b"/etc/passwd",
    "quote": b'a"b',
    "apostrophe": b"a'b",
    "html": b"<img src=x onerror=alert(1)>.wav",
    "markdown": b"![x](http://localhost:9/x.png)",
    "escape": b"\x1b[31mred\x1b]0;x\x07",
    "bell": b"\x07\x08\x0b",
    "nul": b"a\x00b",
    "rtl": "‮gnp.wav".encode(),
    "emoji": "🦊🔊.wav".encode(),
    "formula": b"=cmd|'/c calc'!A1",
    "overflow": b"1e999",
    "minus-overflow": b"-1e999",
    "nan": b"nan",
    "inf": b"Infinity",
    "huge": b"1e308",
    "tiny": b"5e-324",
    "hex": b"0x10",
    "arabic": "١٢".encode(),
    "underscore": b"1_000",
    "digits": b"9" * 6000,
    "long": b"x" * 300_000,
    "minus": b"-3",
    "line-separator": "a\u2028b\u0085c".encode(),
    "latin1": b"caf\xe9",
    "surrogate": b"\xed\xa0\x80",
    "format": b"{} {0} %s %n",
    "backslash": b"..\\..\\x\\n",
    "curly": b"{a.__class__}",
    "dollar": b"$(touch pwned)`id`",
    "percent": b"%2e%2e%2fx",
}


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """A table with tabs."""
    return "".join("\t".join(row) + "\n" for row in (columns, *rows)).encode()


def files(columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: int) -> Files:
    """A whole table with one thing wrong: (name, content). numbers: how many columns take every
    kind of cell.
    """
    good = table(columns, rows)
    head, *body = good.splitlines(keepends=True)
    for column in range(min(numbers, len(columns))):
        for name, cell in CELLS.items():
            cells = body[0].rstrip(b"\n").split(b"\t")
            cells[column] = cell
            yield f"{columns[column]}-{name}", head + b"\t".join(cells) + b"\n" + b"".join(body[1:])
    yield "nothing", b""
    yield "newlines", b"\n\r\n\r"
    yield "header-only", head
    yield "header-twice", head + good
    yield "no-header", b"".join(body)
    yield "columns-twice", head.rstrip(b"\n") + b"\t" + head + b"".join(body)
    yield "commas", good.replace(b"\t", b",")
    yield "semicolons", good.replace(b"\t", b";")
    yield "carriage-returns", good.replace(b"\n", b"\r")
    yield "bom", b"\xef\xbb\xbf" + good
    yield "utf16", good.decode().encode("utf-16")
    yield "utf32", good.decode().encode("utf-32")
    yield "cut", good[: len(good) * 2 // 3]
    yield "wide", head.rstrip(b"\n") + b"\tx" * 20_000 + b"\n" + b"".join(body)
    yield "wide-row", good + b"\t".join([b"1"] * 20_000) + b"\n"
    yield "short-row", good + b"a.wav\n"
    yield "deep", good + body[0] * 20_000
    yield "one-line", good.replace(b"\n", b" ") * 200
    yield "quoted", b'"' + good
    yield "rows-quoted", head + b"".join(b'"' + row for row in body)
    yield "nul", good + b"\0" * 1000
    yield "header-html", b"<b>" + good
    yield "binary", bytes(range(256)) * 40
    yield "pickle", b"cos\nsystem\n(S'touch pwned'\ntR."
    yield "names-lost", head.replace(b"filename", b"Filename") + b"".join(body)
