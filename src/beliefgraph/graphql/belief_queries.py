"""What can be asked of beliefs."""

from __future__ import annotations

import strawberry
from pydantic import ValidationError

from beliefgraph.errors import Incorrect
from beliefgraph.graphql.belief_types import (
    Belief,
    BeliefConnection,
    BeliefInterval,
    Distribution,
    HoldingConnection,
    Relations,
)
from beliefgraph.graphql.change_types import Comparison
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.evidence_types import EvidenceOnConnection
from beliefgraph.graphql.explanation_types import Explanation
from beliefgraph.graphql.expose import answer
from beliefgraph.graphql.inputs import AsOf, BeliefFilter, BeliefKey, BeliefOrder, WhatIf
from beliefgraph.graphql.lookahead import Selection, around, around_page
from beliefgraph.graphql.roots import question
from beliefgraph.model import commit
from beliefgraph.model import distribution as distributions
from beliefgraph.model.belief import ANYONE, ANYWHERE
from beliefgraph.model.page import Answer
from beliefgraph.model.question import RelatedBelief
from beliefgraph.model.time import NOW


@strawberry.type
class BeliefQueries:
    """The questions about beliefs."""

    belief = question(
        Belief,
        "One belief; one of which nothing is known has its prior.",
        lambda verbs: verbs.questions.belief,
        key=BeliefKey,
        around=around,
    )
    beliefs = question(
        BeliefConnection,
        "The beliefs that match, in the order asked for.",
        lambda verbs: verbs.questions.beliefs,
        matching={"filter": BeliefFilter, "order": BeliefOrder},
        paged=True,
        around=around_page,
    )

    @answer(Distribution, "How likely each value of a categorical attribute is, unrounded; `other` is among them.")
    @staticmethod
    async def distribution(
        info: Request,
        twin: str,
        attribute: str,
        subject: str = ANYONE,
        context: str = ANYWHERE,
        as_of: AsOf | None = None,
        at_least_rev: int | None = None,
    ) -> distributions.Distribution:
        asked = info.context
        return await asked.verbs.questions.distribution(
            asked.caller,
            asked.speak_of(twin),
            _variable(attribute, subject, context),
            as_of=as_of or NOW,
            at_least_rev=at_least_rev,
            **vars(around(Selection.of(info).under("values", "belief"))),
        )

    evidence = question(
        EvidenceOnConnection,
        "The chain of a belief: all that bears on it directly, metrics too, oldest first.",
        lambda verbs: verbs.questions.evidence,
        key=BeliefKey,
        paged=True,
    )

    @answer(Relations, "The relations of a belief to others of its twin.")
    @staticmethod
    async def relations(
        info: Request, twin: str, key: BeliefKey, as_of: AsOf | None = None, at_least_rev: int | None = None
    ) -> Answer[tuple[RelatedBelief, ...]]:
        context = info.context
        beyond = around(Selection.of(info).under("relations", "other"))
        if beyond.relation_levels > 1 or beyond.with_evidence:
            raise Incorrect("too-complex", "Relations are followed 2 levels here, without evidence; ask `belief`.")
        return await context.verbs.questions.relations(
            context.caller,
            context.speak_of(twin),
            key,
            levels=2 if beyond.relation_levels else 1,
            as_of=as_of or NOW,
            at_least_rev=at_least_rev,
        )

    history = question(
        HoldingConnection,
        "What was published about a belief, the newest first.",
        lambda verbs: verbs.questions.history,
        key=BeliefKey,
        paged=True,
    )
    explanation = question(
        Explanation,
        "Why a belief stands where it stands.",
        lambda verbs: verbs.explanations.explain,
        key=BeliefKey,
    )
    interval = question(
        BeliefInterval,
        "Between what the confidence of a belief lies for certain.",
        lambda verbs: verbs.intervals.interval,
        key=BeliefKey,
    )

    @answer(Comparison, "What differs between two moments of a twin.")
    @staticmethod
    async def compare(
        info: Request, twin: str, as_of_a: AsOf, as_of_b: AsOf | None = None, at_least_rev: int | None = None
    ) -> Answer[commit.Comparison]:
        context = info.context
        return await context.verbs.questions.compare(
            context.caller, context.speak_of(twin), as_of_a, as_of_b or NOW, at_least_rev=at_least_rev
        )

    @answer(Comparison, "What would follow from events, evidence, goals or assumptions; nothing is stored.")
    @staticmethod
    async def what_if(
        info: Request, input: WhatIf, as_of: AsOf | None = None, at_least_rev: int | None = None
    ) -> Answer[commit.Comparison]:
        context = info.context
        context.speak_of(input.twin)
        return await context.verbs.what_ifs.what_if(
            context.caller, input, as_of=as_of or NOW, at_least_rev=at_least_rev
        )


def _variable(attribute: str, subject: str, context: str) -> BeliefKey:
    try:
        return BeliefKey(attribute=attribute, subject=subject, context=context)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        raise Incorrect("invalid-input", f"{wrong['loc'][0]}: {wrong['msg']}.", field=wrong["loc"][0]) from None
