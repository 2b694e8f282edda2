"""Output types of questions that can be asked, and of what is known."""

from __future__ import annotations

from beliefgraph.graphql.expose import expose
from beliefgraph.model import asking, evidence


@expose(evidence.Likelihoods)
class Likelihoods:
    """How likely the observation is if the belief holds, and if it does not."""


@expose(asking.AnswerDefinition)
class AnswerDefinition:
    """One possible answer and how likely it is, by exactly one of the three fields for it."""


@expose(asking.QuestionDefinition)
class QuestionDefinition:
    """A question about one belief, or about all values of a categorical attribute, with its possible answers."""


@expose(asking.ExpectedAnswer)
class ExpectedAnswer:
    """A possible answer, and the probability that the person gives it."""


@expose(asking.QuestionToAsk)
class QuestionToAsk:
    """A question, with its expected information gain."""


@expose(asking.NextQuestions)
class NextQuestions:
    """The questions with the highest information gain for their cost, and why others are not asked."""


@expose(asking.DomainCoverage)
class DomainCoverage:
    """How much is known about the attributes of one domain."""


@expose(asking.Coverage)
class Coverage:
    """How much is known about a twin, over all attributes that the catalogs define, with the subject `self`."""
