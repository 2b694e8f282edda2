"""The queries about beliefs."""

from __future__ import annotations

from typing import Annotated

import strawberry
from pydantic import ValidationError

from beliefgraph.errors import Incorrect
from beliefgraph.graphql.arguments import At, AtLeastRev, TwinName, argument, described, like
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
from beliefgraph.graphql.scalars import enum_of
from beliefgraph.model import commit
from beliefgraph.model import distribution as distributions
from beliefgraph.model.belief import ANYONE, ANYWHERE
from beliefgraph.model.explanation import ContributionsBy
from beliefgraph.model.page import Answer
from beliefgraph.model.question import RelatedBelief
from beliefgraph.model.time import NOW
from beliefgraph.services.explanation.explain import LISTED
from beliefgraph.services.twin.paging import MAX_PAGE

MATCHING = {
    "filter": argument(BeliefFilter | None, "Which beliefs to list; default: all."),
    "order": argument(BeliefOrder | None, "Order of the list; default: highest confidence first."),
}
"""The optional arguments of a list of beliefs."""

BELIEF = argument(BeliefKey, "The belief: its attribute, subject, context and value.")


@strawberry.type
class BeliefQueries:
    """The queries about beliefs."""

    belief = question(
        Belief,
        "One belief. Without evidence its confidence is its prior.",
        lambda services: services.questions.belief,
        key=BELIEF,
        around=around,
    )
    beliefs = question(
        BeliefConnection,
        "The beliefs that match a filter.",
        lambda services: services.questions.beliefs,
        matching=MATCHING,
        paged=True,
        around=around_page,
    )

    @answer(Distribution, "The probability of each value of a categorical attribute, unrounded, including `other`.")
    @staticmethod
    async def distribution(
        info: Request,
        twin: TwinName,
        attribute: Annotated[str, like(BeliefKey, "attribute")],
        subject: Annotated[str, like(BeliefKey, "subject")] = ANYONE,
        context: Annotated[str, like(BeliefKey, "context")] = ANYWHERE,
        as_of: At = None,
        at_least_rev: AtLeastRev = None,
    ) -> distributions.Distribution:
        asked = info.context
        return await asked.services_for(twin).questions.distribution(
            asked.caller,
            asked.note_twin(twin),
            _variable(attribute, subject, context),
            as_of=as_of or NOW,
            at_least_rev=at_least_rev,
            **vars(around(Selection.of(info).under("values", "belief"))),
        )

    evidence = question(
        EvidenceOnConnection,
        "All evidence that bears on a belief directly, including metrics, oldest first.",
        lambda services: services.questions.evidence,
        key=BELIEF,
        paged=True,
    )

    @answer(Relations, "The relations of a belief to other beliefs of the twin.")
    @staticmethod
    async def relations(
        info: Request,
        twin: TwinName,
        key: BELIEF,  # type: ignore[valid-type]
        as_of: At = None,
        at_least_rev: AtLeastRev = None,
    ) -> Answer[tuple[RelatedBelief, ...]]:
        context = info.context
        beyond = around(Selection.of(info).under("relations", "other"))
        if beyond.relation_levels > 1 or beyond.with_evidence or beyond.with_exact:
            raise Incorrect(
                "too-complex",
                "Relations are nested at most 2 levels here, without evidence or exact confidence; query `belief`.",
            )
        return await context.services_for(twin).questions.relations(
            context.caller,
            context.note_twin(twin),
            key,
            levels=2 if beyond.relation_levels else 1,
            as_of=as_of or NOW,
            at_least_rev=at_least_rev,
        )

    history = question(
        HoldingConnection,
        "What was published about a belief, newest first.",
        lambda services: services.questions.history,
        key=BELIEF,
        paged=True,
    )
    explanation = question(
        Explanation,
        "Why a belief has its confidence, with the contribution of each piece of evidence.",
        lambda services: services.explanations.explain,
        key=BELIEF,
        matching={
            "first": argument(int | None, f"Number of contributions listed, 1 to {MAX_PAGE}; default: {LISTED}."),
            "after": argument(
                str | None, "`endCursor` of the previous answer; default: begin with the greatest contribution."
            ),
            "min_share": argument(float | None, "List only contributions of at least this size, in log-odds."),
            "by": argument(enum_of(ContributionsBy) | None, "How contributions are merged; default: EVIDENCE."),
        },
    )
    interval = question(
        BeliefInterval,
        "Guaranteed bounds on the confidence of a belief.",
        lambda services: services.intervals.interval,
        key=BELIEF,
    )

    @answer(Comparison, "What differs between two moments of a twin.")
    @staticmethod
    async def compare(
        info: Request,
        twin: TwinName,
        as_of_a: Annotated[AsOf, described("The first moment.")],
        as_of_b: Annotated[AsOf | None, described("The second moment; default: now.")] = None,
        at_least_rev: AtLeastRev = None,
    ) -> Answer[commit.Comparison]:
        context = info.context
        return await context.services_for(twin).questions.compare(
            context.caller, context.note_twin(twin), as_of_a, as_of_b or NOW, at_least_rev=at_least_rev
        )

    @answer(
        Comparison, "What would change given hypothetical events, evidence, goals or assumptions. Nothing is stored."
    )
    @staticmethod
    async def what_if(
        info: Request,
        input: Annotated[WhatIf, described("The hypothetical changes.")],
        as_of: At = None,
        at_least_rev: AtLeastRev = None,
    ) -> Answer[commit.Comparison]:
        context = info.context
        context.note_twin(input.twin)
        return await context.services_for(input.twin).what_ifs.what_if(
            context.caller, input, as_of=as_of or NOW, at_least_rev=at_least_rev
        )


def _variable(attribute: str, subject: str, context: str) -> BeliefKey:
    try:
        return BeliefKey(attribute=attribute, subject=subject, context=context)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        raise Incorrect("invalid-input", f"{wrong['loc'][0]}: {wrong['msg']}.", field=wrong["loc"][0]) from None
