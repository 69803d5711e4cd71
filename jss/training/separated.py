"""The sources of a frozen separator, separated once for all epochs: their mels on disk.

A stage that trains the detector alone (S1, SSep-SED) then learns from a fixed set, the clips of its
first epoch, in another order in each epoch. Waveforms are no longer there to be mixed, so there is
no mixup: ``save_pairs`` has a share of the training clips separated with another one added. Mel
magnitudes are stored in half precision, within 0.05 % of those computed (0.004 dB).
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor
from torch.utils.data import Subset

from jss.config import Config, DetectionConfig
from jss.data.clip import Event
from jss.data.datasets.overlap import add, merge, overlap_pairs
from jss.data.training.batching import DetectionSteps
from jss.data.training.datasets import CachedSet, TrainingData
from jss.data.training.example import Example, Examples
from jss.data.training.pool import RenderedSet
from jss.errors import DiskError
from jss.io.atomic import atomic_write
from jss.io.code_fingerprint import EXCLUDED, code_fingerprint
from jss.models.joint import JointModel
from jss.models.precision import bf16_units, products
from jss.training.memory import gigabytes

log = logging.getLogger(__name__)

#: Clips of a pass of the separator.
BATCH = 8
#: Changes with the format of the files.
_FORMAT = 1


class SeparatedSet(RenderedSet):
    """Clips as :func:`separate_once` wrote them: mels in place of samples."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, sources=False)

    def __getitem__(self, index: int) -> Example:
        number = index % len(self)
        nothing = np.zeros(0, np.float32)
        return Example(
            nothing, nothing[None], *self.labels_of(number), np.array(self.audio[number])
        )


class PairedSet:
    """The first clips of a set, of which a share have another one of them added.

    Where either clip of a pair has no labels, the pair has none.

    Args:
        examples: The set, of mixtures of one length.
        size: Number of clips.
        share: The chance that a clip has another one added, at equal level.
        seed: Of the choice.
    """

    def __init__(self, examples: Examples, size: int, share: float, seed: tuple[int, int]) -> None:
        self.examples, self.size = examples, size
        chosen = np.random.default_rng(seed).random(size) < share
        pairs = overlap_pairs(size, 1, seed) if size > 1 else []
        self.partner = {first: second for first, second in pairs if chosen[first]}

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Example:
        first = self.examples[index]
        if index not in self.partner:
            return first
        second = self.examples[self.partner[index]]
        events = tags = None
        if first.events is not None and second.events is not None:
            merged = merge(Event(*event) for event in (*first.events, *second.events))
            events = tuple((event.onset, event.offset, event.label) for event in merged)
        if first.tags is not None and second.tags is not None:
            tags = tuple(sorted({*first.tags, *second.tags}))
        return Example(add(first.mixture, second.mixture), first.sources[:0], events, tags)


def mels_of(model: JointModel, audio: Tensor) -> Tensor:
    """What is stored of clips: mel magnitudes of the sources, then of the mixture if it is needed.

    Args:
        model: With a separator.
        audio: (batch, samples).

    Returns:
        (batch, M or M + 1, mels, frames), linear.
    """
    sources = model.separate(audio)
    signals = torch.cat([sources, audio.unsqueeze(1)], 1) if model.needs_mixture else sources
    mels: Tensor = model.mel(signals)
    return mels


