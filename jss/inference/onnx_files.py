"""Detectors as ONNX files: ours written as one, and one of anybody's taken as a system."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic.dataclasses import dataclass

from jss import checkpoints
from jss.checkpoints import Card, Folder, Manifest, Selection
from jss.errors import JssError, optional
from jss.features import SCORE_HOP_S
from jss.inference.system import FEATURES, load_system
from jss.io.atomic import atomic_write
from jss.io.schema import SCHEMA, read_yaml, validate
from jss.models.crnn import CRNN
from jss.models.onnx_detector import OnnxConfig, OnnxDetector
from jss.models.onnx_graph import onnx_file

#: In the cards of such blocks.
_STAGE = "ONNX file"


@dataclass(frozen=True, config=SCHEMA)
class Description:
    """What makes an ONNX file a system: a YAML file beside it."""

    #: Of the system; its block is the same in small letters.
    name: str
    #: One sentence.
    description: str
    #: A class set, or the labels.
    labels: str | tuple[str, ...]
    #: What the file takes and gives.
    detector: OnnxConfig
    #: Of the file, for the reader.
    training_data: str
    licence: str
    #: A block of ours that separates first; None: the detector gets the mixture.
    separator: str | None = None
    #: Over sources.
    pooling: str = "max"


def import_onnx(
    path: str | os.PathLike[str],
    description: str | os.PathLike[str],
    folder: Folder = None,
    *,
    name: str | None = None,
    separator: str | None = None,
) -> Path:
    """Take an ONNX file as the detector of a system.

    Args:
        path: The ONNX file; weights in files beside it become part of the block.
        description: The YAML file (``Description``).
        folder: That of blocks and systems; a separator that it lacks is copied into it.
        name: Of the system, in place of that in the description.
        separator: A block that separates first, in place of that in the description.

    Returns:
        The manifest of the system.

    Raises:
        JssError: A file is missing or wrong, onnxruntime cannot run it, or the name is taken.
    """
    path, where = Path(path), Path(description)
    if not path.is_file():
        raise JssError(f"There is no file at {path}.")
    if not where.is_file():
        raise JssError(
            f"There is no description at {where}: write what the ONNX file takes and gives, as in "
            "docs/detectors.md, and name that file with --description."
        )
    described = validate(Description, read_yaml(where), str(where))
    labels = checkpoints.class_labels(
        described.labels if isinstance(described.labels, str) else list(described.labels),
        str(where),
    )
    name = name or described.name
    block = name.lower()
    checkpoints.check_replaced(name, [block], _STAGE, folder)
    file = _whole(path)
    OnnxDetector(file, described.detector, labels, block)  # raises where they do not fit each other
    separator = separator or described.separator
    if separator is not None:
        checkpoints.bring_block(separator, folder)
    card = Card(
        name=block,
        kind=checkpoints.ONNX,
        config=asdict(described.detector),
        stage=_STAGE,
        network="teacher",
        training_data=described.training_data,
        licence=described.licence,
    )
    checkpoints.save_weights(file, card, folder)
    return checkpoints.save_manifest(
        Manifest(
            name=name,
            description=described.description
            + ("" if separator is None else f", on the sources of {separator}"),
            labels=labels,
            selections={"teacher": Selection(detector=block, separator=separator)},
            pooling=described.pooling,
        ),
        folder,
    )


def export_onnx(
    system: str, selection: str, path: str | os.PathLike[str], folder: Folder = None
) -> Path:
    """Write the detector of a system as an ONNX file, and its description beside it.

    The file takes waveforms at 16 kHz of any length from a second, (batch, samples), and gives
    "strong" (batch, K, T), a score each 64 ms, and "weak" (batch, K): its front end is part of it,
    so that no other program has to rebuild it. A separator is no part of it: the description names
    it, and its sources are what the file gets.

    Args:
        system: Name of the system.
        selection: student or teacher.
        path: The ONNX file.
        folder: That of blocks and systems.

    Returns:
        The description.

    Raises:
        JssError: The system is missing, its detector cannot stand alone, or the file has another
            suffix.
    """
    path = Path(path)
    if path.suffix.lower() != ".onnx":  # the description's name is the file's with .yaml in place
        raise JssError(f"{path} must end in .onnx: name another file.")
    loaded = load_system(system, selection, "cpu", folder, accelerate=False)
    manifest, model = loaded.manifest, loaded.model
    blocks = manifest.selections[selection]
    if blocks.mixture or FEATURES[manifest.features] != "clip" or manifest.consistent:
        raise JssError(
            f"The detector of {system} cannot stand alone: it needs the mixture beside each source. Choose a "
            "system without a mixture branch whose features are dcase2021."
        )
    if loaded.cards["detector"].kind == checkpoints.ONNX:
        raise JssError(
            f"The detector of {system} is an ONNX file already: {blocks.detector}.onnx among the blocks."
        )
    content = onnx_file(model.mel, cast(CRNN, model.detector), manifest.labels)
    with atomic_write(path) as part:
        part.write_bytes(content)
    card = loaded.cards["detector"]
    plain: dict[str, Any] = {
        "name": f"{system}-onnx",
        "description": f"{manifest.description} (its detector as ONNX)",
        "labels": list(manifest.labels),
        "separator": blocks.separator,
        "pooling": manifest.pooling,
        "training_data": card.training_data,
        "licence": card.licence,
        "detector": {
            "input_axes": ["batch", "samples"],
            "output": "strong",
            "output_axes": ["batch", "classes", "frames"],
            "output_hop_s": SCORE_HOP_S,
            "clip_output": "weak",
        },
    }
    beside = path.with_suffix(".yaml")
    with atomic_write(beside) as part:
        text = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)
        part.write_text(text, encoding="utf-8")
    return beside


def _whole(path: Path) -> bytes:
    """An ONNX file with the weights that it keeps in files beside it.

    Raises:
        JssError: It is missing, or no ONNX file.
    """
    with optional():
        import onnx
        from google.protobuf.message import DecodeError
    try:
        return bytes(onnx.load(str(path)).SerializeToString())
    except FileNotFoundError as error:
        raise JssError(f"There is no file at {error.filename or path}.") from error
    except (DecodeError, OSError, ValueError, onnx.checker.ValidationError) as error:
        why = " ".join(str(error).split())[:200].rstrip(".")
        raise JssError(f"{path} cannot be read as an ONNX file ({why}).") from error
