"""Which of the evidence on one belief counts at a moment, given corrections and retractions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from beliefgraph.model import timeline
from beliefgraph.model.evidence import OBSERVED, Bearing


def counting_at(bearings: Sequence[Bearing], at: datetime) -> list[Bearing]:
    """Those of all bearings on one binary belief that count at `at`.

    Bearings that become valid later or have ended do not count. A change cancels earlier bearings except for
    corrections; a retraction also cancels those of the same age, unless they were stated after it. While a correction
    is in force, only it counts. Pass every bearing on the belief, because a correction may end where the next one
    begins.
    """
    retractions = [b for b in bearings if b.stance == "retraction" and b.valid.contains(at)]
    left = [b for b in bearings if b.stance != "retraction" and not any(_cancels(r, b) for r in retractions)]
    changes = [b.valid_from for b in bearings if b.stance == "change" and b.valid.contains(at)]
    left = [b for b in left if b.stance == "correction" or not changes or b.valid_from >= max(changes)]
    corrections = [b for b in left if b.stance == "correction"]
    in_force = timeline.at(corrections, at)
    if in_force is not None:
        return [b for b in corrections if b.evidence == in_force.evidence]
    return [b for b in left if b.stance != "correction" and b.valid.contains(at)]


def _cancels(retraction: Bearing, other: Bearing) -> bool:
    """Whether a retraction in force cancels another bearing.

    At the same instant an event is always retracted, whichever came first; a command only if it was known then.
    """
    if other.valid_from != retraction.valid_from:
        return other.valid_from < retraction.valid_from
    return other.stance in OBSERVED or other.rev_from < retraction.rev_from
