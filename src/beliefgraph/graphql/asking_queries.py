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
        "How much of what the catalog asks about the twin itself is known, by domain, in bits.",
        lambda verbs: verbs.asking.coverage,
    )
    ask_next = question(
        NextQuestions,
        "The questions with the highest information gain for their cost, except those that were asked "
        "recently or are forbidden.",
        lambda verbs: verbs.asking.ask_next,
        matching={
            "first": argument(int | None, f"Number of questions, 1 to {MOST}; left out: {FIRST}."),
            "about": argument(
                list[BeliefKey] | None, f"Beliefs to learn about, at most {MOST_ABOUT}; left out: all that are known."
            ),
            "outcomes": argument(
                list[str] | None,
                f"Keys of outcomes to learn about, at most {MOST_OUTCOMES}: about every belief that they depend on.",
            ),
            "context": argument(
                str | None, "Context in which they are asked, for constraints of the person; left out: `any`."
            ),
        },
    )
