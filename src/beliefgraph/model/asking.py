"""Questions that can be asked of people: the evidence of each answer, and what is still unknown.

A `QuestionDefinition` is part of a catalog. The most informative question is derived on request; it is not stored.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from beliefgraph.errors import Incorrect
from beliefgraph.model.attribute import OTHER
from beliefgraph.model.belief import AttributeName, Context
from beliefgraph.model.decision import Features
from beliefgraph.model.evidence import Likelihoods, LogLikelihoodRatio
from beliefgraph.model.record import Key, Name, OpenProbability, Probability, Record, Sentence
from beliefgraph.model.time import ReadRev, ReadTime

MOST_ANSWERS = 20

ROUNDED = 1e-3
"""Tolerance of the sum of the likelihoods of all answers, which are scaled to 1."""


class AnswerDefinition(Record):
    """One possible answer and how likely it is, by exactly one of the three fields for it."""

    text: Sentence = Field(description="The answer as shown to people.")
    likelihoods: Likelihoods | None = Field(
        None, description="Probabilities of the answer if the belief holds and if it does not."
    )
    likelihoods_by_value: dict[Key, OpenProbability] | None = Field(
        None,
        description="Probability of the answer under each value of a categorical attribute; values not named are as "
        "likely as `other`, which must be named.",
    )
    log_likelihood_ratio: LogLikelihoodRatio | None = Field(
        None,
        description="Log-likelihood ratio of the answer: the natural log of how much more likely it is if the belief "
        "holds than if it does not. For questions with two answers only, one positive and one negative.",
    )


class QuestionDefinition(Record):
    """A question about one belief, or about all values of a categorical attribute, with its possible answers."""

    key: Name = Field(description="Dotted lower-case name of the question, permanent.")
    text: Sentence = Field(description="The question as shown to people.")
    attribute: AttributeName
    value: Key | None = Field(
        None,
        description="Value of a categorical attribute that it asks about; null if the attribute has no values, or if "
        "its answers have `likelihoods_by_value`.",
    )
    answers: tuple[AnswerDefinition, ...] = Field(
        min_length=2, max_length=MOST_ANSWERS, description=f"Possible answers, 2 to {MOST_ANSWERS}."
    )
    cost: Annotated[float, Field(gt=0.0, le=1e6, allow_inf_nan=False)] = Field(
        1.0, description="What asking costs, in any unit; questions are ranked by bits per cost."
    )
    again: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=36_600))] = Field(
        timedelta(days=30), description="Time for which the question is not asked again after it was asked or answered."
    )
    event: Key | None = Field(
        None,
        description="CloudEvents type of the events that report the question as asked or answered; null: only "
        "statements about the belief count as answers.",
    )
    features: Features = Field(
        default_factory=dict,
        description="Features of asking the question, such as the channel: a number or a string for each. The question"
        " is not asked if a hard constraint forbids one of them.",
    )

    def model_post_init(self, _context: object) -> None:
        """Refuse answers of several forms, and inconsistent likelihoods."""
        forms = [
            [answer.likelihoods, answer.likelihoods_by_value, answer.log_likelihood_ratio] for answer in self.answers
        ]
        given = {tuple(form is not None for form in each) for each in forms}
        if len(given) != 1 or sum(next(iter(given))) != 1:
            self._refuse(
                "give all answers likelihoods, or all likelihoods_by_value, or both of two a log_likelihood_ratio"
            )
        if len({answer.text for answer in self.answers}) < len(self.answers):
            self._refuse("two of its answers are the same")
        ratios = [each for answer in self.answers if (each := answer.log_likelihood_ratio) is not None]
        if ratios and (len(ratios) != 2 or not min(ratios) < 0 < max(ratios)):
            self._refuse("only two answers, one for and one against, can have a log_likelihood_ratio; use likelihoods")
        if self.by_value and self.value is not None:
            self._refuse("it has likelihoods_by_value, which name the values; it cannot name one beside")
        for answer in self.answers:
            if answer.likelihoods_by_value is not None and OTHER not in answer.likelihoods_by_value:
                self._refuse(f"say of each answer how likely it is if {OTHER} holds")
        for value in self.named_values:
            total = math.fsum(self.likelihood(answer, value) for answer in self.answers)
            if not ratios and abs(total - 1.0) > ROUNDED:
                self._refuse(f"the likelihoods of its answers sum to {total:.3f} instead of 1 if {value} holds")

    @property
    def by_value(self) -> bool:
        """Whether it asks about all values of its attribute."""
        return self.answers[0].likelihoods_by_value is not None

    @property
    def named_values(self) -> tuple[str, ...]:
        """The values that its answers name, including `other`; the belief and its negation if it is a single one."""
        named = {value for answer in self.answers for value in answer.likelihoods_by_value or ()}
        return tuple(sorted(named)) or (HOLDS, FAILS)

    def likelihood(self, answer: AnswerDefinition, value: str) -> float:
        """The likelihood of an answer under a named value, or if the belief holds or does not."""
        if answer.likelihoods_by_value is not None:
            return answer.likelihoods_by_value.get(value, answer.likelihoods_by_value[OTHER])
        if answer.likelihoods is not None:
            return answer.likelihoods.holds if value == HOLDS else answer.likelihoods.otherwise
        yes, no = sorted((float(each.log_likelihood_ratio or 0.0) for each in self.answers), reverse=True)
        otherwise = -math.expm1(no) / (math.exp(yes) - math.exp(no))  # both columns sum to 1
        ratio = float(answer.log_likelihood_ratio or 0.0)
        share = otherwise if ratio > 0 else 1.0 - otherwise
        return share * math.exp(ratio) if value == HOLDS else share

    def _refuse(self, why: str) -> None:
        raise Incorrect("invalid-definition", f"The question {self.key}: {why}.", attribute=self.attribute)


HOLDS, FAILS = "it", "it not"
"""Names of a single belief that holds, and of one that does not, in refusals."""


class ExpectedAnswer(Record):
    """A possible answer, and the probability that the person gives it."""

    text: Sentence = Field(description="The answer.")
    probability: Probability = Field(description="Probability of the answer, in [0, 1].")


class QuestionToAsk(Record):
    """A question, and how much its answer is expected to tell."""

    key: Name = Field(description="Name of the question.")
    text: Sentence = Field(description="The question.")
    attribute: AttributeName
    value: Key | None = Field(
        description="Value that it asks about; null if the attribute has no values, or if it asks about all of them."
    )
    answers: tuple[ExpectedAnswer, ...] = Field(description="Possible answers, in the order of their definition.")
    gain: float = Field(
        description="Expected information gain in bits: the expected decrease of the entropy of the beliefs to inform "
        "about, summed over them."
    )
    cost: float = Field(description="What asking costs.")
    worth: float = Field(description="Gain divided by cost; questions are ranked by it.")


class DomainCoverage(Record):
    """How much is known about the attributes of one domain."""

    domain: str = Field(description="The domain; `*` for all of them together.")
    beliefs: int = Field(description="Number of beliefs that the catalog defines, one for each value of an attribute.")
    heard: int = Field(description="Number of these beliefs with evidence in force.")
    asked: float = Field(description="Entropy of the beliefs before any evidence, in bits, summed over them.")
    open: float = Field(description="Entropy of the beliefs now, in bits, summed over them.")
    known: float = Field(
        description="Share of the bits that is known, at most 1: 1 - `open` / `asked`. Negative if evidence made the "
        "beliefs less certain than their priors."
    )


class Coverage(Record):
    """How much is known about a twin, over all attributes that the catalogs define, with the subject `self`."""

    total: DomainCoverage = Field(description="All domains together.")
    domains: tuple[DomainCoverage, ...] = Field(description="Each domain, least known first.")
    valid_time: ReadTime
    rev: ReadRev


class NextQuestions(Record):
    """The questions that tell most for their cost, and why others are not asked."""

    context: Context = Field(description="Context in which the questions are asked.")
    questions: tuple[QuestionToAsk, ...] = Field(description="Questions to ask, the most bits per cost first.")
    lately: tuple[str, ...] = Field(
        description="Names of questions that are not asked because they were asked or answered recently."
    )
    forbidden: tuple[str, ...] = Field(
        description="Names of questions that are not asked because a hard constraint forbids it."
    )
    targets: int = Field(description="Number of beliefs that the questions should inform about.")
    valid_time: ReadTime
    rev: ReadRev
