"""Which of the evidence on one belief counts at a moment, given corrections and retractions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from beliefgraph.model import timeline
from beliefgraph.model.evidence import OBSERVED, Bearing


def heard(bearings: Sequence[Bearing], at: datetime) -> list[Bearing]:
    """Those of all bearings on one belief, of an attribute that is true or false, that count at `at`.

    What is valid later or no longer never does. A change silences what began before it, but no correction; a
    retraction also what is as old as it, unless somebody said it afterwards. Where a correction is in force, it alone
    speaks. Pass every bearing on the belief, for a correction may end where the next one begins.
    """
    retractions = [b for b in bearings if b.stance == "retraction" and b.valid.contains(at)]
    left = [b for b in bearings if b.stance != "retraction" and not any(_silences(r, b) for r in retractions)]
    changes = [b.valid_from for b in bearings if b.stance == "change" and b.valid.contains(at)]
    left = [b for b in left if b.stance == "correction" or not changes or b.valid_from >= max(changes)]
    corrections = [b for b in left if b.stance == "correction"]
    in_force = timeline.at(corrections, at)
    if in_force is not None:
        return [b for b in corrections if b.evidence == in_force.evidence]
    return [b for b in left if b.stance != "correction" and b.valid.contains(at)]


def _silences(retraction: Bearing, other: Bearing) -> bool:
    """Whether a retraction that is in force silences another bearing.

    At the same instant an event belongs to what is retracted, whichever came first; a command, to what was known then.
    """
    if other.valid_from != retraction.valid_from:
        return other.valid_from < retraction.valid_from
    return other.stance in OBSERVED or other.rev_from < retraction.rev_from
