"""`beliefgraph demo`: the sample story on a real Neo4j, shown step by step and then served."""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from platformdirs import user_data_path
from rich.console import Console
from rich.live import Live
from rich.rule import Rule

from beliefgraph.api import create_app
from beliefgraph.app import Services, running
from beliefgraph.cli import (
    asking,
    decisions_shown,
    forecasts_shown,
    preferences_shown,
    reasons_shown,
    show,
    trajectory,
)
from beliefgraph.cli.connection import settings_for
from beliefgraph.cli.goals import listed, motivations
from beliefgraph.cli.neo4j import fetching, reporting_errors
from beliefgraph.config import Settings
from beliefgraph.errors import NotFound
from beliefgraph.local import Endpoint, LocalNeo4j, resolve_endpoint
from beliefgraph.model.belief import BeliefState
from beliefgraph.model.caller import Caller
from beliefgraph.model.command import Correct, Identify
from beliefgraph.model.commit import BeliefChange
from beliefgraph.model.decision import DecisionState
from beliefgraph.model.event import Event
from beliefgraph.model.goal import GoalChange
from beliefgraph.model.receipt import Receipt
from beliefgraph.model.time import NOW
from beliefgraph.story.story import Character, Scene, Story, load_story
from beliefgraph.web.logs import configure
from beliefgraph.web.server import refuse_taken, serving

TENANT = "demo"
PURPOSE = "demonstration"
GOALS_SHOWN = 3
"""Goals that a scene changed, of those that the demo shows."""

LISTED = 7
"""Beliefs of a twin that the demo lists."""


@dataclass(frozen=True)
class Stage:
    """The callers in the demo: the application, and each person with a key of their own."""

    services: Services
    story: Story
    out: Console
    application: Caller
    secret: str
    people: dict[str, Caller]


def demo(
    once: Annotated[bool, typer.Option("--once", help="Exit after the demo instead of serving.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Delete the data of the last demo and start over.")] = False,
    directory: Annotated[
        Path | None,
        typer.Option(help="Directory of the demo's database and keys.", show_default="this user's data directory"),
    ] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to serve on; 0 picks a free one.")] = None,
) -> None:
    """Load the sample story into a local Neo4j, show what the twins believe and why, then serve it.

    The first run downloads Neo4j (185 MB); later runs need no network and start in about half a minute. Ctrl-C stops
    everything that was started.
    """
    home = directory or user_data_path("beliefgraph") / "demo"
    if fresh:
        shutil.rmtree(home, ignore_errors=True)
    with reporting_errors(), suppress(KeyboardInterrupt):
        asyncio.run(_demo(home, once, port))


async def _demo(home: Path, once: bool, port: int | None) -> None:
    out = Console(highlight=False)
    asked = Settings.from_environment(os.environ)
    if port is not None:
        asked = asked.model_copy(update={"port": port})
    if not once:
        refuse_taken(asked.host, asked.port)
    out.print(Rule("beliefgraph demo", align="left"))
    local = LocalNeo4j(home / "neo4j")
    try:
        with fetching() as bar, out.status("Starting Neo4j …"):
            endpoint = await asyncio.to_thread(resolve_endpoint, local, os.environ, bar)
        settings = settings_for(endpoint, asked).model_copy(
            # the story ended in September 2026: with a refresh to today, its evidence would fade during the demo
            update={"keys": home / "keys", "refresh_interval": 0.0}
        )
        async with running(settings, serving=True) as services:
            stage = await _set(services, load_story(), out)
            await _send_story(stage)
            await _show(stage)
            if not once:
                await _serve(stage, endpoint)
    finally:
        await asyncio.to_thread(local.close)


async def _set(services: Services, story: Story, out: Console) -> Stage:
    """Publish the story's definitions and create keys; those of an earlier run are revoked."""
    for old in await services.callers.list(TENANT):
        if old.revoked_at is None:
            await services.callers.revoke(old.id)
    key = await services.callers.create(TENANT, "demo", ("read", "write", "correct", "define", "erase"), (PURPOSE,))
    application = await services.callers.authenticate(key.secret)
    people = {}
    for character in story.twins:
        own = await services.callers.create(
            TENANT, character.name, ("read", "correct", "erase"), (PURPOSE,), person=character.name
        )
        people[character.name] = await services.callers.authenticate(own.secret)
    for catalog in story.catalogs:
        await services.book.publish(application, catalog)
    await services.across.adopt(TENANT)  # twins of an earlier run, under what has been published since
    return Stage(services, story, out, application, key.secret, people)


