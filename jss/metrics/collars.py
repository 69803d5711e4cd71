"""Event matching by collars on onset and offset, as sed_eval 0.2.1 does with optimal matching."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from jss.metrics.events import EventArrays
from jss.metrics.intersection import candidates

#: Seconds by which an onset may be off, and an offset at least.
COLLAR = 0.2
#: Share of the event's length by which its offset may be off.
SHARE = 0.2


def matched(
    detections: EventArrays,
    truth: EventArrays,
    n_labels: int,
    *,
    collar: float = COLLAR,
    share: float = SHARE,
) -> npt.NDArray[np.intp]:
    """Ground-truth events that are matched by a detection, in a largest one-to-one matching.

    A pair of one clip and class may match where the onsets differ by at most ``collar`` seconds and
    the offsets by at most max(collar, share * length of the true event).

    Args:
        detections: Detected events.
        truth: Ground-truth events.
        n_labels: K, the number of classes.
        collar: Seconds.
        share: Of the length of the true event.

    Returns:
        Indices into truth, sorted.
    """
    det, gt = candidates(detections, truth, n_labels, same_label=True)
    near = np.abs(truth.onset[gt] - detections.onset[det]) <= collar
    near &= np.abs(truth.offset[gt] - detections.offset[det]) <= np.maximum(
        collar, share * truth.length[gt]
    )
    pairs = (np.ones(int(near.sum()), np.int8), (gt[near], det[near]))
    graph = csr_matrix(pairs, shape=(len(truth), len(detections)))
    if not graph.nnz:
        return np.zeros(0, np.intp)
    return np.flatnonzero(maximum_bipartite_matching(graph, perm_type="column") >= 0)
