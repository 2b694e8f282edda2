"""A preference: what somebody wants, likes, refuses or is like just now, as beliefs about an attribute that says so.

Its values are beliefs like all others. The definition adds what kind of preference it is, which feature of an option it
speaks about, where its values lie on a scale, and how far what was heard in one context tells of a narrower one.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.errors import Incorrect
from beliefgraph.model.record import Key, Name, OddsRatio, Record

PreferenceKind = Literal["style", "learning", "constraint", "risk", "time", "valence", "state", "value"]
"""What is preferred.

style: how to be spoken to. learning: how they learn. constraint: what they refuse or insist on. risk: how much chance
they take. time: how much they would rather have now. valence: how they feel about a thing, the subject. state: how they
are for a short while. value: a commitment they hold to.
"""

ConstraintRule = Literal["never", "only", "at_most", "at_least"]
"""What a constraint asks of its feature: not this, one of these, no more or no less than a number; its operand is the
subject of the belief."""

BOUNDS: frozenset[ConstraintRule] = frozenset({"at_most", "at_least"})
"""The rules whose operand is a number."""

Score = Annotated[float, Field(ge=-1.0, le=1.0, allow_inf_nan=False)]
"""A place on a scale from -1 to 1."""

Noise = Annotated[float, Field(ge=0.05, le=10.0, allow_inf_nan=False)]
"""The deviation of the error of a reading on such a scale: less than a fortieth of it is not known of anybody."""


class PreferenceDefinition(Record):
    """What makes an attribute a preference. `feature` is the feature of an option that it speaks about.

    `scores` put each of its values on a scale. `inherits` is the odds ratio with which it agrees, for any two of its
    values, with itself in the next broader context. `rule` is that of a constraint; a `hard` one is never traded.
    """

    kind: PreferenceKind
    feature: Name | None = None
    scores: dict[Key, Score] | None = None
    inherits: OddsRatio | None = None
    rule: ConstraintRule | None = None
    hard: bool = False

    def model_post_init(self, _context: object) -> None:
        """Refuse a rule where there is no constraint, a constraint without one, and what its kind has no use for."""
        if (self.kind == "constraint") != (self.rule is not None):
            self._refuse("a constraint has a rule (never, only, at_most, at_least), and nothing else has")
        if self.hard and self.rule is None:
            self._refuse("only a constraint is hard: what has no rule can only be weighed")
        if self.kind in ("constraint", "value") and self.feature is None:
            self._refuse(f"a {self.kind} names the feature of an option that it speaks about")
        if self.kind == "state" and self.feature is not None:
            self._refuse("a state speaks about no feature of an option; say with a relation what it conditions")
        if self.inherits is not None and not math.sqrt(self.inherits) > 1.0:
            self._refuse("inherits is an odds ratio above 1; at 1 or below, a broader context would tell nothing")
        if self.kind == "state" and self.inherits is not None:
            self._refuse("a state is the same in every context; it inherits from none")
        if self.hard and self.inherits is not None:
            self._refuse(
                "a hard constraint holds in narrower contexts as it stands; inheriting would draw it to its prior"
            )
        if self.kind == "valence" and self.scores is None:
            self._refuse("a valence needs the scores of its values, from -1 to 1")
        if self.kind in ("constraint", "value", "state") and self.scores is not None:
            self._refuse(f"a {self.kind} has no use for scores")
        if self.scores is not None and len(set(self.scores.values())) < 2:
            self._refuse("its scores are all the same, which is no scale")

    @property
    def everywhere(self) -> bool:
        """Whether its relations hold in every context; those of a state, or of what inherits, do in the broadest."""
        return self.kind != "state" and self.inherits is None

    def _refuse(self, why: str) -> None:
        raise Incorrect("invalid-definition", f"A preference: {why}.")