async def _send_story(stage: Stage) -> None:
    """Send the events scene by scene, and show the beliefs that move."""
    out, story = stage.out, stage.story
    if await _is_sent(stage):
        out.print("The story was loaded before; this is the present state. (--fresh loads it again.)", style="dim")
        return
    out.print(f"\n[bold]{story.title}[/]: {len(story.events)} events, one commit each.")
    for character in story.twins:
        out.print(f"  [bold]{character.name}[/]  {character.who}", style="dim")
    out.print()
    with Live(console=out, refresh_per_second=12, transient=True) as live:
        receipt: Receipt | None = None
        for number, step in enumerate(story.play(), start=1):
            if isinstance(step, Event):
                (receipt,) = await stage.services.intake.observe(stage.application, [step])
                live.update(_line(step, receipt, number))
            else:
                receipt = await _scene(stage, step) or receipt
                live.console.print(f"[bold cyan]▸[/] {step.say}")
                for change in _moves(receipt):
                    live.console.print("   ", show.change(change))
                for goal in _goal_moves(receipt):
                    live.console.print("   ", show.goal_change(goal))


async def _scene(stage: Stage, scene: Scene) -> Receipt | None:
    match scene.command:
        case Identify() as command:
            return await stage.services.commands.identify(stage.application, command)
        case Correct() as command:
            return await stage.services.commands.correct(stage.people[command.twin], command)
        case None:
            return None


async def _show(stage: Stage) -> None:
    """The state of the twins; one belief explained, as of an earlier moment, and in a what-if."""
    out, services, ask = stage.out, stage.services, stage.story.ask
    for character in stage.story.twins:
        await _show_twin(stage, character)
    out.print(show.STATUSES, style="dim")
    await _show_goals(stage)
    await _show_preferences(stage)
    await _show_decisions(stage)
    explained = await services.explanations.explain(stage.application, ask.explain.twin, ask.explain.belief)
    out.print(Rule(f"Why? {explained.state.belief.statement}", align="left"))
    out.print(show.explanation(explained))
    then = await services.questions.belief(stage.application, ask.explain.twin, ask.explain.belief, as_of=ask.as_of)
    out.print(Rule(f"The same belief as of {show.day(then.state.valid_time)}", align="left"))
    out.print(
        f"Then {show.percent(then.state.log_odds)} ({then.state.status}), "
        f"now {show.percent(explained.state.log_odds)} ({explained.state.status})."
    )
    await _show_values(stage)
    await _show_metrics(stage)
    await _show_reasons(stage)
    await _show_forecasts(stage)
    await _show_journey(stage)
    supposed = await services.what_ifs.what_if(stage.application, ask.what_if.question)
    out.print(Rule(ask.what_if.say, align="left"))
    out.print(
        show.differences(
            f"Nothing of this is stored. Both columns are as of {show.day(supposed.valid_time)}, when what is known has"
            " aged a little.",
            supposed.value.beliefs,
        )
    )
    if supposed.value.goals:
        out.print(show.goal_differences(supposed.value.goals))


async def _show_metrics(stage: Stage) -> None:
    """The metrics of a twin, as of an earlier moment and now."""
    metrics, ask = stage.services.metrics, stage.story.ask.measure
    then = await metrics.metrics(stage.application, ask.twin, as_of=ask.as_of)
    now = await metrics.metrics(stage.application, ask.twin)
    stage.out.print(Rule(ask.say, align="left"))
    assert then.valid_time is not None
    assert now.valid_time is not None
    stage.out.print(show.metrics(then.nodes, now.nodes, then.valid_time, now.valid_time))


