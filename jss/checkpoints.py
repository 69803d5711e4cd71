"""Blocks (weights and their card) and systems (a manifest of blocks), on disk.

    blocks/<name>.safetensors   weights        blocks/<name>.json    their card
    blocks/<name>.onnx          the same for a detector of the kind onnx (docs/detectors.md)
    blocks/<name>.history.csv   the training that made them, an epoch a row, where it was saved
    systems/<name>.yaml         a system: which blocks, classes, pooling and features

``folder`` is everywhere the folder that holds ``blocks`` and ``systems``: by default that of the
environment variable JSS_CHECKPOINTS, else what is shipped: ``shipped`` in an installed package,
``checkpoints`` beside the package in a checkout. Files are validated when read, and written
atomically.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, field, replace
from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic.dataclasses import dataclass

from jss.decoding import OperatingPoints
from jss.errors import JssError
from jss.io import histories
from jss.io.atomic import atomic_write
from jss.io.notes import warn
from jss.io.schema import SCHEMA, read_yaml, validate
from jss.labels import CLASS_SETS

if TYPE_CHECKING:
    from torch import Tensor, nn

Folder = str | os.PathLike[str] | None
T = TypeVar("T")
_SELECTIONS = ("student", "teacher")
#: What names a block or a system.
_NAME = r"\w[\w.+-]*"
#: In the order of a list of systems.
_STAGES = ("SED", "S0", "S1", "S2", "S2+", "JT", "JT+")
_RESTORE = "restore it (git checkout), copy it there with its card, or train it again"
#: Kind of a block that is an ONNX file.
ONNX = "onnx"
#: What YAML calls a mapping.
_MAP = "tag:yaml.org,2002:map"


@dataclass(frozen=True, config=SCHEMA)
class Card:
    """Where a block's weights come from."""

    #: Of the block.
    name: str
    #: crnn, critic, tf_masker, conv_tasnet, tdcn, asteroid:NAME or onnx.
    kind: str
    #: Sizes of the network; of an ONNX file, what it takes and gives
    #: (``jss.models.onnx_detector.OnnxConfig``).
    config: dict[str, Any]
    #: What trained it.
    stage: str
    #: student or teacher.
    network: str
    #: The data that it was trained on.
    training_data: str
    #: Terms of that data.
    licence: str
    #: Of the training.
    seed: int | None = None
    #: The one selected.
    epoch: int | None = None
    #: The block that the training started from.
    parent: str | None = None
    #: Of the weights file of that block, which may since have been trained on under its name; older
    #: cards do not have it.
    parent_sha256: str = ""
    #: Of the code that trained it.
    commit: str = ""
    #: Of the training.
    settings: dict[str, Any] = field(default_factory=dict)
    #: Held-out scores.
    metrics: dict[str, Any] = field(default_factory=dict)
    #: What was done to the weights after the training.
    note: str = ""
    #: UTC time; set by :func:`save_block`.
    created: str = ""
    #: Of the weights file; set by :func:`save_block`.
    sha256: str = ""

    @property
    def separates_classes(self) -> bool:
        """Whether it is of a separator of the weak-label paper, whose outputs are classes."""
        return "classes" in self.settings and self.kind != "critic"

    @property
    def fingerprint(self) -> str:
        """A text that changes with what the block computes."""
        if self.kind != ONNX:  # its weights fit one config alone
            return self.sha256
        config = json.dumps(self.config, sort_keys=True)
        return hashlib.sha256(f"{self.sha256} {config}".encode()).hexdigest()


@dataclass(frozen=True, config=SCHEMA)
class Selection:
    """The blocks of a student or a teacher."""

    #: Name of the block.
    detector: str
    #: None for a system without a separation stage.
    separator: str | None = None
    #: The frozen detector of the second branch of the SSep+SED baseline.
    mixture: str | None = None
    #: Weight of that branch (Eq. 2).
    q: float | None = None
    #: Input of that branch: the sum of the sources' mels, or the mixture's mel; older manifests do
    #: not name it.
    mixture_input: Literal["sources", "mixture"] = "mixture"
    #: Remark for the reader of its figures.
    note: str = ""
    #: What its scores become events by (``jss tune``).
    operating: OperatingPoints | None = None

    @property
    def blocks(self) -> list[str]:
        """The names of all blocks."""
        return [name for name in (self.separator, self.detector, self.mixture) if name]


