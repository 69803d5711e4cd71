"""Every way in: what a file of each kind is put before. A door takes a room (a fresh folder), a
name and the content.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import bad_audio
import bad_tables
import bad_trees
import numpy as np
from guard import Broken, sentence

from jss import cli

Door = Callable[["Room", str, bytes], None]
EVENTS = (
    ["filename", "onset", "offset", "event_label"],
    [["a.wav", "0.1", "0.9", "Dog"], ["b.wav", "0", "1", "Speech"], ["c.wav", "", "", ""]],
)
DURATIONS = (["filename", "duration"], [["a.wav", "1.0"], ["b.wav", "1.0"], ["c.wav", "1.0"]])
SCORES = (
    ["onset", "offset", "Dog", "Speech"],
    [["0", "0.5", "0.1", "0.9"], ["0.5", "1.0", "0.7", "0.2"]],
)
LAYOUT = {"labels": SCORES[0][2:], "hop": 0.5}
WEAK = (["filename", "event_labels"], [["a.wav", "Dog,Speech"], ["b.wav", "Cat"]])
CATALOGUE = (
    ["file", "class", "recording", "split", "licence"],
    [["Dog/a.wav", "Dog", "r1", "test", "CC0"], ["Speech/b.wav", "Speech", "r2", "test", "CC0"]],
)


@dataclass(frozen=True)
class Room:
    """home: where things are laid out; target: where alone may be written; tiny: a folder of tiny
    systems.
    """

    home: Path
    tiny: Path

    @property
    def target(self) -> Path:
        return self.home / "target"

    def put(self, name: str, data: bytes) -> Path:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def run(self, *arguments: object) -> str:
        """The command line; what it says on both streams. Raises Broken for what is no sentence."""
        out, err = io.StringIO(), io.StringIO()
        os.environ["JSS_CHECKPOINTS"] = str(self.own if self.own.exists() else self.tiny)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = cli.main([str(a) for a in arguments])
        if code not in (0, 1, 2):
            raise Broken(f"exit code {code}")
        for line in (out.getvalue() + err.getvalue()).splitlines():
            sentence(line)
        told = [line for line in err.getvalue().splitlines() if line.startswith("jss: ")]
        if code == 2 and not told:
            raise Broken(f"failed without a sentence: {err.getvalue()[:300]!r}")
        if "Traceback" in err.getvalue() or "From cffi" in err.getvalue():
            raise Broken(err.getvalue()[-300:])
        return out.getvalue() + err.getvalue()

    @property
    def own(self) -> Path:
        """Where checkpoints lie if a door brings its own."""
        return self.home / "checkpoints"


# ---- sound


def load(room: Room, name: str, data: bytes) -> None:
    from jss import audio

    path = room.put(f"in/{name}", data)
    audio.duration(path)
    for _ in audio.stream(path):
        pass


def detect(room: Room, name: str, data: bytes) -> None:
    path = room.put(f"in/{name}", data)
    room.run(
        "detect",
        path,
        "--system",
        "MixIT-S1",
        "--out",
        room.target,
        "--device",
        "cpu",
        "--save-sources",
    )


def detect_folder(room: Room, name: str, data: bytes) -> None:
    room.put(f"in/{name}", data)
    room.run(
        "detect",
        room.home / "in",
        "--system",
        "SED",
        "--out",
        room.target,
        "--device",
        "cpu",
        "--threshold",
        "0",
    )


def tree(room: Room, name: str, data: bytes) -> None:
    """A folder of all sorts of names: the last line adds up, and the app lists the same recordings."""
    from jss.io.inputs import walk
    from pages.ui.clip import recordings

    bad_trees.build(room.home / "in", data)
    output = room.run(
        "detect", room.home / "in", "--system", "SED", "--out", room.target, "--device", "cpu"
    )
    listing = walk(room.home / "in")
    if not listing.files:
        return
    (line,) = re.findall(r"^(\d+) names? in all: (.*)\.$", output, re.MULTILINE)
    parts = re.sub(r"\([^)]*\)", "", line[1]).split(", ")
    if (
        int(line[0]) != listing.names
        or sum(int(part.split()[0]) for part in parts) != listing.names
    ):
        raise Broken(f"{listing.names} names, and it says: {line}")
    (clips,) = recordings.folder_sets(room.home / "in")
    if [recording.title for recording in clips.clips] != list(listing.files):
        raise Broken("the app lists other recordings")


def upload(room: Room, name: str, data: bytes) -> None:
    """As the app takes it: the name is the browser's word, so it may hold anything."""
    from jss.viz.tables import detected_events
    from pages.ui.cache import loaders
    from pages.ui.clip import recordings

    os.environ.update(JSS_CHECKPOINTS=str(room.tiny), XDG_CACHE_HOME=str(room.target))
    recording = recordings.uploaded(name, data)
    analysis = loaders.analyse(recording, "MixIT-S1", "teacher")
    json.dumps(analysis.payload.meta, allow_nan=False)
    detected_events(analysis.result, None, threshold=0.3)


