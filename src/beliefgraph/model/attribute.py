"""An attribute: what beliefs can be about, either true or false, or one of several exclusive values.

Each value of a categorical attribute is a belief of its own. Exactly one of them holds: `other` is always among them,
for values that the definition does not list.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property

from pydantic import Field

from beliefgraph.errors import Incorrect, NotFound
from beliefgraph.model.belief import ANYONE, ANYWHERE, BeliefKey
from beliefgraph.model.preference import BOUNDS, PreferenceDefinition
from beliefgraph.model.record import Key, Name, OpenProbability, Record, Sentence

OTHER = "other"
"""The value that holds if none of the named ones does."""

MOST_VALUES = 1_024
"""Maximum number of values of one attribute for one subject and context, including `other`."""

MOST_INHERITED = 32
"""Maximum number of values of an attribute that inherits: two contexts have a table of all pairs of them."""

LEAST_OTHER = 1e-6
"""Least prior of `other`; anything smaller comes from rounding the stated priors."""

SHOWN_VALUES = 20
"""Number of values that a refusal lists."""

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
SLOTS = ("subject", "context", "value")
"""Names allowed in braces in a statement."""

_SLOT = re.compile(rf"\{{({'|'.join(SLOTS)})\}}")


class OpenValues(Record):
    """The values are not known in advance: those that evidence names share equally what `other` leaves."""

    other: OpenProbability = Field(
        description="Prior probability that none of the values named by evidence holds, in (0, 1).",
    )


class ValuePrior(Record):
    """A value of a categorical attribute and its prior."""

    value: Key = Field(description="The value.")
    prior: OpenProbability = Field(description="Probability before any evidence, in (0, 1).")


class Attribute(Record):
    """What a belief can be about: something true or false, or something with values of which exactly one holds.

    Exactly one of `prior`, `values` and `open_values` is given.
    """

    key: Name = Field(description="Dotted lower-case name of the attribute, permanent.")
    domain: Name = Field(
        description="Category of the attribute, such as world, product or needs; beliefs can be filtered by it.",
    )
    prior: OpenProbability | None = Field(
        None,
        description="Probability before any evidence, in (0, 1); null for a categorical attribute.",
    )
    values: dict[Key, OpenProbability] | None = Field(
        None,
        description="Prior of each value known in advance; `other` gets what they leave of 1. Null unless the set "
        "of values is closed.",
    )
    open_values: OpenValues | None = Field(None, description="Given if the values are not known in advance.")
    statement: Sentence = Field(
        description="Sentence template shown to people; may contain {subject} and {context}, and must contain "
        "{value} if there are values.",
    )
    description: str = Field(default="", max_length=2_000, description="Notes for those who maintain the catalog.")
    half_life: timedelta | None = Field(
        default=None,
        gt=timedelta(0),
        description="Time in which evidence on the attribute loses half its weight; null if it does not age.",
    )
    deprecated: bool = Field(
        False,
        description="Whether the attribute should no longer be used. It cannot be deleted, because twins may hold "
        "beliefs about it.",
    )
    personal: bool = Field(
        False,
        description="Whether subjects, contexts and values of its beliefs, their statements, and the summaries of "
        "evidence on them are stored encrypted with the twin's key.",
    )
    special: bool = Field(
        False,
        description="Whether it belongs to a special category of personal data, such as health. Under a policy, its "
        "use needs a permission that names its category: the special category that the policy assigns it "
        "to, otherwise `special`.",
    )
    preference: PreferenceDefinition | None = Field(
        None,
        description="How the attribute works as a preference; null if it is not one.",
    )

    def model_post_init(self, _context: object) -> None:
        """Refuse no prior or several, values that leave no prior to `other`, and a statement without {value}."""
        if sum(stated is not None for stated in (self.prior, self.values, self.open_values)) != 1:
            self._refuse("state one of prior, values and open_values")
        if self.categorical and "{value}" not in self.statement:
            self._refuse("the statement must name {value}, or all its values would read the same")
        if self.preference is not None:
            self._check_preference(self.preference)
        if self.values is None:
            return
        if not self.values:
            self._refuse("values names none")
        if OTHER in self.values:
            self._refuse(f"{OTHER} is always a value, with what the others leave of 1; do not state it")
        if len(self.values) >= MOST_VALUES:
            self._refuse(f"it may have {MOST_VALUES:,} values, {OTHER} among them; this is {len(self.values) + 1:,}")
        if _left(self.values) < LEAST_OTHER:
            self._refuse(f"the priors of its values must sum to less than 1: the rest is the prior of {OTHER}")

    @property
    def categorical(self) -> bool:
        """Whether it has values, exactly one of which holds."""
        return self.prior is None

    @cached_property
    def value_priors(self) -> Mapping[str, float]:
        """The prior of every value known in advance, including `other`, in the order of their names."""
        if self.open_values is not None:
            return {OTHER: self.open_values.other}
        if self.values is None:
            return {}
        return dict(sorted({**self.values, OTHER: _left(self.values)}.items()))

    def prior_of(self, value: str | None) -> float | None:
        """The prior of a belief about it; None for an open value, which shares a prior with the other values named."""
        return self.prior if value is None else self.value_priors.get(value)

    def require(self, value: str | None) -> None:
        """Refuse a value of an attribute that has none, a missing value, and one that does not exist."""
        if not self.categorical:
            if value is not None:
                raise Incorrect("invalid-input", f"{self.key} is true or false; it has no values.", attribute=self.key)
        elif value is None:
            raise Incorrect("invalid-input", f"{self.key} is categorical: name one of its values.", attribute=self.key)
        elif self.values is not None and value not in self.value_priors:
            raise NotFound(
                "unknown-value", f"{self.key} has no value {value}; it has {self.listed}.", attribute=self.key
            )

    def read(self, reading: float, noise: float) -> Mapping[str, float]:
        """The log-likelihood ratios of each value on its scale, given a reading with a normal error.

        `noise` is the deviation of the error. The ratios are against `other`, for which the likelihood is the average
        over the values, weighted by their priors: without other evidence, a reading moves these relative to each other
        and leaves `other` unchanged.
        """
        scores = {} if self.preference is None else self.preference.scores or {}
        fits = {value: -((reading - score) ** 2) / (2.0 * noise**2) for value, score in sorted(scores.items())}
        best, priors = max(fits.values()), self.value_priors
        weights = [(priors[value], math.exp(fit - best)) for value, fit in fits.items()]
        average = math.fsum(p * fit for p, fit in weights) / math.fsum(p for p, _ in weights)
        return {value: fit - best - math.log(average) for value, fit in fits.items()}

    def require_place(self, belief: BeliefKey) -> None:
        """Refuse a preference at a subject or context where it has no meaning.

        That is a constraint whose subject is no operand, a state of another subject or in one context only, and an
        inheriting preference in a context with an empty part, which has no defined broader context.
        """
        if self.preference is None:
            return
        wrong = None
        if self.preference.rule is not None and belief.subject == ANYONE:
            wrong = f"is a constraint: state as its subject what {self.preference.feature} it speaks of"
        elif self.preference.rule in BOUNDS and not _is_number(belief.subject):
            wrong = f"bounds {self.preference.feature}: its subject is a number, and {belief.subject!r} is none"
        elif self.preference.kind == "state" and (belief.subject, belief.context) != (ANYONE, ANYWHERE):
            wrong = "is a state of the person, the same in every context: name no subject and no context"
        elif self.preference.inherits is not None and "" in belief.context.split("."):
            wrong = f"inherits from broader contexts, and {belief.context!r} has an empty part: join its parts by a dot"
        if wrong is not None:
            raise Incorrect("invalid-input", f"{self.key} {wrong}.", attribute=self.key)

    @property
    def listed(self) -> str:
        """The values known in advance, formatted for a refusal."""
        names = list(self.value_priors)
        more = len(names) - SHOWN_VALUES
        return ", ".join(names[:SHOWN_VALUES]) + (f" and {more:,} more" if more > 0 else "")

    def say(self, belief: BeliefKey) -> str:
        """The sentence that states this belief, for display."""
        value = "something else" if belief.value == OTHER else belief.value
        slots = {"subject": belief.subject, "context": belief.context, "value": value}
        return _SLOT.sub(lambda slot: slots[slot[1]] or slot[0], self.statement)

    def _check_preference(self, preference: PreferenceDefinition) -> None:
        """Refuse a kind of preference that does not fit the attribute, and scores that do not fit its values."""
        if preference.kind in ("constraint", "value") and self.categorical:
            self._refuse(f"a {preference.kind} holds or does not: state its prior")
        if preference.kind == "state" and self.half_life is None:
            self._refuse("a state passes: state the half_life of its evidence")
        if preference.inherits is not None and self.open_values is not None:
            self._refuse("what it inherits must be known in advance, and its values are open")
        if preference.inherits is not None and len(self.value_priors) > MOST_INHERITED:
            self._refuse(f"what inherits may have {MOST_INHERITED} values, {OTHER} among them; give rare ones up")
        if preference.scores is not None and preference.scores.keys() != (self.values or {}).keys():
            self._refuse(f"its scores must name its values, each once and none beside; {OTHER} is on no scale")

    def _refuse(self, why: str) -> None:
        raise Incorrect("invalid-definition", f"{self.key}: {why}.", attribute=self.key)


def _left(values: Mapping[str, float]) -> float:
    """The prior that the values leave for `other`."""
    return 1.0 - math.fsum(values.values())


def _is_number(text: str) -> bool:
    """Whether a text is a number in common notation; words and other digits that Python accepts are not."""
    return _NUMBER.fullmatch(text) is not None and math.isfinite(float(text))
