"""Two diagrams of a system, from its manifest and cards: its signal flow, and its training."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jss.checkpoints import ONNX, Card, Manifest
from jss.viz.diagram import Block, Drawing, Step, branches_diagram, system_diagram, training_diagram

_MODELS = {"crnn": "CRNN", "conv_tasnet": "Conv-TasNet"}
_POOLINGS = {
    "max": "largest score over sources (Eq. 28)",
    "sum": "sum over sources (Eq. 27)",
    "mean": "mean over sources (Eq. 22)",
}
#: Outputs of a Conv-TasNet whose card does not say how many.
SOURCES = 4
#: Training stages after pre-training, in the order in which they follow each other.
_RANK = {"S1": 1, "JT": 1, "S2": 2}


def signal_flow(system: Manifest, selection: str, cards: Mapping[str, Card]) -> Drawing:
    """Draw Fig. 1 for a system that does not separate, Fig. 3 for two branches, else Figs 4, 5."""
    chosen = system.selections[selection]
    separator = cards[chosen.separator] if chosen.separator else None
    sources = int(separator.config.get("n_src", SOURCES)) if separator else 1
    each = ["on each source, the same weights"] if separator else []
    detector = Block("Sound event detection", [*_facts(cards[chosen.detector]), *each])
    front = Block("Source separation", _facts(separator)) if separator else None
    if chosen.mixture and front:
        summed = chosen.mixture_input == "sources"
        on = "on the sources' sum" if summed else "on the mixture"
        branch = Block("Detection", [on, *_facts(cards[chosen.mixture])[:1]])
        on_sources = Block(
            "Detection", [f"on each of {sources} sources", *_facts(cards[chosen.detector])[:1]]
        )
        weight = "?" if chosen.q is None else f"{chosen.q:.2f}"
        return branches_diagram(
            branch,
            Block("Separation", _facts(separator)[:1] if separator else []),
            on_sources,
            system.pooling,
            weight,
            summed=summed,
        )
    return system_diagram(
        detector, front, _POOLINGS.get(system.pooling, system.pooling), sources, len(system.labels)
    )


def training_stages(
    system: Manifest, selection: str, card_of: Callable[[str], Card | None]
) -> Drawing:
    """Draw pre-training and what follows: Joint Training (Fig. 6) or two stages (Fig. 7).

    Args:
        system: Its manifest.
        selection: "teacher" or "student".
        card_of: Block -> its card, None where it is not installed; parents name the stage before.

    Returns:
        The diagram.
    """
    chosen = system.selections[selection]
    separator, detector = (
        (card_of(chosen.separator) if chosen.separator else None),
        card_of(chosen.detector),
    )
    steps: list[Step] = []
    while separator or detector:
        cards = [card for card in (separator, detector) if card]
        rank = max(_rank(card) for card in cards)
        stage = next(card.stage for card in cards if _rank(card) == rank)
        steps.append(
            Step(
                _title(stage) if rank else "Pre-training",
                _block(separator, rank),
                _block(detector, rank),
            )
        )
        if not rank:
            break
        separator, detector = (
            card if card is None or _rank(card) < rank else _before(card, card_of)
            for card in (separator, detector)
        )
    return training_diagram(steps[::-1])


def _before(card: Card, card_of: Callable[[str], Card | None]) -> Card | None:
    """The card of the parent, where that is of an earlier stage; a block may name itself."""
    parent = card_of(card.parent) if card.parent else None
    return parent if parent and _rank(parent) < _rank(card) else None


def _rank(card: Card) -> int:
    return _RANK.get(card.stage.rpartition("-")[2].rstrip("+"), 0)


def _title(stage: str) -> str:
    name = stage.rpartition("-")[2]
    return {
        "JT": "Joint Training (Fig. 6)",
        "S1": "Stage 1 (Fig. 7)",
        "S2": "Stage 2 (Fig. 7)",
        "JT+": "JT and separation loss",
        "S2+": "S2 and separation loss",
    }.get(name, stage)


def _block(card: Card | None, rank: int) -> Block | None:
    if card is None:
        return None
    title = "Detector" if card.kind in ("crnn", ONNX) else "Separator"
    if card.kind == ONNX:
        return Block(title, [card.name, card.stage], trained=False)
    trained = _rank(card) == rank
    stage = [] if rank else [card.stage]  # later ones stand over their blocks
    how = ", ".join([*stage, card.network, *([f"epoch {card.epoch}"] if card.epoch else [])])
    return Block(
        title, [card.name.removesuffix(f"-{card.network}"), how if trained else "frozen"], trained
    )


def _facts(card: Card) -> list[str]:
    if card.kind == ONNX:
        return [card.name, card.stage]
    kind = card.kind.partition(":")[2] or _MODELS.get(card.kind, card.kind)
    return [f"{card.name}", f"{kind}, {card.stage} {card.network}"]
