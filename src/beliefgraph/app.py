"""The services, built and joined in one place; `api.py` makes the web application of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

from beliefgraph.config import Settings, read_shard_map
from beliefgraph.errors import BeliefgraphError, Incorrect, Unsupported
from beliefgraph.inference import warm
from beliefgraph.model.caller import Caller
from beliefgraph.model.shards import HOME, ShardLocation, ShardMap
from beliefgraph.model.time import Clock, SystemClock
from beliefgraph.services.access.accesses import AccessLog
from beliefgraph.services.access.callers import Callers
from beliefgraph.services.access.residency import Residency
from beliefgraph.services.access.sessions import Sessions
from beliefgraph.services.access.tokens import Tokens, read_issuers
from beliefgraph.services.advice.check import DecisionChecks
from beliefgraph.services.archives.archives import Archives
from beliefgraph.services.archives.downloads import Downloads
from beliefgraph.services.asking.questions import AskingQuestions
from beliefgraph.services.change_points.questions import ChangePointQuestions
from beliefgraph.services.changes.changes import Changes
from beliefgraph.services.commands.commands import Commands
from beliefgraph.services.commands.intake import Intake
from beliefgraph.services.commands.writer import Updater
from beliefgraph.services.commits.layers import LAYERS
from beliefgraph.services.copies.project import Copying, CopySource
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.explanation.explain import Explanations
from beliefgraph.services.forecasts.keeper import ForecastKeeper
from beliefgraph.services.forecasts.questions import Forecasts
from beliefgraph.services.interpretation.rules import RuleInterpreter
from beliefgraph.services.layer.protocol import Layer
from beliefgraph.services.learning.sources import SourceLearner
from beliefgraph.services.permissions.policies import Policies
from beliefgraph.services.permissions.sights import Sights
from beliefgraph.services.preferences.questions import Preferences
from beliefgraph.services.process.fair_semaphore import FairSemaphore, Shares
from beliefgraph.services.process.threads import threads
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.questions.decisions import Decisions
from beliefgraph.services.questions.goals import Goals
from beliefgraph.services.questions.interval import Intervals
from beliefgraph.services.questions.layers import LayerQuestions
from beliefgraph.services.questions.metrics import Metrics
from beliefgraph.services.questions.what_if import WhatIfs
from beliefgraph.services.reasons.questions import Reasons
from beliefgraph.services.received.questions import Received
from beliefgraph.services.reinterpretation.reinterpret import Reinterpreter
from beliefgraph.services.segments.questions import Segments
from beliefgraph.services.series.questions import SeriesQuestions
from beliefgraph.services.snapshots.as_of import Snapshots
from beliefgraph.services.trajectories.questions import Trajectories
from beliefgraph.services.twin.cache import TwinCache
from beliefgraph.services.twin.notifier import Notifier
from beliefgraph.services.upkeep.across import ShardedServices
from beliefgraph.services.upkeep.erase import Eraser, finish_erasures, replay_erasures
from beliefgraph.services.upkeep.move import Mover, finish_moves
from beliefgraph.services.upkeep.readiness import Readiness
from beliefgraph.services.upkeep.refresh import INTERVAL as EVERY_HOUR
from beliefgraph.services.upkeep.refresh import Refresher
from beliefgraph.services.upkeep.scheduler import Scheduler
from beliefgraph.services.upkeep.warming import Warming
from beliefgraph.store.copies import CopyStore
from beliefgraph.store.graph import CONNECTION_POOL, Graph, connected
from beliefgraph.store.keys import Keyring
from beliefgraph.store.layer_rows import Layers
from beliefgraph.store.migrations import check_migrated, migrate
from beliefgraph.store.personal import PersonalTexts
from beliefgraph.store.tickets import Tickets

CONNECTIONS_PER_KEY = 8
"""Connections to a database that one key has at once. What comes back on each takes the event loop a millisecond."""

MOST_WAITING = 10_000
"""Statements of one key that may wait for a connection: what asks them is bounded already."""


@dataclass(frozen=True)
class Services:
    """What runs on one database, joined; with a shard map, the services of the home, which know the others."""

    settings: Settings
    clock: Clock
    graph: Graph
    keyring: Keyring
    cache: TwinCache
    callers: Callers
    policies: Policies
    sights: Sights
    accesses: AccessLog
    sessions: Sessions
    book: DefinitionBook
    intake: Intake
    updater: Updater
    commands: Commands
    eraser: Eraser
    archives: Archives
    downloads: Downloads
    copy_source: CopySource
    questions: Questions
    goals: Goals
    preferences: Preferences
    decisions: Decisions
    decision_checks: DecisionChecks
    metrics: Metrics
    forecasts: Forecasts
    forecast_keeper: ForecastKeeper
    trajectories: Trajectories
    segments: Segments
    series: SeriesQuestions
    change_points: ChangePointQuestions
    asking: AskingQuestions
    explanations: Explanations
    intervals: Intervals
    reasons: Reasons
    received: Received
    what_ifs: WhatIfs
    changes: Changes
    refresher: Refresher
    sources: SourceLearner
    reinterpreter: Reinterpreter
    scheduler: Scheduler
    warming: Warming
    readiness: Readiness
    layer_questions: LayerQuestions
    layers: Sequence[Layer]
    residency: Residency | None = None
    others: Mapping[str, Services] = field(default_factory=dict)

    @property
    def shards(self) -> dict[str, Services]:
        """The services of every database that holds twins, by the name of the shard."""
        if self.residency is None:
            return {HOME: self}
        return {each.name: self if each.name == HOME else self.others[each.name] for each in self.residency.map.shards}

    @property
    def databases(self) -> tuple[Services, ...]:
        """The services of every database, the home first."""
        return (self, *self.others.values())

    @property
    def across(self) -> ShardedServices:
        """What concerns several twins, asked of all shards."""
        return ShardedServices(self.shards, self.residency)

    def of(self, caller: Caller, twin: str) -> Services:
        """The services of the shard that holds a twin of the caller's tenant; `unknown-shard` where none here does."""
        if self.residency is None:
            return self
        shard = self.residency.of(caller.tenant, twin)
        return self if shard == HOME else self.others[shard]

    @property
    def mover(self) -> Mover:
        """What moves twins between the shards; `unknown-shard` where there is one database."""
        if self.residency is None:
            raise Unsupported("unknown-shard", "There is no shard map: all twins are in one database.")
        shards = {name: each.updater for name, each in self.shards.items()}
        return Mover(shards, self.residency, self.keyring, self.clock)

    @property
    def alone(self) -> Services:
        """These, where all twins are in one database; `unknown-shard` where they are in several."""
        if self.residency is not None:
            raise Unsupported("unknown-shard", "This needs all twins of a tenant in one database.")
        return self

    def definitions_changed(self, tenant: str) -> None:
        """Let the twins of a tenant adopt what is in force, soon."""
        for each in self.databases:
            each.scheduler.definitions_changed(tenant)

    def start_background_work(self) -> None:
        """Refresh quiet twins from now on, and take in what is due."""
        for each in self.databases:
            each.scheduler.start_background_work()


