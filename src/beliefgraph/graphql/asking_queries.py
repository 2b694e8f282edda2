"""The queries about what is known about a twin, and what to ask next."""

from __future__ import annotations

import strawberry

from beliefgraph.graphql.arguments import argument
from beliefgraph.graphql.asking_types import Coverage, NextQuestions
from beliefgraph.graphql.inputs import BeliefKey
from beliefgraph.graphql.roots import question
from beliefgraph.services.asking.questions import FIRST, MOST, MOST_ABOUT, MOST_OUTCOMES


@strawberry.type
class AskingQueries:
    """The queries about what is known about a twin, and what to ask next."""

    coverage = question(
        Coverage,
        "How much is known about the twin itself, by domain, in bits.",
        lambda services: services.asking.coverage,
    )
    ask_next = question(
        NextQuestions,
        "The questions with the highest information gain for their cost, except those that were asked "
        "recently or are forbidden.",
        lambda services: services.asking.ask_next,
        matching={
            "first": argument(int | None, f"Number of questions, 1 to {MOST}; default: {FIRST}."),
            "about": argument(
                list[BeliefKey] | None, f"Beliefs to inform about, at most {MOST_ABOUT}; default: all of the twin."
            ),
            "outcomes": argument(
                list[str] | None,
                f"Keys of outcomes to inform about, at most {MOST_OUTCOMES}: all beliefs that they depend on.",
            ),
            "context": argument(
                str | None,
                "Context in which the questions are asked, which decides the constraints that apply; default: `any`.",
            ),
        },
    )
