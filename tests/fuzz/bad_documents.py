"""Absurd and malicious YAML, JSON, safetensors, npy and npz: every key with every wrong value, and
bombs.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

Files = Iterator[tuple[str, bytes]]

#: Values in place of any other.
VALUES: dict[str, Any] = {
    "null": None,
    "true": True,
    "zero": 0,
    "minus": -1,
    "huge": 10**12,
    "float": 1e-300,
    "text": "<b>x</b>",
    "empty": "",
    "list": [],
    "lists": [[[]]],
    "map": {},
    "parent": "../../pwned",
    "long": "x" * 100_000,
    "control": "a\u001b[31m\u0000b",
    "many": list(range(10_000)),
}
#: JSON that is no JSON to everybody.
LITERALS = {"nan": "NaN", "inf": "-Infinity", "overflow": "1e999", "digits": "9" * 6000}


def places(data: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value, at most three levels down."""
    if path:
        yield path
    if len(path) < 3:
        items = (
            data.items()
            if isinstance(data, Mapping)
            else enumerate(data[:1])
            if isinstance(data, list)
            else ()
        )
        for key, value in items:
            yield from places(value, (*path, key))


def replaced(data: Any, path: tuple[Any, ...], value: object) -> Any:
    """A copy with another value at a place."""
    if not path:
        return value
    copy = dict(data) if isinstance(data, Mapping) else list(data)
    copy[path[0]] = replaced(copy[path[0]], path[1:], value)
    return copy


def json_files(data: Mapping[str, Any]) -> Files:
    """A document with one thing wrong, as JSON."""
    for path in places(data):
        where = "-".join(map(str, path))
        for name, value in VALUES.items():
            yield f"{where}-{name}", json.dumps(replaced(data, path, value)).encode()
        for name, literal in LITERALS.items():
            yield (
                f"{where}-{name}",
                json.dumps(replaced(data, path, "@@")).replace('"@@"', literal).encode(),
            )
        parent = data
        for key in path[:-1]:
            parent = parent[key]
        if isinstance(parent, Mapping):
            rest = {k: v for k, v in parent.items() if k != path[-1]}
            yield f"{where}-lost", json.dumps(replaced(data, path[:-1], rest)).encode()
    good = json.dumps(data).encode()
    yield "unknown", json.dumps({**data, "__class__": "os.system"}).encode()
    yield from texts(good)
    yield "deep", b"[" * 200_000
    yield "deep-value", good[:-1] + b', "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    yield "twice", b"{" + good[1:-1] + b", " + good[1:]