@dataclass(frozen=True, config=SCHEMA)
class Manifest:
    """A system."""

    #: Of the system.
    name: str
    #: One sentence.
    description: str
    #: The K classes.
    labels: tuple[str, ...]
    #: Blocks of student and teacher.
    selections: Mapping[str, Selection]
    #: Over sources.
    pooling: str = "max"
    #: Name of the front end.
    features: str = "dcase2021"
    #: Whether sources are made to sum to the mixture.
    consistent: bool = False
    #: Its evaluation.
    report: str | None = None

    @property
    def separates(self) -> bool:
        """Whether any selection has a separation stage."""
        return any(selection.separator for selection in self.selections.values())


def root(folder: Folder = None) -> Path:
    """The folder of blocks, systems and reports.

    It is ``folder``, or that of JSS_CHECKPOINTS, or that of what is shipped.
    """
    named = folder or os.environ.get("JSS_CHECKPOINTS")
    return Path(named) if named else _shipped()


@cache
def _shipped() -> Path:
    installed = Path(__file__).parent / "shipped"  # see pyproject.toml
    return installed if installed.is_dir() else Path(__file__).parents[1] / "checkpoints"


def weights_fingerprint(cards: Iterable[Card]) -> str:
    """A text that changes with the weights of a selection.

    Args:
        cards: Of its blocks.
    """
    text = " ".join(sorted(card.fingerprint for card in cards))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def operating_points(
    manifest: Manifest, selection: str, cards: Iterable[Card]
) -> OperatingPoints | None:
    """The operating points of a selection; None where it has none, or they are of other weights.

    Args:
        manifest: Of the system.
        selection: One that it has.
        cards: Of the blocks of the selection.
    """
    points = manifest.selections[selection].operating
    if points is None or points.weights == weights_fingerprint(cards):
        return points
    warn(
        f"The operating points of {manifest.name} ({selection}) are of other weights and are not used: "
        f"run jss tune {manifest.name} again."
    )
    return None


def save_block(
    state: Mapping[str, Tensor], card: Card, folder: Folder = None, *, half: bool = False
) -> Card:
    """Write a state dict and its card.

    Args:
        state: The weights.
        card: Without sha256 and created.
        folder: That of blocks and systems.
        half: Store matrices and kernels as float16 (half the size); vectors, such as biases and
            BatchNorm statistics, and values beyond float16 stay as they are.

    Returns:
        The card with sha256 and created.
    """
    import torch
    from safetensors.torch import save

    def stored(tensor: Tensor) -> Tensor:
        tensor = tensor.detach().cpu().contiguous().clone()
        small = (
            half
            and tensor.is_floating_point()
            and tensor.ndim > 1
            and bool((tensor.abs() < 65504).all())
        )
        return tensor.to(torch.float16) if small else tensor

    return save_weights(save({key: stored(tensor) for key, tensor in state.items()}), card, folder)


def save_weights(weights: bytes, card: Card, folder: Folder = None) -> Card:
    """Write the weights of a block, an ONNX file for one of that kind, and its card.

    Args:
        weights: Content of the file.
        card: Without sha256 and created.
        folder: That of blocks and systems.

    Returns:
        The card with sha256 and created.
    """
    card = replace(
        card,
        sha256=hashlib.sha256(weights).hexdigest(),
        created=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    )
    with atomic_write(_weights(card, folder)) as part:
        part.write_bytes(weights)
    with atomic_write(_block(card.name, folder, ".json")) as part:
        part.write_text(json.dumps(asdict(card), indent=2) + "\n", encoding="utf-8")
    return card


def save_history(name: str, rows: Sequence[Mapping[str, float]], folder: Folder = None) -> None:
    """Save the epochs of the training of a block beside its card.

    Args:
        name: Of the block.
        rows: One per epoch.
        folder: That of blocks and systems.
    """
    histories.save(_block(name, folder, ".history.csv"), rows)


def load_history(name: str, folder: Folder = None) -> list[dict[str, float]]:
    """The epochs of the training of a block; empty where they were not saved.

    Args:
        name: Of the block.
        folder: That of blocks and systems.

    Raises:
        JssError: The file is damaged.
    """
    path = _block(name, folder, ".history.csv")
    return histories.load(path) if path.is_file() else []


