"""What a sentence tells of an explanation: the evidence that says the same, summed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from beliefgraph.model.belief import Belief
from beliefgraph.services.explanation.chains import Voice
from beliefgraph.services.explanation.influenced import Pieces
from beliefgraph.services.explanation.sentence import Told
from beliefgraph.services.recompute import Recomputed

READ = 100
"""Pieces of evidence whose own words a sentence tells; of more, it tells how many each source gave."""


@dataclass(frozen=True)
class Reason:
    """What pieces of evidence say of one belief, all for it or all against it; `evidence` is the weightiest of them.

    `pieces` is how many they are, and `contribution` their sum in log-odds.
    """

    evidence: str
    pieces: int
    on: Belief
    correction: bool
    contribution: float

    def told(self, spoken: Mapping[str, Voice]) -> Told:
        """The reason in the words of its evidence."""
        voice = spoken[self.evidence]
        summary = voice.evidence.summary if self.pieces == 1 else None
        return Told(summary, voice.source.name, self.pieces, self.on, self.correction, self.contribution)


def reasons(seen: Recomputed, pieces: Pieces) -> tuple[Reason, ...]:
    """Each bearing by itself where they are few, else those of one source on one belief together."""
    derived, size = seen.derived, np.abs(pieces.shares)
    if not len(pieces.rows):
        return ()
    groups, position = derived.state.bearings.register.groups, derived.position
    kinds = np.arange(len(pieces.rows))
    if len(pieces.share) > READ:
        alike = (groups.source * len(derived.layout.ids) + position) * 2 + groups.correction
        kinds = np.unique(alike, return_inverse=True)[1][pieces.heading] * 2 + (pieces.shares > 0)
    order = np.argsort(kinds, kind="stable")
    begins = np.flatnonzero(np.diff(kinds[order], prepend=-1))
    ends = np.append(begins[1:], len(order))
    weightiest = [order[first + int(size[order[first:end]].argmax())] for first, end in zip(begins, ends, strict=True)]
    evidence = pieces.ids(np.searchsorted(pieces.start, weightiest, side="right") - 1)
    total = np.add.reduceat(pieces.shares[order], begins)
    return tuple(
        Reason(
            evidence=id_,
            pieces=int(number),
            on=seen.belief(int(position[heading])),
            correction=bool(groups.correction[heading]),
            contribution=float(share),
        )
        for id_, number, heading, share in zip(evidence, ends - begins, pieces.heading[weightiest], total, strict=True)
    )
