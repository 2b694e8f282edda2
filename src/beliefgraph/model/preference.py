"""Preferences: what a person wants, likes or refuses, or their present state, as beliefs about an attribute.

Its values are beliefs like all others. The definition adds the kind of preference, the feature of an option that it
applies to, the positions of its values on a scale, and how far it is inherited by narrower contexts.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.errors import Incorrect
from beliefgraph.model.record import Key, Name, OddsRatio, Record
from beliefgraph.model.vocabulary import vocabulary

PreferenceKind = Annotated[
    Literal["style", "learning", "constraint", "risk", "time", "valence", "state", "value"],
    vocabulary(
        "What a preference is about.",
        {
            "style": "How the person wants to be addressed.",
            "learning": "How the person learns.",
            "constraint": "What the person refuses or insists on.",
            "risk": "How much risk the person takes.",
            "time": "How strongly the person prefers sooner to later.",
            "valence": "How the person feels about the subject.",
            "state": "How the person is at the moment, for a short while.",
            "value": "A commitment the person holds to.",
        },
    ),
]

ConstraintRule = Annotated[
    Literal["never", "only", "at_most", "at_least"],
    vocabulary(
        "What a constraint requires of a feature; its operand is the subject of the belief.",
        {
            "never": "The feature must not equal the operand.",
            "only": "The feature must equal one of the operands.",
            "at_most": "The feature must not exceed the operand, a number.",
            "at_least": "The feature must not be below the operand, a number.",
        },
    ),
]

BOUNDS: frozenset[ConstraintRule] = frozenset({"at_most", "at_least"})
"""The rules whose operand is a number."""

Score = Annotated[float, Field(ge=-1.0, le=1.0, allow_inf_nan=False)]
"""A position on a scale from -1 to 1."""

Noise = Annotated[float, Field(ge=0.05, le=10.0, allow_inf_nan=False)]
"""The deviation of the error of a reading on such a scale; readings of people are never more accurate than a fortieth
of it."""


class PreferenceDefinition(Record):
    """How an attribute works as a preference."""

    kind: PreferenceKind
    feature: Name | None = Field(None, description="Feature of an option that the preference applies to; null if none.")
    scores: dict[Key, Score] | None = Field(
        None,
        description="Position of each value on a scale from -1 to 1; null if there is no scale.",
    )
    inherits: OddsRatio | None = Field(
        None,
        description="Odds ratio, above 1, of the relation between the preference and the same preference in the next "
        "broader context; null: it does not inherit.",
    )
    rule: ConstraintRule | None = Field(
        None,
        description="What a constraint requires of the feature; null for other kinds.",
    )
    hard: bool = Field(False, description="Whether a constraint rules options out instead of being weighed.")

    def model_post_init(self, _context: object) -> None:
        """Refuse a rule without a constraint, a constraint without a rule, and fields that the kind does not use."""
        if (self.kind == "constraint") != (self.rule is not None):
            self._refuse(
                "a constraint needs a rule (never, only, at_most, at_least), and other kinds must not have one"
            )
        if self.hard and self.rule is None:
            self._refuse("only a constraint is hard: what has no rule can only be weighed")
        if self.kind in ("constraint", "value") and self.feature is None:
            self._refuse(f"a {self.kind} names the feature of an option that it speaks about")
        if self.kind == "state" and self.feature is not None:
            self._refuse("a state is not about a feature of an option; state with a relation what it conditions")
        if self.inherits is not None and not math.sqrt(self.inherits) > 1.0:
            self._refuse("inherits must be an odds ratio above 1; at 1 or below, a broader context would add nothing")
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
        """Whether its relations hold in every context, or only in the broadest: those of a state or by inheritance."""
        return self.kind != "state" and self.inherits is None

    def _refuse(self, why: str) -> None:
        raise Incorrect("invalid-definition", f"A preference: {why}.")