def load_card(name: str, folder: Folder = None) -> Card:
    """The card of a block.

    Args:
        name: Of the block.
        folder: That of blocks and systems.

    Raises:
        JssError: It is missing, or a key is unknown, missing or of a wrong type.
    """
    path = _block(name, folder, ".json")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise JssError(
            f"There is no card {path}: the block {name} is missing or incomplete; {_RESTORE}."
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise JssError(f"The card {path} cannot be read ({error}): {_RESTORE}.") from error
    card = validate(Card, data, str(path))
    if card.name != name:
        raise JssError(f"The card {path} is that of the block {card.name}: {_RESTORE}.")
    return card


def cards_with_classes(folder: Folder = None) -> list[Card]:
    """The cards of the weak-label paper's blocks, whose settings name their classes, by name.

    Args:
        folder: That of blocks and systems.

    Raises:
        JssError: A card cannot be read.
    """
    paths = sorted((root(folder) / "blocks").glob("*.json"))
    cards = [load_card(path.stem, folder) for path in paths]
    return [card for card in cards if "classes" in card.settings]


def save_manifest(manifest: Manifest, folder: Folder = None) -> Path:
    """Write the manifest of a system.

    Args:
        manifest: Of the system.
        folder: That of blocks and systems.

    Returns:
        The file.

    Raises:
        JssError: Its name cannot name a system.
    """
    import yaml

    if not re.fullmatch(_NAME, manifest.name):
        raise JssError(
            f"'{manifest.name}' cannot name a system: use letters, digits, '-', '+', '_' and '.'."
        )
    path = root(folder) / "systems" / f"{manifest.name}.yaml"
    labels = next(
        (name for name in CLASS_SETS if class_labels(name, "") == manifest.labels),
        list(manifest.labels),
    )
    plain = {
        "name": manifest.name,
        "description": manifest.description,
        "labels": labels,
        "pooling": manifest.pooling,
        "features": manifest.features,
        "consistent": manifest.consistent,
        **({} if manifest.report is None else {"report": manifest.report}),
        "selections": {
            who: {
                key: _in_rows(value) if key == "operating" else value
                for key, value in asdict(chosen).items()
                if key == "separator" or value not in (None, "")
                if (key, value) != ("mixture_input", "mixture")
            }
            for who, chosen in manifest.selections.items()
        },
    }

    class Dumper(yaml.SafeDumper):
        """A dumper that has each operating point in one line."""

    Dumper.add_representer(
        _Row, lambda dumper, row: dumper.represent_mapping(_MAP, row.items(), flow_style=True)
    )
    with atomic_write(path) as part:
        text = yaml.dump(plain, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)
        part.write_text(text, encoding="utf-8")
    return path


class _Row(dict[str, Any]):
    """A mapping that stands in one line of a YAML file."""


def _in_rows(operating: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: {label: _Row(point) for label, point in value.items()}
        if isinstance(value, Mapping)
        else value
        for key, value in operating.items()
    }


def check_block(name: str, folder: Folder = None) -> Card:
    """The card of a block, after checking that its weights are complete.

    Args:
        name: Of the block.
        folder: That of blocks and systems.

    Raises:
        JssError: A file is missing or damaged.
    """
    return _read_block(name, folder)[0]


def _read_block(name: str, folder: Folder) -> tuple[Card, bytes]:
    card = load_card(name, folder)
    path = _weights(card, folder)
    try:
        weights = path.read_bytes()
    except FileNotFoundError as error:
        raise JssError(
            f"The block {name} has a card, but there are no weights at {path}: {_RESTORE}."
        ) from error
    except OSError as error:
        raise JssError(f"The weights {path} cannot be read: {error.strerror or error}.") from error
    if hashlib.sha256(weights).hexdigest() != card.sha256:
        raise JssError(
            f"The weights {path} do not match the checksum of their card: the file is damaged, cut off or "
            f"of another training; {_RESTORE}."
        )
    return card, weights


def load_block(name: str, folder: Folder = None) -> tuple[Card, dict[str, Tensor]]:
    """A block's card and weights, floating point as float32.

    Args:
        name: Of the block.
        folder: That of blocks and systems.

    Raises:
        JssError: A file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    card, weights = _read_block(name, folder)
    if card.kind == ONNX:
        raise JssError(
            f"The block {name} is an ONNX file: it can be the detector of a system, but it can be neither "
            "trained nor used in place of a separator."
        )
    try:
        state = load(weights)
    except (SafetensorError, ValueError) as error:
        path = _block(name, folder, ".safetensors")
        raise JssError(f"The weights {path} are no safetensors file: {_RESTORE}.") from error
    return card, {
        key: tensor.float() if tensor.is_floating_point() else tensor
        for key, tensor in state.items()
    }


def check_replaced(system: str, blocks: Iterable[str], stage: str, folder: Folder = None) -> None:
    """Check that a system that is converted replaces only what was converted in the same way.

    Args:
        system: Its name.
        blocks: The names of its blocks.
        stage: That of their cards.
        folder: That of blocks and systems.

    Raises:
        JssError: There is a system or a block of such a name from elsewhere.
    """
    there = (root(folder) / "systems" / f"{system}.yaml").is_file()
    chosen = manifest(system, folder).selections.values() if there else ()
    for block in (*blocks, *(selection.detector for selection in chosen)):
        path = _block(block, folder, ".json")
        if path.is_file() and load_card(block, folder).stage != stage:
            raise JssError(
                f"{system} would replace a block or system that is there: give it another --name."
            )


def bring_block(name: str, folder: Folder = None) -> Card:
    """A block's card, after copying the block into a folder that lacks it from the default one.

    Args:
        name: Of the block.
        folder: That of blocks and systems.

    Raises:
        JssError: It is in neither, or damaged.
    """
    if folder is None or _block(name, folder, ".json").is_file():
        return check_block(name, folder)
    card, weights = _read_block(name, None)
    for path, content in (
        (_weights(card, folder), weights),
        (_block(name, folder, ".json"), _block(name, None, ".json").read_bytes()),
    ):
        with atomic_write(path) as part:
            part.write_bytes(content)
    return card


def load_onnx(name: str, folder: Folder = None) -> tuple[Card, bytes]:
    """A block of the kind onnx: its card and the content of its file.

    Args:
        name: Of the block.
        folder: That of blocks and systems.

    Raises:
        JssError: A file is missing or damaged, or the block is of another kind.
    """
    card, weights = _read_block(name, folder)
    if card.kind != ONNX:
        raise JssError(f"The block {name} is a {card.kind}, not an ONNX file.")
    return card, weights


#: Kind of a block -> the module of its network, the network's class and the class of its sizes.
NETWORKS: Mapping[str, tuple[str, str, str]] = {
    "crnn": ("jss.models.crnn", "CRNN", "CRNNConfig"),
    "conv_tasnet": ("jss.models.separator", "ConvTasNet", "ConvTasNetConfig"),
    "tdcn": ("jss.models.tdcn", "TDCN", "TDCNConfig"),
    "critic": ("jss.models.critic", "Critic", "CriticConfig"),
    "tf_masker": ("jss.models.tf_masker", "TFMasker", "TFMaskerConfig"),
}
#: A kind that begins with this is a waveform model of Asteroid, such as asteroid:DPRNNTasNet.
ASTEROID = "asteroid:"


def build(kind: str, config: Mapping[str, Any]) -> nn.Module:
    """A network with fresh weights.

    Args:
        kind: One of ``NETWORKS``, or "asteroid:NAME".
        config: Its sizes, as a card holds them.

    Raises:
        JssError: The kind is unknown, or a size is unknown, out of range, or one that no network
            has.
    """
    if kind.startswith(ASTEROID):
        from jss.models import asteroid

        return asteroid.build(kind.removeprefix(ASTEROID), dict(config))
    if kind not in NETWORKS:
        raise JssError(
            f'There is no kind of block "{kind}": use one of {", ".join(NETWORKS)} or '
            "asteroid:NAME, such as asteroid:DPRNNTasNet."
        )
    module, network, sizes = NETWORKS[kind]
    loaded_module = import_module(module)
    try:
        built: nn.Module = getattr(loaded_module, network)(
            validate(getattr(loaded_module, sizes), config, f"A {kind} block")
        )
    except (ValueError, RuntimeError, ArithmeticError, MemoryError) as error:
        raise JssError(f"No {kind} block can have these sizes ({error}).") from error
    return built


def load_network(name: str, folder: Folder = None) -> tuple[nn.Module, Card]:
    """A block as a network with its weights, in eval mode, and its card.

    Args:
        name: Of the block.
        folder: That of blocks and systems.

    Raises:
        JssError: A file is missing or damaged, or the weights do not fit the card.
    """
    import torch

    card, state = load_block(name, folder)
    # Without memory, since a card may name any size.
    with torch.device("cpu" if card.kind.startswith(ASTEROID) else "meta"):
        expected = {
            k: tuple(tensor.shape)
            for k, tensor in build(card.kind, card.config).state_dict().items()
        }
    shapes = {key: tuple(tensor.shape) for key, tensor in state.items()}
    if expected != shapes:
        key = min(key for key in {*expected, *shapes} if expected.get(key) != shapes.get(key))
        raise JssError(
            f"The block {name} does not fit its card: {key} has the shape {shapes.get(key, 'none')}, not "
            f"{expected.get(key, 'none')}; {_RESTORE}."
        )
    network = build(card.kind, card.config)
    network.load_state_dict(state)
    return network.eval(), card


def systems(folder: Folder = None) -> list[Manifest]:
    """Every system of the folder: the baselines, then each family in the order of the stages.

    Raises:
        JssError: A manifest is damaged.
    """
    manifests = [
        manifest(path.stem, folder) for path in sorted((root(folder) / "systems").glob("*.yaml"))
    ]

    return sorted(manifests, key=lambda system: place(system.name))


def place(system: str) -> tuple[int, str, int, str]:
    """Sort key of a system: the baselines, then each family in the order of the stages."""
    family, _, stage = system.rpartition("-")
    number = _STAGES.index(stage) if stage in _STAGES else len(_STAGES)
    return bool(family) + (stage != "SED"), family, number, stage


def manifest(name: str, folder: Folder = None) -> Manifest:
    """One system by name.

    Args:
        name: Of the system.
        folder: That of blocks and systems.

    Raises:
        JssError: There is no such system, or its manifest is wrong.
    """
    systems_folder = root(folder) / "systems"
    known = sorted(path.stem for path in systems_folder.glob("*.yaml"))
    if name not in known:
        is_block = (root(folder) / "blocks" / f"{name}.json").is_file()
        if is_block and load_card(name, folder).separates_classes:
            raise JssError(
                f"{name} is a separator of the weak-label paper, which detects no events: use jss evaluate, "
                "the app's page Weak labels or, in Python, jss.weak_labels.inference.load_weak."
            )
        advice = (
            f"choose one of {', '.join(known)}" if known else f"there is none in {systems_folder}"
        )
        raise JssError(f"There is no system {name}: {advice}.")
    path = systems_folder / f"{name}.yaml"
    try:
        content = path.read_bytes()
    except OSError:  # told below
        content = b""
    return _manifest(path, content)


@lru_cache(64)  # YAML is slow to read, and a start of the app asks for each system twice
def _manifest(path: Path, content: bytes) -> Manifest:
    """The system of a manifest; raises JssError where it is wrong."""
    name, where = path.stem, str(path)
    data = read_yaml(path)
    data["labels"] = class_labels(data.get("labels"), where)
    chosen = data.get("selections")
    if not isinstance(chosen, dict) or not chosen or not set(chosen) <= set(_SELECTIONS):
        raise JssError(f"{where}: selections must name the blocks of student, teacher or both.")
    system = validate(Manifest, data, where)
    if system.name != name:
        raise JssError(f"{where} must have name: {name}, not {system.name}.")
    for who, selection in system.selections.items():
        points = selection.operating
        labels = {*system.labels}
        if points and not ({*points.median} == labels and {*points.boxes} in (labels, set())):
            raise JssError(
                f"{where}: the operating points of the {who} must name each of the labels once: run "
                f"jss tune {name} again."
            )
    return system


def class_labels(value: object, where: str) -> tuple[str, ...]:
    """The labels of a manifest: those of a class set by its name, or a list.

    Args:
        value: As it stands in the file.
        where: Name of the file, for the error.

    Raises:
        JssError: It is neither.
    """
    if isinstance(value, str) and value in CLASS_SETS:
        return tuple(c.label for c in CLASS_SETS[value])
    if (
        isinstance(value, list)
        and value
        and all(isinstance(v, str) for v in value)
        and len({*value}) == len(value)
    ):
        return tuple(value)
    raise JssError(
        f"{where}: labels must be a class set ({', '.join(CLASS_SETS)}) or a list of different labels."
    )


def _weights(card: Card, folder: Folder) -> Path:
    return _block(card.name, folder, ".onnx" if card.kind == ONNX else ".safetensors")


def _block(name: str, folder: Folder, suffix: str) -> Path:
    if not re.fullmatch(_NAME, name):
        raise JssError(f"'{name}' cannot name a block: use letters, digits, '-', '+', '_' and '.'.")
    return root(folder) / "blocks" / f"{name}{suffix}"
