"""Relations between beliefs: each kind is one factor with one rule."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.errors import Incorrect
from beliefgraph.model.record import OddsRatio, OpenProbability, Record
from beliefgraph.model.revision import Ended, Revision
from beliefgraph.model.vocabulary import vocabulary

RelationKind = Annotated[
    Literal["supports", "contradicts", "implies", "excludes", "causes"],
    vocabulary(
        "How one belief affects another.",
        {
            "supports": "Each makes the other more likely.",
            "contradicts": "Each makes the other less likely.",
            "implies": "If the source holds, the target holds with a stated probability.",
            "excludes": "The two rarely hold together.",
            "causes": "The source causes the target.",
        },
    ),
]

EXCLUDES_ODDS_RATIO = 0.01
"""Default of `excludes`: the odds of one belief fall a hundredfold if the other holds."""


class Strength(Record):
    """Kind and strength of a relation: an odds ratio or a probability."""

    kind: RelationKind
    odds_ratio: OddsRatio | None = Field(
        None,
        description="Factor by which the odds of one belief change if the other holds: above 1 it supports, below 1 it"
        " contradicts. Null if a probability is given.",
    )
    probability: OpenProbability | None = Field(
        None,
        description="For implies, P(target given source); for causes, the probability that this cause alone "
        "produces the effect. In (0, 1); null otherwise.",
    )

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
        """Whether its effect is a noisy OR of its causes, each with a probability of its own."""
        return self.kind == "causes" and self.probability is not None

    @property
    def parameter(self) -> float:
        """The number that the factor's rule takes: the odds ratio, or the probability."""
        if self.probability is not None:
            return self.probability
        return EXCLUDES_ODDS_RATIO if self.odds_ratio is None else self.odds_ratio


class BeliefRelation(Revision):
    """A relation between two beliefs of one twin, while it holds.

    A provided relation belongs to the twin and takes part in inference; an inferred one is a copy of a relation of
    the definitions, so that the graph can be walked.
    """

    source: str = Field(description="Id of the belief that the relation starts from.")
    target: str = Field(description="Id of the belief that the relation leads to.")
    strength: Strength = Field(description="Kind and strength of the relation.")
    ended: Ended = None

    @property
    def about(self) -> tuple[str, ...]:
        """The two ends."""
        return self.source, self.target