def separate_once(
    data: TrainingData,
    model: JointModel,
    config: Config,
    c: DetectionConfig,
    labels: Sequence[str],
    folder: Path,
) -> TrainingData:
    """Training data with mels in place of samples, from files where they are there.

    A file's name holds a hash of all that its content depends on: the weights, the clips with their
    labels, the precision and the code.

    Args:
        data: With samples.
        model: The separator and the front end.
        config: The preset.
        c: Settings of the stage; the set has the clips of one epoch.
        labels: The K classes.
        folder: Of the files.

    Raises:
        JssError: The files cannot be written, or are damaged.
    """
    assert model.separator is not None
    steps = DetectionSteps(data, config, c, labels, 0)
    half = config.precision == "bf16" and bf16_units()
    state = {key: value.cpu().contiguous() for key, value in model.separator.state_dict().items()}
    code = code_fingerprint(excluded=EXCLUDED - {"training"})  # mels are made here
    facts = (_FORMAT, code, half, model.needs_mixture)
    base = hashlib.sha256(save(state) + repr(facts).encode())
    maker = _Separation(model, half, folder)

    def taught(name: str, examples: Examples, number: int) -> Examples:
        size = c.batch[number] * (len(steps) // steps.parts)
        if not data.fresh:
            examples = Subset(examples, steps.order(number))  # type: ignore[arg-type]
        if c.save_pairs:
            examples = PairedSet(examples, size, c.save_pairs, (config.seed, number))
        return stored(name, examples, size)

    def stored(name: str, examples: Examples, size: int) -> Examples:
        if isinstance(examples, CachedSet):  # its clips would stay in memory
            examples = examples.examples
        return maker.stored(name, examples, size, base.copy()) if size else examples

    strong, weak = data.synthetic_validation, data.weak_validation
    return replace(
        data,
        fresh=False,
        synthetic=taught("synthetic", data.synthetic, 0),
        weak=taught("weak", data.weak, 1),
        unlabelled=taught("unlabelled", data.unlabelled, 2),
        synthetic_validation=stored("synthetic_validation", strong, len(strong)),
        weak_validation=stored("weak_validation", weak, len(weak)),
    )


@dataclass(frozen=True)
class _Separation:
    """Separates sets into files."""

    model: JointModel
    #: Whether products are in bf16.
    half: bool
    folder: Path

    def stored(self, name: str, examples: Examples, size: int, key: hashlib._Hash) -> SeparatedSet:
        """The first clips of a set; they are separated unless files of the same content exist."""
        facts: list[object] = []
        for index in range(size):
            example = examples[index]
            key.update(example.mixture.tobytes())
            facts.append((example.events, example.tags))
        key.update(repr(facts).encode())
        path = self.folder / f"{name}-{key.hexdigest()[:16]}"
        if not path.with_suffix(".json").is_file():  # written last: it marks a finished set
            log.info("%s: separating %d clips, once for all epochs", name, size)
            self._separate(examples, size, path)
            with atomic_write(path.with_suffix(".json")) as part:
                part.write_text(json.dumps(facts), encoding="utf-8")
        return SeparatedSet(path)

    def _separate(self, examples: Examples, size: int, path: Path) -> None:
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        model = self.model.to(device).eval()
        with atomic_write(path.with_suffix(".npy")) as part, part.open("wb") as file:
            for begin in range(0, size, BATCH):
                clips = [examples[i].mixture for i in range(begin, min(begin + BATCH, size))]
                audio = torch.from_numpy(np.stack(clips)).to(device)
                with torch.no_grad(), products(device, "bf16" if self.half else "fp32"):
                    mels = mels_of(model, audio).clamp(max=65504).half().cpu().numpy()
                if not begin:
                    header = {
                        "descr": "<f2",
                        "fortran_order": False,
                        "shape": (size, *mels.shape[1:]),
                    }
                    self._check_room(size * mels[0].nbytes)
                    np.lib.format.write_array_header_1_0(file, header)  # type: ignore[no-untyped-call]
                file.write(mels.tobytes())
        self.model.cpu()

    def _check_room(self, needed: int) -> None:
        """Raises DiskError before minutes are spent on what the disk cannot hold."""
        free = shutil.disk_usage(self.folder).free
        if free < needed:
            raise DiskError(
                f"{self.folder} has {gigabytes(free)} free, and the separated clips need "
                f"{gigabytes(needed)}: make room, or train with detection.save_sources=false."
            )
