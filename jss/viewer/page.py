"""A clip as one HTML file: the viewer with its sound and pictures, which needs no server and no
network.

    Path("clip.html").write_bytes(page([result], ground_truth, title="A dog and a voice"))
"""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
from PIL import Image

import jss
from jss import audio
from jss.arrays import Float32
from jss.decoding import Threshold
from jss.errors import JssError
from jss.papers.names import printed_name
from jss.results import ClipResult
from jss.viewer import WEB, styles
from jss.viewer.payload import LOSSLESS, Encoding, File, pack, png, with_shared_classes
from jss.viz.mel import levels

#: Most bytes of a page.
MAX_BYTES = 3_000_000
_TEMPLATE = Path(__file__).with_name("page.html")
_IMPORT = re.compile(r'(\bfrom|\bimport) "\./(\w+\.js)"')


def _flac16(samples: Float32, rate: int) -> File:
    return audio.encode(samples, "flac", rate, subtype="PCM_16"), "audio/flac"


def _opus(compression: float, samples: Float32, rate: int) -> File:
    return audio.encode(samples, "opus", rate, compression=compression), "audio/ogg"


def _jpeg(quality: int, mel: Float32, low: float, high: float) -> File:
    buffer = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(levels(mel, low, high)[::-1]), "L")
    image.save(buffer, "JPEG", quality=quality, optimize=True)
    return buffer.getvalue(), "image/jpeg"


#: In words, from the best one down; a page takes the first that is small enough.
_ENCODINGS = {
    "FLAC, 24 bit": LOSSLESS,
    "FLAC, 16 bit": Encoding(_flac16, png),
    "Opus, about 130 kbit/s": Encoding(partial(_opus, 0.5), partial(_jpeg, 90), exact=False),
    "Opus, about 80 kbit/s": Encoding(partial(_opus, 0.7), partial(_jpeg, 80), exact=False),
    "Opus, about 50 kbit/s": Encoding(partial(_opus, 0.8), partial(_jpeg, 70), exact=False),
    "Opus, about 30 kbit/s": Encoding(partial(_opus, 0.9), partial(_jpeg, 60), exact=False),
}


@dataclass(frozen=True)
class Text:
    """What a page says beside the viewer."""

    #: The clip's name.
    title: str
    #: A sentence about it, or "".
    note: str = ""
    #: System -> what it is.
    systems: Mapping[str, str] | None = None


def page(
    results: Sequence[ClipResult],
    ground_truth: Any = None,
    *,
    text: Text,
    shown: str | None = None,
    threshold: Threshold = "auto",
    span: str = "",
    compare: Mapping[str, str] | None = None,
    masks: Mapping[str, Float32] | None = None,
) -> bytes:
    """Make an HTML file of a clip through one or several systems, of at most :data:`MAX_BYTES`.

    Sound is lossless where that fits, else Opus. The last systems are left out where even that is
    too much; the page names them.

    Args:
        results: Of one clip, in the order of the systems' buttons.
        ground_truth: Events in any form of ``jss.viz.agreement.events_of``, or None.
        text: What the page says.
        shown: The system that is shown at first, None for the first one.
        threshold: Scores above it become events, 0 to 1; "auto": the systems' operating points, or
            0.5 where they have none.
        span: What is visible at first, "2.00-4.50" in seconds, else all of it.
        compare: As of ``pages.ui.viewer.view``; None for one system at a time.
        masks: System -> masks as of ``jss.viewer.payload.pack``, where it has them.

    Raises:
        JssError: The clip is too long.
    """
    data: dict[str, Any] = {
        "clip": results[0].filename,
        "shown": shown or results[0].system,
        "threshold": threshold,
        "view": span,
        "compare": compare and dict(compare),
        "more": False,
        "pending": "",
        "acknowledged": 0,
    }
    first = sorted(results, key=lambda result: result.system != data["shown"])
    for count in range(len(results), 0, -1):
        fitting = [result for result in results if result in first[:count]]
        for sound, encoding in _ENCODINGS.items():
            files, metas = _packed(fitting, ground_truth, masks or {}, encoding)
            if sum(map(len, files)) > MAX_BYTES:
                continue
            names = [result.system for result in fitting]
            systems = with_shared_classes(metas) if compare else metas
            printed = {name: printed_name(name) for name in names}
            offered = {"names": names, "printed": printed, "systems": systems}
            left_out = [each.system for each in results if each.system not in names]
            content = _filled({"files": files, "data": data | offered}, text, sound, left_out)
            if len(content) <= MAX_BYTES:
                return content
    raise JssError(
        f"{text.title} is {results[0].duration:.0f} s long, too much for a page of "
        f"{MAX_BYTES / 1e6:g} MB: cut it into shorter recordings."
    )


