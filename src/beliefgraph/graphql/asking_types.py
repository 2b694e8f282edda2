"""Output types of questions that can be asked, and of what is known."""

from __future__ import annotations

from beliefgraph.graphql.expose import expose
from beliefgraph.model import asking, evidence


@expose(evidence.Likelihoods)
class Likelihoods:
    """How likely the observation is if the belief holds, and if it does not."""


@expose(asking.AnswerDefinition)
class AnswerDefinition:
    """One possible answer, and how likely it is: exactly one of the last three is given."""


@expose(asking.QuestionDefinition)
class QuestionDefinition:
    """A question about one belief, or about all values of one attribute, with its possible answers."""


@expose(asking.ExpectedAnswer)
class ExpectedAnswer:
    """A possible answer, and how likely the person gives it, by what is known."""


@expose(asking.QuestionToAsk)
class QuestionToAsk:
    """A question, with its expected information gain."""


@expose(asking.NextQuestions)
class NextQuestions:
    """The questions with the highest information gain for their cost, and why others are not asked."""


@expose(asking.DomainCoverage)
class DomainCoverage:
    """How much of what the catalog asks about in one domain is known."""


@expose(asking.Coverage)
class Coverage:
    """How much is known of a twin: of every attribute that the catalog defines, about the twin itself."""