def tag(room: Room, name: str, data: bytes) -> None:
    room.put(f"bank/Dog/{name}", data)
    room.put("bank/Speech/b.wav", bad_audio.sound())
    rows = [
        [f"Dog/{name}", "Dog", "r1", "test", "CC0"],
        ["Speech/b.wav", "Speech", "r2", "test", "CC0"],
    ]
    room.put("bank/catalog.tsv", bad_tables.table(CATALOGUE[0], rows))
    room.run(
        "tag",
        "--system",
        "SED",
        "--soundbank",
        room.home / "bank",
        "--out",
        room.target,
        "--device",
        "cpu",
    )


def evaluate(room: Room, name: str, data: bytes) -> None:
    desed(
        room,
        {
            f"audio/validation/validation/{name}": data,
            "metadata/validation/validation.tsv": bad_tables.table(
                EVENTS[0], [[name, "0", "1", "Dog"], ["b.wav", "0", "1", "Speech"]]
            ),
        },
    )


# ---- tables


def desed(room: Room, changed: dict[str, bytes], subset: str = "validation") -> None:
    files = {f"audio/validation/validation/{x}.wav": bad_audio.sound() for x in "abc"}
    files["metadata/validation/validation.tsv"] = bad_tables.table(*EVENTS)
    for name, content in {**files, **changed}.items():
        room.put(f"set/{name}", content)
    room.run(
        "evaluate",
        "--system",
        "SED",
        "--data",
        room.home / "set",
        "--subset",
        subset,
        "--resamples",
        "0",
        "--device",
        "cpu",
        "--cache",
        room.target / "cache",
        "--out",
        room.target / "r.json",
    )


def desed_strong(room: Room, name: str, data: bytes) -> None:
    desed(room, {"metadata/validation/validation.tsv": data})


def desed_durations(room: Room, name: str, data: bytes) -> None:
    desed(room, {"metadata/validation/validation_durations.tsv": data})


def desed_weak(room: Room, name: str, data: bytes) -> None:
    desed(room, {"metadata/train/weak.tsv": data})


def score_events(room: Room, name: str, data: bytes) -> None:
    score(room, {"events.tsv": data})


def score_durations(room: Room, name: str, data: bytes) -> None:
    score(room, {"durations.tsv": data})


def score_decisions(room: Room, name: str, data: bytes) -> None:
    score(room, {"decisions.tsv": data})


def score_scores(room: Room, name: str, data: bytes) -> None:
    score(room, {"scores/a.tsv": data})


def score_arrays(room: Room, name: str, data: bytes) -> None:
    score(room, {"arrays/a.npy": data}, given="arrays")


def score_layout(room: Room, name: str, data: bytes) -> None:
    score(room, {"arrays/scores.yaml": data}, given="arrays")


def array() -> bytes:
    """The scores of ``SCORES`` as an array."""
    buffer = io.BytesIO()
    np.save(buffer, np.array([row[2:] for row in SCORES[1]], np.float32))
    return buffer.getvalue()


def score_points(room: Room, name: str, data: bytes) -> None:
    score(room, {"points/x_th_0.1.tsv": data}, "--detections", "points")


def score(
    room: Room, changed: dict[str, bytes], option: str = "--scores", given: str = "scores"
) -> None:
    events, durations, scores = (bad_tables.table(*rows) for rows in (EVENTS, DURATIONS, SCORES))
    tables = {
        "events.tsv": events,
        "durations.tsv": durations,
        "decisions.tsv": events,
        **{f"scores/{clip}.tsv": scores for clip in "abc"},
        **{f"arrays/{clip}.npy": array() for clip in "abc"},
        "arrays/scores.yaml": json.dumps(LAYOUT).encode(),
        **{f"points/x_th_0.{n}.tsv": events for n in (1, 5)},
    }
    for path, content in {**tables, **changed}.items():
        room.put(path, content)
    room.run(
        "score",
        "--ground-truth",
        room.home / "events.tsv",
        "--durations",
        room.home / "durations.tsv",
        "--decisions",
        room.home / "decisions.tsv",
        option,
        room.home / given,
        "--resamples",
        "5",
        "--out",
        room.target / "r.json",
    )