def build(
    settings: Settings,
    graph: Graph,
    keyring: Keyring,
    clock: Clock,
    shard_map: ShardMap | None = None,
    shards: Mapping[str, Graph] | None = None,
    layers: Sequence[Layer] = LAYERS,
) -> Services:
    """The services on a connection; nothing is read or written yet. `shards` are the databases besides the home."""
    shards = shards or {}
    databases = (graph, *shards.values())
    for each in databases:
        each.personal = PersonalTexts(keyring)
        each.layers = Layers(layer.rows for layer in layers if layer.rows is not None)
        each.turn = _connections(settings.acquisition_timeout).of_holder

    async def look() -> None:
        for each in databases:
            await each.ready()
            await check_migrated(each)

    accesses = AccessLog(keyring, clock, settings.access_log_days)
    book = DefinitionBook(graph, clock, list(shards.values()))
    tokens = None if settings.issuers is None else Tokens(read_issuers(settings.issuers), clock)
    shared = _Shared(
        settings,
        keyring,
        clock,
        callers=Callers(
            graph,
            clock,
            settings.key_cache_seconds,
            log=accesses.note,
            tokens=tokens,
        ),
        policies=Policies(graph, clock, book),
        accesses=accesses,
        sessions=_sessions(settings, keyring, clock, accesses, tokens),
        warming=Warming(warm, settings.request_timeout / 2),
        readiness=Readiness(look),
        home=graph,
        cached_bytes=settings.cached_megabytes * 2**20 // len(databases),
        residency=None if shard_map is None else Residency(shard_map, keyring),
        layers=layers,
    )
    others = {name: _on(each, DefinitionBook(each, clock), shared, name) for name, each in shards.items()}
    return _on(graph, book, shared, HOME, others)


