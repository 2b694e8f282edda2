"""The one place where things are built and joined."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from starlette.applications import Starlette

from beliefgraph.config import Settings
from beliefgraph.errors import Incorrect
from beliefgraph.graphql.door import Bounds, GraphQLDoor
from beliefgraph.graphql.limits import Limits
from beliefgraph.graphql.schema import make_schema
from beliefgraph.inference import warm
from beliefgraph.ingest.http import events_endpoint
from beliefgraph.model.time import Clock, SystemClock
from beliefgraph.services.bell import Bell
from beliefgraph.services.bounded_json import JsonBounds
from beliefgraph.services.cache import TwinCache
from beliefgraph.services.callers import Callers
from beliefgraph.services.changes import Changes
from beliefgraph.services.commands import Commands
from beliefgraph.services.decisions.check import DecisionChecks
from beliefgraph.services.decisions.questions import Decisions
from beliefgraph.services.definitions import DefinitionBook
from beliefgraph.services.erase import Eraser, finish_erasures
from beliefgraph.services.explanation.explain import Explanations
from beliefgraph.services.goals.questions import Goals
from beliefgraph.services.intake import Intake
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.interval import Intervals
from beliefgraph.services.learning.sources import SourceLearner
from beliefgraph.services.metrics.questions import Metrics
from beliefgraph.services.moments import Moments
from beliefgraph.services.places import Places, Shares
from beliefgraph.services.preferences.questions import Preferences
from beliefgraph.services.questions import Questions
from beliefgraph.services.readiness import Readiness
from beliefgraph.services.reasons.questions import Reasons
from beliefgraph.services.refresh import INTERVAL as EVERY_HOUR
from beliefgraph.services.refresh import Refresher
from beliefgraph.services.threads import threads
from beliefgraph.services.update import Updater
from beliefgraph.services.upkeep import Upkeep
from beliefgraph.services.vitals import Vitals
from beliefgraph.services.warming import Warming
from beliefgraph.services.what_if import WhatIfs
from beliefgraph.store.graph import Graph, connected
from beliefgraph.store.keys import Keyring
from beliefgraph.store.migrations import check_migrated, migrate
from beliefgraph.web.application import Doors, make_web
from beliefgraph.web.graphiql_page import page
from beliefgraph.web.metrics_page import metrics_page


@dataclass(frozen=True)
class Services:
    """Everything that runs, joined."""

    settings: Settings
    clock: Clock
    graph: Graph
    keyring: Keyring
    cache: TwinCache
    callers: Callers
    book: DefinitionBook
    intake: Intake
    commands: Commands
    eraser: Eraser
    questions: Questions
    goals: Goals
    preferences: Preferences
    decisions: Decisions
    decision_checks: DecisionChecks
    metrics: Metrics
    explanations: Explanations
    intervals: Intervals
    reasons: Reasons
    what_ifs: WhatIfs
    changes: Changes
    refresher: Refresher
    sources: SourceLearner
    upkeep: Upkeep
    warming: Warming
    readiness: Readiness

    def definitions_changed(self, tenant: str) -> None:
        """Let the twins of a tenant adopt what is in force, soon."""
        self.upkeep.definitions_changed(tenant)


def build(settings: Settings, graph: Graph, keyring: Keyring, clock: Clock) -> Services:
    """The services on a connection; nothing is read or written yet."""
    bell = Bell()
    book = DefinitionBook(graph, clock)
    interpreter = RuleInterpreter()
    cache = TwinCache(graph, keyring, settings.cached_megabytes * 2**20)
    moments = Moments(graph, book, cache, bell)
    updater = Updater(graph, keyring, book, cache, clock, bell)
    intake = Intake(updater, interpreter)
    interval = settings.refresh_interval

    async def look() -> None:
        await graph.ready()
        await check_migrated(graph)

    explanations = Explanations(graph, keyring, book, moments=moments)
    refresher = Refresher(updater, intake, interval=timedelta(seconds=interval) if interval else EVERY_HOUR)
    return Services(
        settings=settings,
        clock=clock,
        graph=graph,
        keyring=keyring,
        cache=cache,
        callers=Callers(graph, clock, settings.key_cache_seconds),
        book=book,
        intake=intake,
        commands=Commands(updater, intake),
        eraser=Eraser(updater),
        questions=Questions(graph, keyring, book, moments=moments),
        goals=Goals(graph, book, moments=moments),
        preferences=Preferences(graph, book, explanations, moments=moments),
        decisions=Decisions(graph, keyring, book, moments=moments),
        decision_checks=DecisionChecks(graph, book, moments=moments),
        metrics=Metrics(graph, keyring, book, moments=moments),
        explanations=explanations,
        intervals=Intervals(graph, book, moments=moments),
        reasons=Reasons(graph, book, interpreter, explanations, moments=moments),
        what_ifs=WhatIfs(graph, book, interpreter, moments=moments),
        changes=Changes(graph, bell, interval=settings.poll_interval, queue=settings.subscription_queue),
        refresher=refresher,
        sources=SourceLearner(graph, book),
        upkeep=Upkeep(refresher, clock, interval),
        warming=Warming(warm, settings.request_timeout / 2),
        readiness=Readiness(look),
    )


@asynccontextmanager
async def running(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Services]:
    """The services, on a database brought to this version's schema; let go of when the block ends."""
    if settings.neo4j_uri is None or settings.neo4j_password is None:
        raise Incorrect("invalid-input", "Say where Neo4j is: NEO4J_URI and NEO4J_PASSWORD.", variable="NEO4J_URI")
    clock = clock or SystemClock()
    working = threads()
    asyncio.get_running_loop().set_default_executor(working)
    password = settings.neo4j_password.get_secret_value()
    async with connected(
        settings.neo4j_uri, settings.neo4j_username, password, settings.neo4j_database, settings.acquisition_timeout
    ) as graph:
        await migrate(graph, clock)
        keyring = Keyring(settings.keys)
        await finish_erasures(graph, keyring)
        services = build(settings, graph, keyring, clock)
        upkeep = asyncio.create_task(services.upkeep.run(), name="upkeep")
        warming = asyncio.create_task(services.warming.run(), name="warm the inference")
        await services.readiness.look()
        looking = asyncio.create_task(services.readiness.run(), name="readiness")
        try:
            yield services
        finally:
            for each in (upkeep, warming, looking):
                each.cancel()
            await asyncio.gather(upkeep, warming, looking, return_exceptions=True)
            working.stop()
            await services.changes.close()
            await services.cache.close()


