"""The papers' equations: number, meaning, and the function or class that computes each."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Equation:
    """One equation of a paper."""

    #: Number in the paper.
    number: int
    #: What it defines, in a few words.
    title: str
    #: Dotted names of the functions and classes that compute it.
    where: tuple[str, ...]

    def resolve(self) -> list[Any]:
        """Import the functions and classes that compute it.

        Raises:
            ImportError: There is no such module.
            AttributeError: The module has no such function or class.
        """
        return [pkgutil.resolve_name(name) for name in self.where]


def _table(*rows: tuple[int, str, str]) -> dict[int, Equation]:
    return {
        number: Equation(number, title, tuple(f"jss.{name}" for name in where.split()))
        for number, title, where in rows
    }


#: Equations of de Benito-Gorrón, Zmolikova, Toledano: PLoS ONE 19(7), 2024.
JSS: Mapping[int, Equation] = _table(
    (1, "score sequences from a mixture", "models.crnn.CRNN"),
    (2, "two branches weighted by q", "models.branches.Balance.forward"),
    (3, "the teacher's moving average", "training.mean_teacher.update_teacher"),
    (4, "supervised loss", "losses.sed.supervised_loss"),
    (5, "consistency loss", "losses.sed.consistency_loss"),
    (
        6,
        "the objective of Mean Teacher training",
        "training.detection.DetectionTask.training_step",
    ),
    (7, "F1", "metrics.f_score.f1_score metrics.f_score.f1_from_counts"),
    (8, "precision", "metrics.f_score.precision metrics.f_score.f1_from_counts"),
    (9, "recall", "metrics.f_score.recall metrics.f_score.f1_from_counts"),
    (10, "a separator's estimates", "models.separator.ConvTasNet"),
    (11, "negative SNR", "losses.snr.negative_snr"),
    (12, "permutation invariant training", "losses.pit.pit_loss"),
    (13, "thresholded SNR of an active source", "losses.snr.active_loss"),
    (14, "loss of an inactive output", "losses.snr.inactive_loss"),
    (15, "PIT with a variable number of sources", "losses.pit.pit_loss"),
    (
        16,
        "estimates from a mixture of mixtures",
        "training.separation.SeparationTask.separation_loss",
    ),
    (
        17,
        "mixture invariant training",
        "losses.mixit.mixit_loss losses.mixit.assignments",
    ),
    (18, "masks in the encoder's domain", "models.separator.Masker"),
    (19, "SNR improvement", "metrics.separation.snr_improvement"),
    (20, "sources of the joint model", "models.joint.JointModel.separate"),
    (21, "scores of each source", "models.joint.JointModel.detect"),
    (22, "pooling over the sources", "models.pooling.pooling"),
    (23, "student model selection", "training.selection.best_epoch"),
    (24, "teacher model selection", "training.selection.best_epoch"),
    (25, "fusion by the mean of scores", "inference.fusion.fuse"),
    (26, "the student's objective", "training.selection.objective"),
    (27, "sum pooling", "models.pooling.sum_pool"),
    (28, "max pooling", "models.pooling.max_pool"),
    (29, "the teacher's objective", "training.selection.objective"),
    (
        30,
        "similarity of the sources' scores",
        "metrics.diversity.frame_similarity metrics.diversity.clip_similarity",
    ),
)

#: Equations of Pishdadian, Wichern, Le Roux: ICASSP 2020.
WEAK_LABELS: Mapping[int, Equation] = _table(
    (
        1,
        "masks of the mixture's magnitude",
        "models.tf_masker.magnitudes models.tf_masker.TFMasker.forward",
    ),
    (2, "mixture loss, refined by weak labels", "losses.weak_label.mixture_loss"),
    (3, "the critic on mixtures, frame labels", "losses.weak_label.critic_frame_loss"),
    (4, "class weights", "losses.weak_label.class_weights"),
    (5, "the critic on mixtures, clip labels", "losses.weak_label.critic_clip_loss"),
    (6, "the critic on sources, frame labels", "losses.weak_label.source_frame_loss"),
    (7, "the critic on sources, clip labels", "losses.weak_label.source_clip_loss"),
    (
        8,
        "total loss, frame labels",
        "losses.weak_label.total_loss training.weak_label.SeparatorTask.terms",
    ),
    (
        9,
        "total loss, clip labels",
        "losses.weak_label.total_loss training.weak_label.SeparatorTask.terms",
    ),
)

PAPERS: Mapping[str, Mapping[int, Equation]] = {"JSS": JSS, "Weak labels": WEAK_LABELS}
