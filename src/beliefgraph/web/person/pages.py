"""The pages that show a person the data held about them."""

from __future__ import annotations

import asyncio
from itertools import groupby

from starlette.responses import Response

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.belief import BeliefKey, probability
from beliefgraph.model.explanation import Explanation
from beliefgraph.model.question import BeliefOrder
from beliefgraph.web.person.visit import Visit

BY_ATTRIBUTE = BeliefOrder(by="attribute", descending=False)
BELIEFS = 100
LISTED = 50
READERS = 500
REASONS = 20


async def beliefs(visit: Visit) -> Response:
    """Beliefs, by domain."""
    page = await visit.services.questions.beliefs(
        visit.caller.asking("beliefs"), visit.twin, order=BY_ATTRIBUTE, first=BELIEFS, after=_after(visit)
    )
    by_domain = [(name, list(rows)) for name, rows in groupby(page.nodes, lambda row: row.state.belief.domain)]
    restricted = await visit.services.sights.restricted(visit.caller.asking("restricted"), visit.twin)
    return visit.show("beliefs.html", domains=by_domain, page=page, restricted=restricted, done=_done(visit))


async def belief(visit: Visit) -> Response:
    """One belief: its confidence, the reasons for it, and its history."""
    caller, twin = visit.caller, visit.twin
    row = await visit.services.questions.belief_by_id(
        caller.asking("belief"), visit.request.path_params["belief"], twin=twin
    )
    key = row.state.belief.belief_key
    why, history = await asyncio.gather(
        _explained(visit, key), visit.services.questions.history(caller.asking("history"), twin, key)
    )
    points = [(h.valid_from, probability(h.log_odds)) for h in reversed(history.nodes) if h.log_odds is not None]
    return visit.show("belief.html", row=row, why=why, points=points, done=_done(visit))


async def _explained(visit: Visit, key: BeliefKey) -> Explanation | None:
    """The explanation of a belief; None if there is none."""
    try:
        return await visit.services.explanations.explain(
            visit.caller.asking("explanation"), visit.twin, key, first=REASONS
        )
    except BeliefgraphError as error:
        if error.code != "too-wide":
            raise
        return None


async def received(visit: Visit) -> Response:
    """Evidence received, with its sources and texts."""
    page = await visit.services.received.evidence(
        visit.caller.asking("evidence"), visit.twin, first=LISTED, after=_after(visit)
    )
    return visit.show("received.html", page=page, done=_done(visit))


async def events(visit: Visit) -> Response:
    """Events as they arrived, events in quarantine, and the person's identifiers."""
    caller, twin = visit.caller, visit.twin
    page, waiting, identifiers = await asyncio.gather(
        visit.services.received.events(caller.asking("events"), twin, first=LISTED, after=_after(visit)),
        visit.services.received.waiting(caller.asking("waiting"), twin, first=LISTED),
        visit.services.received.identifiers(caller.asking("identifiers"), twin),
    )
    return visit.show("events.html", page=page, waiting=waiting, identifiers=identifiers)


async def plans(visit: Visit) -> Response:
    """Goals, preferences, decisions, metrics, the segment, trajectories and forecasts."""
    caller, twin, services = visit.caller, visit.twin, visit.services
    goals, preferences, decisions, metrics, segment, forecasts, trajectories = await asyncio.gather(
        services.goals.goals(caller.asking("goals"), twin, first=LISTED),
        services.preferences.preferences(caller.asking("preferences"), twin, first=LISTED),
        services.decisions.decisions(caller.asking("decisions"), twin, first=LISTED),
        services.metrics.metrics(caller.asking("metrics"), twin, first=LISTED),
        services.segments.segment(caller.asking("segment"), twin),
        services.forecasts.forecasts(caller.asking("forecasts"), twin, first=LISTED),
        services.trajectories.trajectories(caller.asking("trajectories"), twin),
    )
    return visit.show(
        "plans.html",
        goals=goals,
        preferences=preferences,
        decisions=decisions,
        metrics=metrics,
        segment=segment,
        forecasts=forecasts,
        trajectories=trajectories,
    )


async def permissions(visit: Visit) -> Response:
    """What each purpose may use, as switches."""
    caller, twin = visit.caller.asking("permissions"), visit.twin
    uses, policy, restricted = await asyncio.gather(
        visit.services.sights.uses(caller, twin),
        visit.services.policies.shown(caller),
        visit.services.sights.restricted(caller, twin),
    )
    return visit.show("permissions.html", uses=uses, policy=policy, restricted=restricted, done=_done(visit))


async def readers(visit: Visit) -> Response:
    """Who read what, when and for which purpose."""
    found = await visit.services.accesses.accesses(visit.caller.asking("accesses"), visit.twin, first=READERS)
    own, others = ([each for each in found if each.person is own] for own in (True, False))
    return visit.show("readers.html", own=own, others=others, today=visit.now.date())


async def own_data(visit: Visit) -> Response:
    """Restriction, export and erasure."""
    caller = visit.caller.asking("permissions")
    restricted, policy = await asyncio.gather(
        visit.services.sights.restricted(caller, visit.twin), visit.services.policies.shown(caller)
    )
    return visit.show("data.html", restricted=restricted, policy=policy, done=_done(visit))


async def erasing(visit: Visit) -> Response:
    """The confirmation page before everything is erased."""
    return visit.show("erase.html", wrong=False)


def _after(visit: Visit) -> str | None:
    return visit.request.query_params.get("after")


def _done(visit: Visit) -> str:
    """The action that was just performed, by its name."""
    return visit.request.query_params.get("done", "")
