"""The reasons named in the sentence of an explanation: equal evidence, summed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from beliefgraph.model.belief import Belief
from beliefgraph.services.explanation.chains import EvidenceDetails
from beliefgraph.services.explanation.influenced import Pieces
from beliefgraph.services.explanation.sentence import REASONS, SLIGHT, SourceContribution
from beliefgraph.services.snapshots.recompute import Recomputed
from beliefgraph.services.twin.blocks import Bools, Floats, Ints, unpacked

READ = 100
"""Most pieces of evidence that a sentence names separately; above, it gives the number from each source."""


@dataclass(frozen=True)
class Reason:
    """Pieces of evidence on one belief, all for it or all against it; `evidence` has the largest contribution.

    `pieces` is their number, and `contribution` their sum in log-odds.
    """

    evidence: str
    pieces: int
    on: Belief
    correction: bool
    contribution: float

    def from_source(self, details: Mapping[str, EvidenceDetails]) -> SourceContribution:
        """The reason with the source and the summary of its evidence."""
        evidence = details[self.evidence]
        summary = evidence.evidence.summary if self.pieces == 1 else None
        return SourceContribution(
            summary, evidence.source.name, self.pieces, self.on, self.correction, self.contribution
        )


def reasons(seen: Recomputed, pieces: Pieces) -> tuple[Reason, ...]:
    """Each bearing separately if they are few, else those of one source on one belief together.

    Left out are those that no sentence names, so that their evidence is not read.
    """
    derived, found = seen.derived, pieces.number
    if not found:
        return ()
    if found <= READ:
        weightiest, total, _ = pieces.bearings(np.arange(found))
        number = np.ones(len(weightiest), dtype=np.int64)
    else:
        number, total, weightiest = pieces.kinds.number, pieces.kinds.total, pieces.kinds.weightiest
    bearings, position = derived.state.bearings, derived.position
    block = bearings.take(weightiest)
    named = np.flatnonzero(_named(position[block.heading], number, total))
    block, number, total = block.take(named), number[named], total[named]
    return tuple(
        Reason(
            evidence=id_,
            pieces=pieces_of_kind,
            on=seen.belief(int(position[heading])),
            correction=bool(bearings.register.groups.correction[heading]),
            contribution=share,
        )
        for id_, pieces_of_kind, heading, share in zip(
            unpacked(block.evidence), number.tolist(), block.heading, total.tolist(), strict=True
        )
    )


def _named(on: Ints, number: Ints, total: Floats) -> Bools:
    """Which reasons a sentence may name: all of one piece, of others the greatest by belief, for and against it."""
    group = 2 * on + (total > 0.0)
    several = number > 1
    size = np.bincount(group[several], np.abs(total[several]), minlength=int(group.max()) + 1)
    kept = number == 1
    for side in (0, 1):
        greatest = np.sort(size[side::2])[-REASONS:]
        least = max(SLIGHT, greatest[0] if len(greatest) == REASONS else 0.0) * (1 - 1e-9)  # equal ones too
        kept |= several & (group % 2 == side) & (size[group] >= least)
    kept[np.argmax(np.abs(total))] = True  # so that a sentence knows that there is evidence
    return np.asarray(kept)