def create_app(services: Services) -> Starlette:
    """The ASGI application of the services."""
    settings = services.settings
    places = Places(
        Shares(
            total=settings.max_in_flight,
            per_tenant=settings.max_in_flight_per_tenant,
            per_key=settings.max_in_flight_per_key,
            waiting_per_key=settings.max_queued_per_key,
            patience=min(settings.queue_timeout, settings.request_timeout / 2),
        )
    )
    schema = make_schema(
        Limits(
            depth=settings.max_query_depth,
            aliases=settings.max_query_aliases,
            cost=settings.max_query_cost,
            tokens=settings.max_query_tokens,
            page=settings.max_page_size,
            introspection=settings.introspection,
        )
    )
    door = GraphQLDoor(
        schema,
        services,
        page=page if settings.graphiql else None,
        origins=settings.cors_origins,
        bounds=Bounds(
            places=places,
            seconds=settings.request_timeout,
            answer_bytes=settings.max_answer_bytes,
            operations_per_socket=settings.max_operations_per_socket,
            subscriptions_per_key=settings.max_subscriptions_per_key,
            json=JsonBounds(bytes=settings.max_body_bytes),
        ),
    )
    events = events_endpoint(services.intake.observe, services.clock, settings.max_body_bytes)

    def ready() -> None:
        services.warming.check()
        services.readiness.check()

    vitals = Vitals(services.graph, services.cache, services.changes, places, ready)
    token = settings.metrics_token
    doors = Doors(
        graphql=door,
        events=events,
        ready=ready,
        warmed=services.warming.wait,
        places=places,
        metrics=None if token is None else metrics_page(vitals, token.get_secret_value()),
    )
    return make_web(doors, services.callers, settings)