def of_recording(result: ClipResult, about: str, threshold: Threshold = "auto") -> bytes:
    """Make an HTML file of one system's result, without ground truth.

    Args:
        result: The recording through a system.
        about: A sentence about the system.
        threshold: As of :func:`page`.

    Raises:
        JssError: The recording is too long.
    """
    return page(
        [result], text=Text(result.filename, "", {result.system: about}), threshold=threshold
    )


def _packed(
    results: Sequence[ClipResult],
    ground_truth: Any,
    masks: Mapping[str, Float32],
    encoding: Encoding,
) -> tuple[list[str], list[dict[str, Any]]]:
    """Files as data URLs, each once, and the JSON of each system with their numbers.

    Systems share the mixture, and often the separator: what is equal is encoded once.
    """
    numbers: dict[str, int] = {}

    def number(name: str, file: File) -> int:
        return numbers.setdefault(_data_url(*file), len(numbers))

    encoding = Encoding(_once(encoding.sound), _once(encoding.image), encoding.exact)
    metas = [
        pack(
            result,
            ground_truth,
            clip=results[0].filename,
            masks=masks.get(result.system),
            encoding=encoding,
        ).addressed(number)
        for result in results
    ]
    return list(numbers), metas


def _once(encode: Callable[..., File]) -> Callable[..., File]:
    known: dict[tuple[Any, ...], File] = {}

    def encoded(array: Float32, *options: float) -> File:
        key = (array.tobytes(), array.shape, options)
        if key not in known:
            known[key] = encode(array, *options)
        return known[key]

    return encoded


def _filled(content: dict[str, Any], text: Text, sound: str, left_out: Sequence[str]) -> bytes:
    described = text.systems or {}
    systems = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(described.get(name, ''))}</dd>"
        for name in content["data"]["names"]
    )
    made = f"Made with jss {jss.__version__}. Sound: {sound}."
    if not sound.startswith("FLAC"):
        made += " Spectrograms are JPEG; scores and events are exact."
    if left_out:
        made += f" Left out, since the page would be too large: {', '.join(left_out)}."
    return (
        Template(_TEMPLATE.read_text(encoding="utf-8"))
        .substitute(
            title=escape(text.title),
            note=escape(text.note),
            systems=systems,
            made=escape(made),
            version=jss.__version__,
            imports=_modules(),
            styles=styles(),
            parts=(WEB / "viewer.html").read_text(encoding="utf-8"),
            clip=json.dumps(content, separators=(",", ":")).replace("<", "\\u003c"),
        )
        .encode()
    )


@cache
def _modules() -> str:
    """The viewer's modules as an import map: a page that is a file cannot import other files."""
    modules = {
        f"jss/{path.name}": _data_url(
            _IMPORT.sub(r'\1 "jss/\2"', path.read_text(encoding="utf-8")).encode(),
            "text/javascript;charset=utf-8",
        )
        for path in sorted(WEB.glob("*.js"))
    }
    return json.dumps({"imports": modules})


def _data_url(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
