"""The reasons named in the sentence of an explanation: equal evidence, summed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from beliefgraph.model.belief import Belief
from beliefgraph.services.explanation.chains import EvidenceDetails
from beliefgraph.services.explanation.influenced import Pieces
from beliefgraph.services.explanation.sentence import SourceContribution
from beliefgraph.services.snapshots.recompute import Recomputed
from beliefgraph.services.twin.blocks import Floats, Ints

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
    """Each bearing separately if they are few, else those of one source on one belief together."""
    derived, size = seen.derived, np.abs(pieces.shares)
    if not len(pieces.rows):
        return ()
    groups, position = derived.state.bearings.register.groups, derived.position
    if len(pieces.share) <= READ:
        kind = np.arange(len(pieces.rows))
    else:
        alike = (groups.source * len(derived.layout.ids) + position) * 2 + groups.correction
        kind = np.unique(alike, return_inverse=True)[1][pieces.heading] * 2 + (pieces.shares > 0)
    number, total = np.bincount(kind), np.bincount(kind, pieces.shares)
    kinds = np.flatnonzero(number)
    weightiest = _weightiest(size, kind, len(number))[kinds]
    evidence = pieces.ids(np.searchsorted(pieces.start, weightiest, side="right") - 1)
    return tuple(
        Reason(
            evidence=id_,
            pieces=pieces_of_kind,
            on=seen.belief(int(position[heading])),
            correction=bool(groups.correction[heading]),
            contribution=share,
        )
        for id_, pieces_of_kind, heading, share in zip(
            evidence, number[kinds].tolist(), pieces.heading[weightiest], total[kinds].tolist(), strict=True
        )
    )


def _weightiest(size: Floats, kind: Ints, kinds: int) -> Ints:
    """Indices of the greatest sizes of each kind."""
    greatest = np.zeros(kinds)
    np.maximum.at(greatest, kind, size)
    found = np.flatnonzero(size == greatest[kind])[::-1]
    first = np.zeros(kinds, dtype=np.int64)
    first[kind[found]] = found
    return first
