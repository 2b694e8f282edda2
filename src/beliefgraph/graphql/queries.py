"""What can be asked. Every field is one question of a service, and most are one statement in the store."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime

import strawberry
from pydantic import ValidationError

from beliefgraph.errors import Incorrect, NotFound
from beliefgraph.graphql import types
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.decision_queries import DecisionQueries
from beliefgraph.graphql.expose import field
from beliefgraph.graphql.ids import read_id
from beliefgraph.graphql.inputs import AsOf, BeliefFilter, BeliefKey, BeliefOrder, MetricKey, WhatIf
from beliefgraph.graphql.lookahead import Selection, around, around_goals
from beliefgraph.graphql.reasons import ReasonQueries
from beliefgraph.graphql.scalars import ENUMS
from beliefgraph.model import belief as beliefs
from beliefgraph.model import commit, definition, event, explanation, interval, metric, question
from beliefgraph.model import distribution as distributions
from beliefgraph.model.belief import ANYONE, ANYWHERE, Holding
from beliefgraph.model.goal import GoalRow, GoalStatus, Pursuit
from beliefgraph.model.identity import twin_id
from beliefgraph.model.metric import Reading
from beliefgraph.model.page import Answer, Item, Page
from beliefgraph.model.time import NOW, instant
from beliefgraph.model.twin import Twin
from beliefgraph.services.paging import DEFAULT_PAGE

MOST_CHANGES = 200
MOST_QUARANTINED = 200

GoalStatuses = ENUMS[GoalStatus]

AS_OF = "The moment to read at; now, as published, if left out."


@strawberry.type(description="Questions. A twin is named as its application names it.")
class Query(DecisionQueries, ReasonQueries):
    """The root of all questions."""

    @field(types.Twin, "One twin. `atLeastRev` waits until the twin is there.")
    @staticmethod
    async def twin(info: Request, name: str, at_least_rev: int | None = None) -> Twin:
        context = info.context
        return await context.verbs.questions.twin(context.caller, context.speak_of(name), at_least_rev=at_least_rev)

    @field(types.TwinConnection, "All twins that the key reaches, by name.")
    @staticmethod
    async def twins(info: Request, first: int = DEFAULT_PAGE, after: str | None = None) -> Page[Twin]:
        return await info.context.verbs.questions.twins(info.context.caller, first=first, after=after)

    @field(types.Node | None, "The twin, belief, goal or evidence of a global id.")
    @staticmethod
    async def node(
        info: Request, id: strawberry.ID, as_of: AsOf | None = None
    ) -> Twin | question.BeliefRow | GoalRow | question.SourcedEvidence:
        context, named = info.context, read_id(str(id))
        questions, caller = context.verbs.questions, context.caller
        context.speak_of(named.twin)
        if named.type == "Twin":
            return await questions.twin(caller, named.twin)
        if named.type == "Belief":
            wanted = around(Selection.of(info))
            row = await questions.belief_by_id(
                caller,
                named.id,
                as_of=as_of or NOW,
                relation_levels=wanted.relation_levels,
                relation_kinds=wanted.relation_kinds,
                with_evidence=wanted.with_evidence,
            )
            _same_twin(context.caller.tenant, named.twin, row.state.belief.twin)
            return row
        if named.type == "Goal":
            asked = around_goals(Selection.of(info))
            pursued = await context.verbs.goals.goal_by_id(
                caller, named.id, as_of=as_of or NOW, related=asked.related, explained=asked.explained
            )
            _same_twin(context.caller.tenant, named.twin, pursued.state.goal.twin)
            return pursued
        if named.type == "Evidence":
            found = await questions.evidence_by_id(caller, named.id)
            _same_twin(context.caller.tenant, named.twin, found.evidence.twin)
            return found
        raise NotFound("not-found", "This id names nothing.", id=str(id)[:100])

    @field(types.Belief, "One belief; one of which nothing is known has its prior.")
    @staticmethod
    async def belief(
        info: Request, twin: str, key: BeliefKey, as_of: AsOf | None = None, at_least_rev: int | None = None
    ) -> question.BeliefRow:
        context, wanted = info.context, around(Selection.of(info))
        return await context.verbs.questions.belief(
            context.caller,
            context.speak_of(twin),
            key,
            as_of=as_of or NOW,
            at_least_rev=at_least_rev,
            relation_levels=wanted.relation_levels,
            relation_kinds=wanted.relation_kinds,
            with_evidence=wanted.with_evidence,
        )

    @field(types.BeliefConnection, "The beliefs that match, in the order asked for.")
    @staticmethod
    async def beliefs(
        info: Request,
        twin: str,
        filter: BeliefFilter | None = None,
        order: BeliefOrder | None = None,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least_rev: int | None = None,
    ) -> Page[question.BeliefRow]:
        context, selected = info.context, Selection.of(info)
        wanted = around(selected.under("edges", "node").joined(selected.under("nodes")))
        return await context.verbs.questions.beliefs(
            context.caller,
            context.speak_of(twin),
            filter or question.EVERY_BELIEF,
            order or question.SUREST_FIRST,
            first=first,
            after=after,
            as_of=as_of or NOW,
            at_least_rev=at_least_rev,
            relation_levels=wanted.relation_levels,
            relation_kinds=wanted.relation_kinds,
            with_evidence=wanted.with_evidence,
            with_total="totalCount" in selected,
        )

    @field(types.Distribution, "How likely each value of a categorical attribute is, unrounded; `other` is among them.")
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
        asked, wanted = info.context, around(Selection.of(info).under("values", "belief"))
        return await asked.verbs.questions.distribution(
            asked.caller,
            asked.speak_of(twin),
            _variable(attribute, subject, context),
            as_of=as_of or NOW,
            at_least_rev=at_least_rev,
            relation_levels=wanted.relation_levels,
            relation_kinds=wanted.relation_kinds,
            with_evidence=wanted.with_evidence,
        )

    @field(types.EvidenceOnConnection, "The chain of a belief: its evidence, oldest first.")
    @staticmethod
    async def evidence(
        info: Request,
        twin: str,
        key: BeliefKey,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least_rev: int | None = None,
    ) -> Page[question.EvidenceOn]:
        context = info.context
        return await context.verbs.questions.evidence(
            context.caller,
            context.speak_of(twin),
            key,
            first=first,
            after=after,
            as_of=as_of or NOW,
            at_least_rev=at_least_rev,
        )

    @field(types.Relations, "The relations of a belief to others of its twin.")
    @staticmethod
    async def relations(
        info: Request, twin: str, key: BeliefKey, as_of: AsOf | None = None, at_least_rev: int | None = None
    ) -> Answer[tuple[question.RelatedBelief, ...]]:
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

    @field(types.HoldingConnection, "What was published about a belief, the newest first.")
    @staticmethod
    async def history(
        info: Request,
        twin: str,
        key: BeliefKey,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least_rev: int | None = None,
    ) -> Page[Holding]:
        context = info.context
        return await context.verbs.questions.history(
            context.caller,
            context.speak_of(twin),
            key,
            first=first,
            after=after,
            as_of=as_of or NOW,
            at_least_rev=at_least_rev,
        )

    @field(types.Goal, "One goal; `unknown-goal` if nobody spoke of it.")
    @staticmethod
    async def goal(
        info: Request, twin: str, key: str, as_of: AsOf | None = None, at_least_rev: int | None = None
    ) -> GoalRow:
        context, asked = info.context, around_goals(Selection.of(info))
        return await context.verbs.goals.goal(
            context.caller,
            context.speak_of(twin),
            key,
            as_of=as_of or NOW,
            at_least_rev=at_least_rev,
            related=asked.related,
            explained=asked.explained,
        )

    @field(types.GoalConnection, "The goals, of all statuses or of those named; what calls for most work first.")
    @staticmethod
    async def goals(
        info: Request,
        twin: str,
        status: list[GoalStatuses] | None = None,  # type: ignore[valid-type]
        first: int = DEFAULT_PAGE,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least_rev: int | None = None,
    ) -> Page[GoalRow]:
        context, selected = info.context, Selection.of(info)
        asked = around_goals(selected.under("edges", "node").joined(selected.under("nodes")))
        return await context.verbs.goals.goals(
            context.caller,
            context.speak_of(twin),
            status,
            first=first,
            after=after,
            as_of=as_of or NOW,
            at_least_rev=at_least_rev,
            related=asked.related,
            explained=asked.explained,
        )

    @field(types.PursuitConnection, "What was published about a goal, the newest first, each with its reason.")
    @staticmethod
    async def goal_history(
        info: Request,
        twin: str,
        key: str,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least_rev: int | None = None,
    ) -> Page[Pursuit]:
        context = info.context
        return await context.verbs.goals.history(
            context.caller,
            context.speak_of(twin),
            key,
            first=first,
            after=after,
            as_of=as_of or NOW,
            at_least_rev=at_least_rev,
        )

    @field(types.MetricConnection, "The metrics in which an event has counted, by name.")
    @staticmethod
    async def metrics(
        info: Request,
        twin: str,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least_rev: int | None = None,
    ) -> Page[metric.MetricState]:
        context = info.context
        return await context.verbs.metrics.metrics(
            context.caller,
            context.speak_of(twin),
            first=first,
            after=after,
            as_of=as_of or NOW,
            at_least_rev=at_least_rev,
        )

    @field(types.Metric, "One metric; one in which nothing has counted yet has nothing.")
    @staticmethod
    async def metric(
        info: Request, twin: str, key: MetricKey, as_of: AsOf | None = None, at_least_rev: int | None = None
    ) -> metric.MetricState:
        context = info.context
        return await context.verbs.metrics.metric(
            context.caller, context.speak_of(twin), key, as_of=as_of or NOW, at_least_rev=at_least_rev
        )

    @field(types.EvidenceInConnection, "The events behind a metric: those in its window, the newest first.")
    @staticmethod
    async def metric_events(
        info: Request,
        twin: str,
        key: MetricKey,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least_rev: int | None = None,
    ) -> Page[question.EvidenceIn]:
        context = info.context
        return await context.verbs.metrics.events(
            context.caller,
            context.speak_of(twin),
            key,
            first=first,
            after=after,
            as_of=as_of or NOW,
            at_least_rev=at_least_rev,
        )

    @field(types.ReadingConnection, "What was published of a metric, the newest first.")
    @staticmethod
    async def metric_history(
        info: Request,
        twin: str,
        key: MetricKey,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
        as_of: AsOf | None = None,
        at_least_rev: int | None = None,
    ) -> Page[Reading]:
        context = info.context
        return await context.verbs.metrics.history(
            context.caller,
            context.speak_of(twin),
            key,
            first=first,
            after=after,
            as_of=as_of or NOW,
            at_least_rev=at_least_rev,
        )

    @field(types.Explanation, "Why a belief stands where it stands.")
    @staticmethod
    async def explanation(
        info: Request, twin: str, key: BeliefKey, as_of: AsOf | None = None, at_least_rev: int | None = None
    ) -> explanation.Explanation:
        context = info.context
        return await context.verbs.explanations.explain(
            context.caller, context.speak_of(twin), key, as_of=as_of or NOW, at_least_rev=at_least_rev
        )

    @field(types.BeliefInterval, "Between what the confidence of a belief lies for certain.")
    @staticmethod
    async def interval(
        info: Request, twin: str, key: BeliefKey, as_of: AsOf | None = None, at_least_rev: int | None = None
    ) -> interval.BeliefInterval:
        context = info.context
        return await context.verbs.intervals.interval(
            context.caller, context.speak_of(twin), key, as_of=as_of or NOW, at_least_rev=at_least_rev
        )

    @field(types.Comparison, "What differs between two moments of a twin.")
    @staticmethod
    async def compare(
        info: Request, twin: str, as_of_a: AsOf, as_of_b: AsOf | None = None, at_least_rev: int | None = None
    ) -> Answer[tuple[commit.BeliefDifference, ...]]:
        context = info.context
        return await context.verbs.questions.compare(
            context.caller, context.speak_of(twin), as_of_a, as_of_b or NOW, at_least_rev=at_least_rev
        )

    @field(
        types.Comparison,
        "What would follow from events, evidence or assumptions; nothing is stored.",
    )
    @staticmethod
    async def what_if(
        info: Request, input: WhatIf, as_of: AsOf | None = None, at_least_rev: int | None = None
    ) -> Answer[tuple[commit.BeliefDifference, ...]]:
        context = info.context
        context.speak_of(input.twin)
        return await context.verbs.what_ifs.what_if(
            context.caller, input, as_of=as_of or NOW, at_least_rev=at_least_rev
        )

    @field(list[types.Change], "The changes of a twin after a rev, in order.")
    @staticmethod
    async def changes(info: Request, twin: str, after_rev: int = 0, first: int = MOST_CHANGES) -> list[commit.Change]:
        context = info.context
        most = _page_size(first, MOST_CHANGES)
        return await context.verbs.changes.since(context.caller, context.speak_of(twin), after_rev, limit=most)

    @field(types.Definitions, "The definitions in force.")
    @staticmethod
    async def definitions(info: Request) -> definition.Definitions:
        caller = info.context.caller
        caller.require("read")
        return (await info.context.verbs.book.latest(caller.tenant)).definitions

    @field(types.SourceConnection, "The sources of the tenant by name, with what was learned about them.")
    @staticmethod
    async def sources(info: Request, first: int = DEFAULT_PAGE, after: str | None = None) -> Page[question.KnownSource]:
        return await info.context.verbs.sources.page(info.context.caller, first=first, after=after)

    @field(
        types.QuarantinedEventConnection,
        "Events that could not be taken in, oldest first; needs the scope `define`.",
    )
    @staticmethod
    async def quarantine(
        info: Request, first: int = DEFAULT_PAGE, after: str | None = None
    ) -> Page[event.QuarantinedEvent]:
        size = _page_size(first, MOST_QUARANTINED)
        found = await info.context.verbs.intake.quarantine(
            info.context.caller, limit=size + 1, after=None if after is None else _read_place(after)
        )
        return Page(
            items=tuple(Item(each, _write_place(each)) for each in found[:size]),
            has_next=len(found) > size,
            has_previous=after is not None,
        )


def _variable(attribute: str, subject: str, context: str) -> beliefs.BeliefKey:
    try:
        return beliefs.BeliefKey(attribute=attribute, subject=subject, context=context)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        raise Incorrect("invalid-input", f"{wrong['loc'][0]}: {wrong['msg']}.", field=wrong["loc"][0]) from None


def _same_twin(tenant: str, name: str, id_: str) -> None:
    if twin_id(tenant, name) != id_:
        raise NotFound("not-found", "This id names nothing.")


def _page_size(first: int, most: int) -> int:
    if not 1 <= first <= most:
        raise Incorrect("invalid-input", f"first must lie between 1 and {most}.", field="first")
    return first


def _write_place(waiting: event.QuarantinedEvent) -> str:
    return urlsafe_b64encode(f"{waiting.since.isoformat()}\x1f{waiting.id}".encode()).decode()


def _read_place(cursor: str) -> tuple[datetime, str]:
    try:
        since, _, id_ = urlsafe_b64decode(cursor).decode().partition("\x1f")
        moment = instant(datetime.fromisoformat(since))
    except (ValueError, Incorrect):
        raise Incorrect("invalid-cursor", "This cursor is not one that was given out for this question.") from None
    return moment, id_