def catalogue(room: Room, name: str, data: bytes) -> None:
    for label, clip in (("Dog", "a"), ("Speech", "b")):
        room.put(f"bank/{label}/{clip}.wav", bad_audio.sound())
    room.put("bank/catalog.tsv", data)
    room.run(
        "tag",
        "--system",
        "SED",
        "--soundbank",
        room.home / "bank",
        "--out",
        room.target,
        "--device",
        "cpu",
    )


def render(room: Room, name: str, data: bytes) -> None:
    for label, clip in (("Dog", "a"), ("Speech", "b")):
        room.put(f"bank/{label}/{clip}.wav", bad_audio.sound())
    room.put("bank/catalog.tsv", data)
    room.run(
        "render",
        "universal",
        room.target,
        "--soundbank",
        room.home / "bank",
        "--clips",
        "0",
        "eval=1",
        "--workers",
        "1",
    )


# ---- documents


def preset(room: Room, name: str, data: bytes) -> None:
    path = room.put("preset.yaml", data)
    room.run("train", path, "--only", "SED", "--data", room.home / "no-data", "--out", room.target)


def override(room: Room, name: str, data: bytes) -> None:
    room.run(
        "train",
        "smoke",
        os.fsdecode(data),
        "--only",
        "SED",
        "--data",
        room.home / "no-data",
        "--out",
        room.target,
    )


def manifest(room: Room, name: str, data: bytes) -> None:
    shutil.copytree(room.tiny, room.own)
    (room.own / "systems" / "MixIT-S1.yaml").write_bytes(data)
    room.run("list", "systems")
    detect(room, "a.wav", bad_audio.sound())


def card(room: Room, name: str, data: bytes) -> None:
    shutil.copytree(room.tiny, room.own)
    (room.own / "blocks" / "tiny-separator.json").write_bytes(data)
    detect(room, "a.wav", bad_audio.sound())


def weights(room: Room, name: str, data: bytes) -> None:
    """Whoever makes the weights makes their card too: the checksum is right."""
    import hashlib

    shutil.copytree(room.tiny, room.own)
    (room.own / "blocks" / "tiny-separator.safetensors").write_bytes(data)
    path = room.own / "blocks" / "tiny-separator.json"
    path.write_text(
        json.dumps(json.loads(path.read_text()) | {"sha256": hashlib.sha256(data).hexdigest()})
    )
    detect(room, "a.wav", bad_audio.sound())


def report(room: Room, name: str, data: bytes) -> None:
    path = room.put("report.json", data)
    room.run("score", "--compare", path, path)


def report_pages(room: Room, name: str, data: bytes) -> None:
    """Every page that shows reports, with this one among them."""
    import streamlit as st
    from streamlit.testing.v1 import AppTest

    shutil.copytree(room.tiny, room.own)
    room.put("checkpoints/reports/set/MixIT-S1.json", data)
    os.environ.update(JSS_CHECKPOINTS=str(room.own), XDG_CACHE_HOME=str(room.target))
    st.cache_data.clear()
    st.config.set_option("client.showErrorDetails", "full")  # with the type of an exception
    root = Path(__file__).parents[2]
    for page in ("overview", "results", "classes", "diversity"):
        app = AppTest.from_file(str(root / "app.py"), default_timeout=60)
        app.switch_page(f"pages/{page}.py").run()
        # A page by itself raises what app.py shows as a sentence.
        if app.exception and not app.exception[0].proto.type.endswith("JssError"):
            raise Broken(f"{page}: {app.exception[0].message[:300]}")


def result(room: Room, name: str, data: bytes) -> None:
    from jss.results import ClipResult

    ClipResult.load(room.put("result.npz", data))


def output(room: Room, name: str, data: bytes) -> None:
    from jss.inference.output_cache import ClipOutput

    ClipOutput.load(room.put("output.npz", data))


def render_manifest(room: Room, name: str, data: bytes) -> None:
    room.put("target/manifest.json", data)
    room.run("render", "synthscapes", room.target, "--clips", "0", "--workers", "1", "--no-sources")


def scapes(room: Room, name: str, data: bytes) -> None:
    from jss.data.soundscapes.render_set import make_bank, render_lines

    render_lines(data.decode(errors="replace").splitlines(), room.home / "set", make_bank(None))


def networks(room: Room, name: str, data: bytes) -> None:
    from jss.training.task import load_networks

    load_networks(room.put("best.safetensors", data))
