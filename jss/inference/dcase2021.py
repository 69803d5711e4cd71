"""The published checkpoint of the DCASE 2021 Task 4 baseline (Zenodo 4639817) as a system of ours.

It is a file of PyTorch Lightning, which pickles more than weights: callbacks by their class, settings,
the state of the optimizer. torch reads it with ``weights_only``; every class or function that it names
beyond that stands as an empty class, so that nothing of it is imported or run.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from jss import checkpoints
from jss.checkpoints import Card, Folder, Manifest, Selection
from jss.errors import JssError
from jss.features import MelSpectrogram
from jss.labels import DESED_LABELS
from jss.models.crnn import CRNN, CRNNConfig

#: Its two networks by our selections.
NETWORKS = {"student": "sed_student", "teacher": "sed_teacher"}
#: Names of the reference's layers -> ours, of the CRNN. Some of its versions have one "cnn." less.
_LAYERS = (
    (r"cnn\.(?:cnn\.)?conv(\d+)\.", r"cnn.\1.0."),
    (r"cnn\.(?:cnn\.)?batchnorm(\d+)\.", r"cnn.\1.1."),
    (r"cnn\.(?:cnn\.)?glu(\d+)\.linear\.", r"cnn.\1.2.linear."),
    (r"rnn\.rnn\.", "rnn."),
    (r"dense\.", "strong."),
    (r"dense_softmax\.", "attention."),
)
#: Buffers of the reference's front end -> ours, and whether it is the transpose.
_FRONT_END = {
    "mel_spec.spectrogram.window": ("window", False),
    "mel_spec.mel_scale.fb": ("filters", True),
}
#: In the cards of its blocks.
_STAGE = "DCASE 2021 baseline"
_LIGHTNING_DICT = "pytorch_lightning.utilities.parsing.AttributeDict"


def convert(path: str | os.PathLike[str], name: str = "DCASE2021", folder: Folder = None) -> Path:
    """Write the student and the teacher of the checkpoint as blocks, and a system of both.

    Args:
        path: The checkpoint.
        name: Of the system.
        folder: That of blocks and systems.

    Returns:
        The manifest of the system.

    Raises:
        JssError: The file is missing, or no checkpoint of this baseline, or the name is taken.
    """
    stored = read(path)
    weights = stored.get("state_dict")
    if not isinstance(weights, Mapping):
        raise JssError(f"{path} holds no state_dict: it is no checkpoint of PyTorch Lightning.")
    weights = {str(key): value for key, value in weights.items() if isinstance(value, Tensor)}
    _check_front_end(weights, str(path))
    config, epoch = CRNNConfig(), stored.get("epoch")
    selections = {}
    blocks = {selection: f"{name.lower()}-detector-{selection}" for selection in NETWORKS}
    checkpoints.check_replaced(name, blocks.values(), _STAGE, folder)
    for selection, prefix in NETWORKS.items():
        card = Card(
            name=blocks[selection],
            kind="crnn",
            config=asdict(config),
            stage=_STAGE,
            network=selection,
            training_data="DESED: synthetic, weak and unlabelled in-domain clips",
            licence="as of the checkpoint, https://zenodo.org/record/4639817",
            epoch=epoch if isinstance(epoch, int) else None,
        )
        checkpoints.save_block(network(weights, prefix, config, str(path)), card, folder)
        selections[selection] = Selection(detector=card.name)
    return checkpoints.save_manifest(
        Manifest(
            name=name,
            description="The published DCASE 2021 Task 4 baseline, trained on DESED",
            labels=DESED_LABELS,
            selections=selections,
        ),
        folder,
    )


def read(path: str | os.PathLike[str]) -> Mapping[str, Any]:
    """The content of a checkpoint of PyTorch Lightning; what is not plain data or a tensor is empty.

    Raises:
        JssError: The file is missing, damaged or another file.
    """
    from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals

    if not Path(path).is_file():
        raise JssError(f"There is no file at {path}.")
    if not zipfile.is_zipfile(path):
        raise JssError(f"{path} is no checkpoint of PyTorch: download it again.")
    try:
        stand_ins: list[Any] = [
            (dict if unknown == _LIGHTNING_DICT else _empty(unknown), unknown)
            for unknown in get_unsafe_globals_in_checkpoint(path)
        ]
        with safe_globals(stand_ins):
            stored = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file can make any error of torch's reader
        why = " ".join(str(error).split()).partition(". ")[0][:200]
        raise JssError(f"{path} cannot be read as weights alone ({why}).") from error
    if not isinstance(stored, Mapping):
        raise JssError(
            f"{path} holds no keys and values: it is no checkpoint of PyTorch Lightning."
        )
    return stored


def network(
    weights: Mapping[str, Tensor], prefix: str, config: CRNNConfig, where: str
) -> dict[str, Tensor]:
    """The state dict of our CRNN, from that of the reference.

    Args:
        weights: Those of the checkpoint.
        prefix: Of the network in it, "sed_student" or "sed_teacher".
        config: Sizes of the CRNN.
        where: Name of the file, for the error.

    Raises:
        JssError: A layer is missing, or has another size or name.
    """
    state = {}
    for key, tensor in weights.items():
        if key.startswith(f"{prefix}."):
            ours = key.removeprefix(f"{prefix}.")
            for pattern, replacement in _LAYERS:
                ours = re.sub(f"^{pattern}", replacement, ours)
            state[ours] = tensor
    with torch.device("meta"):
        expected = {key: tensor.shape for key, tensor in CRNN(config).state_dict().items()}
    stored = {key: tensor.shape for key, tensor in state.items()}
    if stored != expected:
        key = min(key for key in {*expected, *stored} if expected.get(key) != stored.get(key))
        sizes = [
            tuple(s) if (s := shapes.get(key)) is not None else "none"
            for shapes in (stored, expected)
        ]
        raise JssError(
            f"{where} is no DCASE 2021 baseline: {prefix} has {key} of the size {sizes[0]}, not {sizes[1]}."
        )
    return state


def _check_front_end(weights: Mapping[str, Tensor], where: str) -> None:
    """Raise JssError where a checkpoint has buffers of another front end than ours."""
    ours = MelSpectrogram()
    for key, (name, transposed) in _FRONT_END.items():
        theirs = weights.get(key)
        if theirs is None:
            continue
        buffer = getattr(ours, name)
        buffer = buffer.T if transposed else buffer
        if theirs.shape != buffer.shape or not torch.allclose(theirs.float(), buffer, atol=1e-4):
            raise JssError(
                f"{where} was trained with another front end than that of 2021 ({key} differs): it cannot be "
                "converted."
            )


class _Empty:
    """Stands for anything: it takes every argument and state, and keeps none."""

    def __new__(cls, *_: object) -> _Empty:
        return super().__new__(cls)

    def __init__(self, *_: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass


def _empty(name: str) -> type[_Empty]:
    return type(name.rpartition(".")[2], (_Empty,), {})