def texts(good: bytes) -> Files:
    """What may happen to any text file."""
    yield "nothing", b""
    yield "blank", b" \n"
    yield "cut", good[: len(good) // 2]
    yield "bom", b"\xef\xbb\xbf" + good
    yield "utf16", good.decode().encode("utf-16")
    yield "latin1", good + b"\xe9\xff"
    yield "nul", b"\0" * 100 + good
    yield "number", b"7"
    yield "string", b'"text"'
    yield "array", b"[1, 2]"
    yield "null", b"null"
    yield "binary", bytes(range(256)) * 10
    yield "pickle", b"cos\nsystem\n(S'touch pwned'\ntR."


def yaml_files(data: Mapping[str, Any]) -> Files:
    """A document with one thing wrong, as YAML."""
    import yaml

    for path in places(data):
        where = "-".join(map(str, path))
        for name, value in VALUES.items():
            yield f"{where}-{name}", yaml.safe_dump(replaced(data, path, value)).encode()
    good = yaml.safe_dump(dict(data), sort_keys=False).encode()
    yield from texts(good)
    first = next(iter(data))
    laughs = "a: &a [" + ", ".join(["lol"] * 10) + "]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        laughs += f"{name}: &{name} [" + ", ".join([f"*{before}"] * 10) + "]\n"
    for name, line in {
        "python": "x: !!python/object/apply:os.system [touch pwned]",
        "python-name": "x: !!python/name:os.system",
        "date": "x: 2001-99-99",
        "time": "x: 2001-01-01 99:99:99",
        "digits": "x: " + "9" * 6000,
        "binary-tag": "x: !!binary '@'",
        "sixty": "x: 1:99:99:99",
        "unhashable": "? [a, b]\n: 1",
        "unhashable-map": "? {a: b}\n: 1",
        "itself": "x: &x [*x]",
        "itself-map": "x: &x {a: *x}",
        "merge": "<<: 1",
        "merge-itself": "x: &x\n  <<: *x",
        "tag": "x: !unknown y",
        "no-anchor": "x: *nothing",
        "deep": "x: " + "[" * 30_000,
        "deep-map": "x: " + "{a: " * 30_000,
        "tab": "\tx: 1",
        "octal": "x: 0o777777777777777777",
        "float": "x: .nan",
        "laughs": laughs,
        "two": "---\na: 1",
        "colon": "x: y: z",
        "int-tag": "x: !!int abc",
        "float-tag": "x: !!float abc",
        "bool-tag": "x: !!bool abc",
        "timestamp-tag": "x: !!timestamp abc",
        "set": "x: !!set {a, b}",
        "omap": "x: !!omap [a, b]",
    }.items():
        yield f"line-{name}", good + b"\n" + line.encode() + b"\n"
        value = line.removeprefix("x: ").encode()
        if line.startswith("x: "):
            yield (
                f"value-{name}",
                yaml.safe_dump({k: v for k, v in data.items() if k != first}).encode()
                + (b"\n" + first.encode() + b": " + value + b"\n"),
            )
    if "labels" in data:
        rest = yaml.safe_dump({k: v for k, v in data.items() if k != "labels"}).encode()
        yield "labels-laughs", b"x0: &a [lol, lol]\n" + laughs.encode() + rest + b"labels: *i\n"
        yield "labels-itself", rest + b"labels: &l [*l]\n"


def weights(good: bytes) -> Files:
    """Safetensors whose header lies. good: a whole file."""
    (length,) = struct.unpack("<Q", good[:8])
    header, body = json.loads(good[8 : 8 + length]), good[8 + length :]
    key = next(k for k in header if k != "__metadata__")

    def packed(changed: object) -> bytes:
        text = changed if isinstance(changed, bytes) else json.dumps(changed).encode()
        return struct.pack("<Q", len(text)) + text + body

    for claim in (0, 1, length - 1, length + 1, len(good), 10**8 + 1, 2**31, 2**63, 2**64 - 1):
        yield f"header-{claim}", struct.pack("<Q", claim) + good[8:]
    for name, change in {
        "dtype": {"dtype": "PICKLE"},
        "dtype-null": {"dtype": None},
        "shape-huge": {"shape": [2**40, 2**40]},
        "shape-minus": {"shape": [-1]},
        "shape-wrap": {"shape": [2**32, 2**32, 4]},
        "shape-many": {"shape": [1] * 5000},
        "shape-text": {"shape": "x"},
        "offsets-beyond": {"data_offsets": [0, 2**62]},
        "offsets-back": {"data_offsets": [100, 0]},
        "offsets-minus": {"data_offsets": [-8, 0]},
        "dtype-half": {"dtype": "F16"},
        "dtype-int": {"dtype": "I32"},
        "dtype-bool": {"dtype": "BOOL"},
        "shape-none": {"shape": []},
    }.items():
        yield name, packed({**header, key: {**header[key], **change}})
    yield (
        "key-parent",
        packed({**{k: v for k, v in header.items() if k != key}, "../../pwned": header[key]}),
    )
    yield "key-lost", packed({k: v for k, v in header.items() if k != key})
    yield "metadata", packed({**header, "__metadata__": {"x": "y" * 100_000}})
    yield "metadata-list", packed({**header, "__metadata__": [1]})
    yield "empty-header", packed({})
    yield "header-list", packed([1, 2])
    yield "header-deep", packed(b"[" * 100_000)
    yield "header-rubbish", packed(b"\xff\xfe" * 100)
    yield "nan", good[: 8 + length] + b"\xff" * len(body)
    yield "cut", good[:-100]
    yield "longer", good + bytes(1000)
    yield "zero", b""
    yield "seven", b"1234567"
    yield "pickle", b"cos\nsystem\n(S'touch pwned'\ntR."
    yield "zip", b"PK\3\4" + bytes(100)


def lie(shape: str, descr: str = "'<f4'", rest: str = "'fortran_order': False") -> bytes:
    """An array of 64 bytes whose header says what one wants."""
    text = f"{{'descr': {descr}, {rest}, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text) + 1) + text + b"\n" + bytes(64)


class _Program:
    """What a pickle may do when it is read."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch pwned",)


def arrays(good: bytes) -> Files:
    """.npy of scores with something wrong. good: a whole file with a column for each of two classes."""

    def saved(values: list[list[object]], kind: type) -> bytes:
        buffer = io.BytesIO()
        np.save(buffer, np.array(values, kind), allow_pickle=True)
        return buffer.getvalue()

    for name, shape in {
        "huge": f"({10**13}, 2)",
        "gigabytes": f"({2 * 10**9}, 2)",
        "wrap": f"({2**62}, 2)",
        "beyond": f"({2**64}, 2)",
        "digits": "(" + "9" * 4000 + ", 2)",
        "more-digits": "(" + "9" * 6000 + ", 2)",
        "minus": "(-5, 2)",
        "minus-both": "(-2, -2)",
        "nothing": "(0, 2)",
        "no-columns": "(2, 0)",
        "fewer": "(2, 1)",
        "more": "(2, 3)",
        "flat": "(4,)",
        "scalar": "()",
        "deep": "(2, 2, " + "1, " * 90 + ")",
        "bool": "(True, 2)",
        "float": "(2.0, 2)",
        "list": "[2, 2]",
        "text": "'2'",
        "name": "x",
        "code": "(__import__('os').system('touch pwned'), 2)",
        "brackets": "(" * 9000,
        "signs": "-" * 9000 + "1",
        "sums": "1" + "+1" * 4000,
        "indent": "(2,\n  2)\n }\n  \n x",
        "quote": "'''",
        "nul": "(2, 2\0)",
        "long": "(2, 2" + " " * 60_000 + ")",
    }.items():
        yield f"shape-{name}", lie(shape)
    for name, descr in {
        "objects": "'|O'",
        "record": "[('a', '<f4')]",
        "records": str([(f"{n:03d}\x1b[31m", "<f4") for n in range(300)]),
        "sub": "('<f4', (2,))",
        "text": "'<U8'",
        "bytes": "'|S4'",
        "complex": "'<c8'",
        "whole": "'<i8'",
        "bool": "'|b1'",
        "time": "'<M8[s]'",
        "half": "'<f2'",
        "reversed": "'>f4'",
        "quadruple": "'<f16'",
        "void": "'|V4'",
        "empty": "''",
        "none": "None",
        "number": "7",
        "control": repr("\x1b[31m"),
        "words": "'float'",
        "commas": "'(1 2)f4, f4'",
        "list": "['<f4', '<f4']",
    }.items():
        yield f"type-{name}", lie("(2, 2)", descr)
    for name, rest in {
        "text": "'fortran_order': 'yes'",
        "lost": "'x': 1",
        "more": "'fortran_order': False, 'x': 1",
        "twice": "'fortran_order': False, 'shape': (9, 9)",
        "columns": "'fortran_order': True",
    }.items():
        yield f"order-{name}", lie("(2, 2)", rest=rest)
    for name, value in {
        "nan": np.nan,
        "inf": np.inf,
        "minus-inf": -np.inf,
        "1e308": 1e308,
        "1e-320": 1e-320,
        "percent": 90.0,
    }.items():
        yield f"value-{name}", saved([[0.1, 0.9], [value, 0.2]], np.float64)
    yield "objects", saved([[0.1, 0.9], [_Program(), 0.2]], object)
    yield "pickle", pickle.dumps(_Program())
    yield "pickle-text", b"cos\nsystem\n(S'touch pwned'\ntR."
    yield "version-2", good[:6] + b"\x02" + good[7:]
    yield "version-9", good[:6] + b"\x09\x09" + good[8:]
    yield "header-claims-more", good[:8] + b"\xff\xff" + good[10:]
    yield "header-claims-nothing", good[:8] + b"\0\0" + good[10:]
    yield "rubbish", b"\x93NUMPY" + b"\xff" * 90
    yield "latin", good.replace(b"descr", b"d\xe9scr")
    for size in (0, 1, 6, 7, 9, 10, 11, 60, 128, len(good) - 1):
        yield f"cut-{size}", good[:size]
    yield "longer", good + bytes(1000)
    yield "zip", b"PK\3\4" + bytes(100)
    yield "table", b"onset\toffset\tDog\tSpeech\n0\t1\t0.1\t0.2\n"


def archives(good: bytes) -> Files:
    """.npz with bombs and lies in it. good: a whole file."""
    members = {}
    with zipfile.ZipFile(io.BytesIO(good)) as file:
        members = {name: file.read(name) for name in file.namelist()}

    def packed(changed: Mapping[str, bytes]) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
            for name, content in changed.items():
                file.writestr(name, content)
        return buffer.getvalue()

    objects = io.BytesIO()
    np.save(objects, np.array([{}], object), allow_pickle=True)
    for member in members:
        rest = {name: content for name, content in members.items() if name != member}
        for name, content in {
            "huge": lie(f"({10**13},)"),
            "gigabytes": lie(f"({2 * 10**9},)"),
            "minus": lie("(-5,)"),
            "deep": lie("(1," + "1," * 90 + ")"),
            "code": lie("(__import__('os').system('touch pwned'),)"),
            "dtype": lie("(1,)", "'|O'"),
            "record": lie("(1,)", "[('a', '<f4')]"),
            "text": lie("(1,)", "'<U8'"),
            "objects": objects.getvalue(),
            "empty": b"",
            "rubbish": b"\x93NUMPY" + b"\xff" * 90,
            "bomb": lie(f"({10**7},)")[:-64] + bytes(4 * 10**7),
            "version": b"\x93NUMPY\x09\x09",
            "nothing": lie("(0,)"),
        }.items():
            if name != "bomb" or member in ("scores.npy", "facts.npy"):
                yield f"{member}-{name}", packed({**rest, member: content})
        yield f"{member}-lost", packed(rest)
    yield (
        "strange-names",
        packed({**members, "../../pwned.npy": lie("(1,)"), "a\x1bb.npy": lie("(1,)")}),
    )
    yield "many", packed({**members, **{f"x{n}.npy": lie("(16,)") for n in range(3000)}})
    yield "cut", good[: len(good) // 2]
    yield "no-directory", good[:-200]
    yield "zero", b""
    yield "text", b"text"
    yield "array", lie("(16,)")
    yield "pickle", b"cos\nsystem\n(S'touch pwned'\ntR."