async def _show_forecasts(stage: Stage) -> None:
    """The forecasts made every four weeks, their results and when they came, and their scores."""
    services, ask, story = stage.services, stage.story.ask.foresee, stage.story
    at = story.begins + ask.every
    while at <= story.ends:
        await services.across.make_forecasts(stage.application, at=at)
        at += ask.every
    await services.across.resolve_forecasts(stage.application)
    page = await services.forecasts.forecasts(stage.application, ask.twin, ask.outcome)
    stage.out.print(Rule(ask.say, align="left"))
    stage.out.print(forecasts_shown.forecasts(f"{ask.twin}: {ask.outcome}", page.nodes))
    newest = page.nodes[0]
    stage.out.print(Rule(f"When it was predicted, on {newest.made_at:%Y-%m-%d}", align="left"))
    stage.out.print(forecasts_shown.details(newest), markup=False)
    graded = await services.forecasts.forecasts(stage.application, ask.graded.twin, ask.graded.outcome)
    stage.out.print(Rule("Predicted and actual answers", align="left"))
    stage.out.print(forecasts_shown.forecasts(f"{ask.graded.twin}: {ask.graded.outcome}", graded.nodes))
    found = [await services.across.record(stage.application, outcome, retrospective=True) for outcome in ask.records]
    stage.out.print(forecasts_shown.records("Scores", found))


async def _show_journey(stage: Stage) -> None:
    """The stage of a twin over time, how much is known of it, and what to ask next."""
    services, ask = stage.services, stage.story.ask.journey
    for as_of in (ask.as_of, NOW):
        found = await services.trajectories.trajectory(stage.application, ask.twin, ask.trajectory, as_of=as_of)
        stage.out.print(Rule(f"How far {ask.twin} had come by {show.day(found.valid_time)}", align="left"))
        stage.out.print(*trajectory.shown(found), sep="\n", markup=False)
    known = await services.asking.coverage(stage.application, ask.twin)
    stage.out.print(Rule(f"What is known of {ask.twin}, and what to ask next", align="left"))
    stage.out.print(asking.covered(known))
    following = await services.asking.ask_next(stage.application, ask.twin, first=ask.questions)
    stage.out.print(*asking.listed(following), sep="\n")


async def _show_reasons(stage: Stage) -> None:
    """Why events happened: the first occurrence of each event or metric, with its rival hypotheses."""
    for ask in stage.story.ask.why:
        found = await stage.services.reasons.interpret(stage.application, ask.question, as_of=ask.as_of)
        stage.out.print(Rule(ask.say, align="left"))
        stage.out.print(reasons_shown.reasons(found.model_copy(update={"occurrences": found.occurrences[:1]})))


async def _show_goals(stage: Stage) -> None:
    """The goals of one person, why one of them matters, and how it was before."""
    out, services, ask = stage.out, stage.services, stage.story.ask
    rows = await listed(services, stage.application, ask.goal.twin)
    earlier = await listed(services, stage.application, ask.goal.twin, ask.goal.since)
    out.print(Rule(f"What {ask.goal.twin} pursues", align="left"))
    since = f"Motivation now, and how far it moved since {ask.goal.since.valid_time:%B %Y}"
    out.print(show.goals(since, rows, motivations(earlier)))
    out.print(show.motivation(await services.goals.explain(stage.application, ask.goal.twin, ask.goal.goal)))


async def _show_preferences(stage: Stage) -> None:
    """The preferences of one person in a context, and their conflicts."""
    ask = stage.story.ask.want
    found = await stage.services.preferences.preferences(stage.application, ask.twin, context=ask.context)
    stage.out.print(Rule(ask.say, align="left"))
    stage.out.print(preferences_shown.preferences(f"What {ask.twin} wants in {ask.context}", found.nodes))


async def _show_decisions(stage: Stage) -> None:
    """Past decisions, and how well the current options fit."""
    out, services, ask = stage.out, stage.services, stage.story.ask.decide
    out.print(Rule(f"What {ask.question.twin} decided", align="left"))
    for made in (await services.decisions.decisions(stage.application, ask.question.twin)).nodes:
        out.print(decisions_shown.decision(made, await _called(stage, ask.question.twin, made)))
    out.print(Rule(ask.say, align="left"))
    found = await services.decision_checks.check(stage.application, ask.question)
    out.print(decisions_shown.check("Nothing of this is stored; what is forbidden comes last.", found))