def _connections(patience: float) -> FairSemaphore:
    """The connections to a database, shared out: a tenant has half of them at most, and a key a few."""
    return FairSemaphore(
        Shares(
            CONNECTION_POOL,
            per_tenant=CONNECTION_POOL // 2,
            per_key=CONNECTIONS_PER_KEY,
            waiting_per_key=MOST_WAITING,
            patience=patience,
        )
    )


def _sessions(
    settings: Settings, keyring: Keyring, clock: Clock, accesses: AccessLog, tokens: Tokens | None
) -> Sessions:
    given = settings.session_secret
    return Sessions(
        Tickets(keyring.sessions, () if given is None else given.get_secret_value().split(",")),
        clock,
        link_lifetime=settings.link_lifetime,
        session_lifetime=settings.session_lifetime,
        log=accesses.note,
        tokens=tokens,
    )


@dataclass(frozen=True)
class _Shared:
    """What the services on every database of a process have in common."""

    settings: Settings
    keyring: Keyring
    clock: Clock
    callers: Callers
    policies: Policies
    accesses: AccessLog
    sessions: Sessions
    warming: Warming
    readiness: Readiness
    home: Graph
    cached_bytes: int
    residency: Residency | None
    layers: Sequence[Layer]


def _on(
    graph: Graph, book: DefinitionBook, shared: _Shared, name: str, others: Mapping[str, Services] | None = None
) -> Services:
    """The services on one database; those of the home know the others."""
    settings, keyring, clock = shared.settings, shared.keyring, shared.clock
    notifier = Notifier()
    interpreter = RuleInterpreter()
    cache = TwinCache(graph, keyring, shared.cached_bytes)
    sights = Sights(graph, shared.policies, clock, cache, shared.accesses, shared.layers)
    snapshots = Snapshots(graph, book, cache, notifier, sights)
    shard = None if shared.residency is None else ShardLocation(shared.residency, name)
    updater = Updater(graph, keyring, book, cache, clock, notifier, shard, sights, shared.layers)
    intake = Intake(updater, interpreter)
    interval = settings.refresh_interval
    explanations = Explanations(graph, keyring, book, snapshots=snapshots)
    forecast_keeper = ForecastKeeper(graph, keyring, book, clock, snapshots)
    refresher = Refresher(updater, intake, interval=timedelta(seconds=interval) if interval else EVERY_HOUR)
    return Services(
        settings=settings,
        clock=clock,
        graph=graph,
        keyring=keyring,
        cache=cache,
        callers=shared.callers,
        policies=shared.policies,
        sights=sights,
        accesses=shared.accesses,
        sessions=shared.sessions,
        book=book,
        intake=intake,
        updater=updater,
        commands=Commands(updater, intake, shared.policies),
        eraser=Eraser(updater, shared.home),
        archives=Archives(graph, keyring, snapshots),
        downloads=Downloads(settings.keys / "exports", clock),
        copy_source=CopySource(graph, snapshots, sights),
        questions=Questions(graph, keyring, book, snapshots=snapshots),
        goals=Goals(graph, book, snapshots=snapshots),
        preferences=Preferences(graph, book, explanations, snapshots=snapshots),
        decisions=Decisions(graph, keyring, book, snapshots=snapshots),
        decision_checks=DecisionChecks(graph, book, snapshots=snapshots),
        metrics=Metrics(graph, keyring, book, snapshots=snapshots),
        forecasts=Forecasts(graph, keyring, book, clock, snapshots),
        forecast_keeper=forecast_keeper,
        trajectories=Trajectories(graph, book, snapshots=snapshots),
        segments=Segments(graph, book, snapshots=snapshots),
        series=SeriesQuestions(graph, book, snapshots=snapshots),
        change_points=ChangePointQuestions(graph, book, snapshots=snapshots),
        asking=AskingQuestions(graph, book, snapshots=snapshots),
        explanations=explanations,
        intervals=Intervals(graph, book, snapshots=snapshots),
        reasons=Reasons(graph, book, interpreter, explanations, snapshots=snapshots),
        received=Received(graph, keyring, snapshots),
        what_ifs=WhatIfs(graph, book, interpreter, snapshots=snapshots),
        changes=Changes(
            graph, notifier, interval=settings.poll_interval, queue=settings.subscription_queue, snapshots=snapshots
        ),
        refresher=refresher,
        sources=SourceLearner(graph, book, sights),
        reinterpreter=Reinterpreter(updater, intake, interpreter),
        scheduler=Scheduler(refresher, clock, interval, forecast_keeper),
        warming=shared.warming,
        readiness=shared.readiness,
        layer_questions=LayerQuestions(graph, snapshots),
        layers=shared.layers,
        residency=None if others is None else shared.residency,
        others=others or {},
    )


