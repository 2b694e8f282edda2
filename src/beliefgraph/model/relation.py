"""Relations between beliefs: each kind is one factor with one rule."""

from __future__ import annotations

from typing import Literal

from beliefgraph.errors import Incorrect
from beliefgraph.model.record import OddsRatio, OpenProbability, Record
from beliefgraph.model.revision import Revision

RelationKind = Literal["supports", "contradicts", "implies", "excludes", "causes"]

EXCLUDES_ODDS_RATIO = 0.01
"""What `excludes` means where nobody says: the odds of one fall a hundredfold when the other holds."""


class Strength(Record):
    """How strong a relation of a kind is: an odds ratio, or for `implies` P(target given source).

    `causes` takes either: an odds ratio, or the probability that this cause alone brings the effect about.
    """

    kind: RelationKind
    odds_ratio: OddsRatio | None = None
    probability: OpenProbability | None = None

    def model_post_init(self, _context: object) -> None:
        """Refuse a number that contradicts the kind."""
        if self.kind == "implies":
            if self.probability is None or self.odds_ratio is not None:
                raise Incorrect(
                    "invalid-input", "implies takes a probability, P(target given source), and no odds ratio."
                )
            return
        if self.into_noisy_or:
            if self.odds_ratio is not None:
                raise Incorrect("invalid-input", "causes takes an odds ratio or a probability, not both.")
            return
        if self.probability is not None:
            raise Incorrect("invalid-input", f"{self.kind} takes an odds ratio, not a probability.")
        if self.odds_ratio is None and self.kind != "excludes":
            either = " or a probability" if self.kind == "causes" else ""
            raise Incorrect("invalid-input", f"{self.kind} needs an odds ratio{either}.")
        if self.kind == "supports" and not (self.odds_ratio or 0) > 1:
            raise Incorrect("invalid-input", "supports needs an odds ratio above 1; below 1 it is contradicts.")
        if self.kind in ("contradicts", "excludes") and not self.parameter < 1:
            raise Incorrect("invalid-input", f"{self.kind} needs an odds ratio below 1; above 1 it is supports.")

    @property
    def into_noisy_or(self) -> bool:
        """Whether its effect is a noisy OR of its causes, each of which brings it about alone with a probability."""
        return self.kind == "causes" and self.probability is not None

    @property
    def parameter(self) -> float:
        """The one number the factor's rule takes: the odds ratio, or the probability."""
        if self.probability is not None:
            return self.probability
        return EXCLUDES_ODDS_RATIO if self.odds_ratio is None else self.odds_ratio


class BeliefRelation(Revision):
    """A relation between two beliefs of one twin while it holds.

    Where `origin` is provided it is personal and takes part in inference; where it is inferred it draws a relation of
    the definitions between two stored beliefs, so that the twin can be walked.
    """

    source: str
    target: str
    strength: Strength