async def _called(stage: Stage, twin: str, made: DecisionState) -> dict[str, str]:
    """The titles of the beliefs and goals that the reasons of a decision name."""
    called = {}
    for reason in made.reasons:
        if reason.belief is not None:
            row = await stage.services.questions.belief(stage.application, twin, reason.belief)
            called[reason.belief.attribute] = row.state.belief.statement
        if reason.goal is not None:
            called[reason.goal] = (await stage.services.goals.goal(stage.application, twin, reason.goal)).state.title
    return called


async def _show_twin(stage: Stage, character: Character) -> None:
    questions = stage.services.questions
    page = await questions.beliefs(stage.application, character.name, first=LISTED)
    earlier = await questions.beliefs(stage.application, character.name, first=200, as_of=stage.story.ask.as_of)
    before = {row.state.belief.id: row.state.log_odds for row in earlier.nodes}
    states: list[BeliefState] = [row.state for row in page.nodes]
    stage.out.print()
    since = f"{stage.story.ask.as_of.valid_time:%B %Y}"
    title = f"{character.name} at rev {page.rev}, and how far its beliefs moved since {since}"
    stage.out.print(show.beliefs(title, states, before))


async def _show_values(stage: Stage) -> None:
    """An attribute with several values: the probability of each, before and now."""
    questions, which, as_of = stage.services.questions, stage.story.ask.which, stage.story.ask.as_of
    now = await questions.distribution(stage.application, which.twin, which.variable)
    then = await questions.distribution(stage.application, which.twin, which.variable, as_of=as_of)
    stage.out.print(Rule(f"One of several: {which.variable.attribute}", align="left"))
    title = f"Exactly one holds, and how far each moved since {as_of.valid_time:%B %Y}"
    stage.out.print(show.distribution(title, now, then))


async def _serve(stage: Stage, endpoint: Endpoint) -> None:
    out = stage.out
    configure("warning")
    async with serving(create_app(stage.services), stage.services.settings) as served:
        shown = {
            "GraphiQL": f"{served.url}/graphql#key={stage.secret}",
            "key": stage.secret,
            "Neo4j Browser": endpoint.browser_url or "wherever your Neo4j serves it",
            "connect to": endpoint.uri,
            "user": endpoint.user,
            "password": _password(endpoint),
        }
        out.print(Rule("Look around", align="left"))
        for name, value in shown.items():
            out.print(f"  {name:<14} {value}", soft_wrap=True, markup=False)
        out.print("Ctrl-C stops everything that was started here.", style="dim")
        await served.finished()


def _password(endpoint: Endpoint) -> str:
    """The local server's password, if it was generated; never one that the user set."""
    return "as in NEO4J_PASSWORD" if os.environ.get("NEO4J_URI") else endpoint.password


async def _is_sent(stage: Stage) -> bool:
    """Whether the last event of the story was processed."""
    try:
        twins = [await stage.services.questions.twin(stage.application, one.name) for one in stage.story.twins]
    except NotFound:
        return False
    return max(twin.head_time for twin in twins) >= stage.story.ends


def _line(event: Event, receipt: Receipt, number: int) -> str:
    moved = f"{len(receipt.beliefs)} beliefs moved" if receipt.beliefs else receipt.status
    return f"[dim]{number:>4}  {show.day(event.time)}  {receipt.twin or 'nobody yet':<13}  {event.type:<34}  {moved}[/]"


def _moves(receipt: Receipt | None) -> list[BeliefChange]:
    """The beliefs that a scene moved most, if it moved any noticeably."""
    moved = [change for change in (receipt.beliefs if receipt else ()) if _size(change) >= show.SLIGHT]
    return sorted(moved, key=_size, reverse=True)[:2]


def _goal_moves(receipt: Receipt | None) -> list[GoalChange]:
    """The goals that a scene moved most."""

    def moved(change: GoalChange) -> float:
        before, after = (0.0 if one is None else one.motivation for one in (change.before, change.after))
        return abs(after - before)

    return sorted(receipt.goals if receipt else (), key=moved, reverse=True)[:GOALS_SHOWN]


def _size(change: BeliefChange) -> float:
    before, after = (0.0 if one is None else one.log_odds or 0.0 for one in (change.before, change.after))
    return abs(after - before)