@asynccontextmanager
async def running(settings: Settings, *, clock: Clock | None = None, serving: bool = False) -> AsyncIterator[Services]:
    """The services, on a database brought to this version's schema; released when the block ends.

    Where they serve for long (`serving`), quiet twins are refreshed beside it, and the inference is made ready at once.
    """
    if settings.neo4j_uri is None or settings.neo4j_password is None:
        raise Incorrect("invalid-input", "Set NEO4J_URI and NEO4J_PASSWORD.", variable="NEO4J_URI")
    clock = clock or SystemClock()
    working = threads()
    asyncio.get_running_loop().set_default_executor(working)
    password = settings.neo4j_password.get_secret_value()
    shard_map = None if settings.shards is None else read_shard_map(settings.shards)
    patience = settings.acquisition_timeout
    async with AsyncExitStack() as stack:
        graph = await stack.enter_async_context(
            connected(settings.neo4j_uri, settings.neo4j_username, password, settings.neo4j_database, patience)
        )
        shards = {
            each.name: await stack.enter_async_context(
                connected(each.uri, each.username, each.password.get_secret_value(), each.database, patience)
            )
            for each in (shard_map.shards if shard_map else ())
            if each.uri is not None and each.password is not None
        }
        keyring = Keyring(settings.keys)
        for database in (graph, *shards.values()):
            await migrate(database, clock)
            await finish_erasures(database, keyring, clock, graph)
            if shard_map is not None:
                await finish_moves(database, Residency(shard_map, keyring))
            await replay_erasures(database, keyring, clock, graph)
        services = build(settings, graph, keyring, clock, shard_map, shards)
        await services.book.copy()
        tasks = [
            asyncio.create_task(services.accesses.run(), name="access log"),
            asyncio.create_task(services.callers.run(), name="last use of keys"),
        ]
        if serving:
            await services.readiness.refresh()
            tasks += [
                asyncio.create_task(_run_schedulers(services.databases), name="scheduler"),
                asyncio.create_task(services.warming.run(), name="warm the inference"),
                asyncio.create_task(services.readiness.run(), name="readiness"),
            ]
        try:
            yield services
        finally:
            for each in tasks:
                each.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            services.accesses.flush()
            with suppress(BeliefgraphError):
                await services.callers.note_used()
            working.stop()
            for shard in services.databases:
                await shard.changes.close()
                await shard.cache.close()


@asynccontextmanager
async def copying(services: Services, caller: Caller) -> AsyncIterator[Copying]:
    """What keeps the analyst's copy of the caller's tenant and purpose, in the database that the settings name."""
    settings = services.settings
    if settings.copy_uri is None or settings.copy_password is None:
        raise Incorrect(
            "invalid-input",
            "Set BELIEFGRAPH_COPY_URI and BELIEFGRAPH_COPY_PASSWORD, the Neo4j of the copy.",
            variable="BELIEFGRAPH_COPY_URI",
        )
    password = settings.copy_password.get_secret_value()
    async with connected(settings.copy_uri, settings.copy_username, password, settings.copy_database) as graph:
        sources = [each.copy_source for each in services.shards.values()]
        made = Copying(sources, services.book, services.keyring, services.clock, CopyStore(graph), caller)
        await made.begin()
        yield made


async def _run_schedulers(databases: Sequence[Services]) -> None:
    """What time and new definitions ask for, in every database, until cancelled."""
    await asyncio.gather(*(each.scheduler.run() for each in databases))
