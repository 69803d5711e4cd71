"""A system as two drawings: what it computes, and how it came to be. Made from its manifest and its
blocks' cards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jss.checkpoints import Card, Manifest
from jss.viz.diagram import Block, Drawing, Step, branches_diagram, system_diagram, training_diagram

_NETWORKS = {"crnn": "CRNN", "conv_tasnet": "ConvTas-Net"}
_POOLINGS = {
    "max": "largest score over sources (Eq. 28)",
    "sum": "sum over sources (Eq. 27)",
    "mean": "mean over sources (Eq. 22)",
}
#: Outputs of a ConvTas-Net whose card does not say how many.
SOURCES = 4
#: Training processes in the order in which they follow each other.
_RANK = {"S1": 1, "JT": 1, "S2": 2}


def computes(system: Manifest, selection: str, cards: Mapping[str, Card]) -> Drawing:
    """Fig. 1 for a system without a separation stage, Fig. 3 for one with two branches, Figs 4 and
    5 for the others.
    """
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
        own = Block(
            "Detection", [f"on each of {sources} sources", *_facts(cards[chosen.detector])[:1]]
        )
        weight = "?" if chosen.q is None else f"{chosen.q:.2f}"
        return branches_diagram(
            branch,
            Block("Separation", _facts(separator)[:1] if separator else []),
            own,
            system.pooling,
            weight,
            summed=summed,
        )
    return system_diagram(
        detector, front, _POOLINGS.get(system.pooling, system.pooling), sources, len(system.labels)
    )


def came_to_be(system: Manifest, selection: str, card_of: Callable[[str], Card | None]) -> Drawing:
    """Pre-training, and Joint Training (Fig. 6) or the two stages after it (Fig. 7), as the cards'
    parents tell. card_of: a block's card, None where it is not installed.
    """
    chosen = system.selections[selection]
    separator, detector = (
        (card_of(chosen.separator) if chosen.separator else None),
        card_of(chosen.detector),
    )
    steps: list[Step] = []
    while separator or detector:
        there = [card for card in (separator, detector) if card]
        rank = max(_rank(card) for card in there)
        stage = next(card.stage for card in there if _rank(card) == rank)
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
            card
            if card is None or _rank(card) < rank
            else card_of(card.parent)
            if card.parent
            else None
            for card in (separator, detector)
        )
    return training_diagram(steps[::-1])


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
    title = "Detector" if card.kind == "crnn" else "Separator"
    trained = _rank(card) == rank
    stage = [] if rank else [card.stage]  # later ones stand over their blocks
    how = ", ".join([*stage, card.network, *([f"epoch {card.epoch}"] if card.epoch else [])])
    return Block(
        title, [card.name.removesuffix(f"-{card.network}"), how if trained else "frozen"], trained
    )


def _facts(card: Card) -> list[str]:
    kind = card.kind.partition(":")[2] or _NETWORKS.get(card.kind, card.kind)
    return [f"{card.name}", f"{kind}, {card.stage} {card.network}"]
