"""`beliefgraph evaluate`: real data through a running service, and its answers compared with what happened."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import uuid4

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from beliefgraph.api import create_app
from beliefgraph.app import Services
from beliefgraph.cli import evaluate_foresight
from beliefgraph.cli.connection import run, services
from beliefgraph.cli.evaluate_foresight import SeedOption
from beliefgraph.cli.evaluated import DataOption, JsonOption, PlotOption, print_evaluation
from beliefgraph.cli.neo4j import reporting_errors
from beliefgraph.errors import Incorrect
from beliefgraph.evaluate import cdnow as purchases_evaluated
from beliefgraph.evaluate import cdnow_service, elections, fit, trajectories_service
from beliefgraph.evaluate import crowd as crowds
from beliefgraph.evaluate import data as datasets
from beliefgraph.evaluate import polls as pollings
from beliefgraph.evaluate import population as populations
from beliefgraph.evaluate import trajectories as cohort_evaluated
from beliefgraph.evaluate.client import Client
from beliefgraph.evaluate.replay import LearnSources, Progress
from beliefgraph.evaluate.report import Evaluation
from beliefgraph.services.forecasts.learn import following as foreseeing
from beliefgraph.services.forecasts.learn import learn_outcomes
from beliefgraph.services.learning.learn import following, learn_calibrations
from beliefgraph.services.learning.training_data import training_data
from beliefgraph.services.trajectories.learn import following as stages_following
from beliefgraph.services.trajectories.learn import learn_trajectories
from beliefgraph.web.logs import configure
from beliefgraph.web.server import serving

app = typer.Typer(
    help="Run real data sets through a service, check the answers and compare their accuracy with known methods.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

UrlOption = Annotated[str | None, typer.Option(help="URL of a running service.", show_default="one is started")]
KeyOption = Annotated[
    str | None,
    typer.Option(envvar="BELIEFGRAPH_KEY", help="API key for --url, with the scopes read, write, define and erase."),
]
KeepOption = Annotated[bool, typer.Option("--keep", help="Keep the twins in the database for inspection.")]

Work = Callable[[Client, str, Progress, LearnSources], Evaluation]
"""An evaluation, given a client, a suffix for the names of its run, a progress callback, and the learning of sources:
offline, as by `beliefgraph learn`."""

ACTOR = "evaluate"
PURPOSE = "evaluation"


class _StoppedError(Exception):
    """Ctrl-C was pressed."""


@app.command()
def polls(
    data: DataOption = None,
    json: JsonOption = False,
    plot: PlotOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
    keep: KeepOption = False,
    explain: Annotated[
        int,
        typer.Option(min=0, help="Number of explanations to read at each moment, for races sampled with a fixed seed."),
    ] = 250,
    fitted: Annotated[bool, typer.Option("--fit", help="Fit the catalog's numbers again, without a service.")] = False,
) -> None:
    """Predict elections from 6,303 polls, 10 days and 1 day ahead, and explain the predictions."""
    with reporting_errors():
        folder = datasets.data_dir(data)
        read_polls, read_races = datasets.read_polls(folder), datasets.read_races(folder)
    if fitted:
        _print_fit(fit.fit(read_polls, read_races), json)
        return

    def work(client: Client, run_name: str, progress: Progress, learn: LearnSources) -> Evaluation:
        return pollings.evaluate(
            client, read_polls, read_races, run_name, progress, explain=explain, learn=learn, keep=keep
        )

    print_evaluation(_evaluate(work, url, key), json, plot)


@app.command()
def crowd(
    name: Annotated[str, typer.Argument(metavar="SET", help="Data set: rte, sentiment or face.")] = "rte",
    data: DataOption = None,
    json: JsonOption = False,
    plot: PlotOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
    keep: KeepOption = False,
) -> None:
    """Infer true labels from crowd workers; check that order, duplicates and withdrawals do not change the result."""
    with reporting_errors():
        folder = datasets.data_dir(data)
        chosen = crowds.CROWDS.get(name)
        if chosen is None:
            raise Incorrect(
                "invalid-input", f"There is no data set {name}; the data sets are {', '.join(crowds.CROWDS)}."
            )
        labels, truth = datasets.read_labels(folder, name), datasets.read_truth(folder, name)

    def work(client: Client, run_name: str, progress: Progress, learn: LearnSources) -> Evaluation:
        return crowds.evaluate(client, chosen, labels, truth, run_name, progress, learn=learn, keep=keep)

    print_evaluation(_evaluate(work, url, key), json, plot)


@app.command()
def population(
    data: DataOption = None,
    json: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    keep: KeepOption = False,
) -> None:
    """Resolve contradictions among 50,000 statements about cities by 4,264 editors."""
    with reporting_errors():
        folder = datasets.data_dir(data)
        claims, truth = datasets.read_claims(folder), datasets.read_census(folder)

    def work(client: Client, run_name: str, progress: Progress, learn: LearnSources) -> Evaluation:
        return populations.evaluate(client, claims, truth, run_name, progress, learn=learn, keep=keep)

    print_evaluation(_evaluate(work, url, key), json, None)


@app.command()
def cdnow(
    data: DataOption = None,
    json: JsonOption = False,
    plot: PlotOption = None,
    service: Annotated[
        bool, typer.Option("--service", help="Use a running service: its stored forecasts and their record.")
    ] = False,
    one_in: Annotated[int, typer.Option(min=1, help="With --service, use only every n-th customer.")] = 1,
    url: UrlOption = None,
    key: KeyOption = None,
    keep: KeepOption = False,
) -> None:
    """Forecast which of 23,570 customers buy again in the next 39 weeks, from past purchases only."""
    with reporting_errors():
        purchases = datasets.read_purchases(datasets.data_dir(data))
    if not service:
        print_evaluation(purchases_evaluated.evaluate(purchases), json, plot)
        return

    def work(client: Client, run_name: str, progress: Progress, learn: LearnSources) -> Evaluation:
        chosen = [purchase for purchase in purchases if int(purchase.customer) % one_in == 0]
        return cdnow_service.evaluate(client, chosen, run_name, progress, learn=learn, keep=keep)

    print_evaluation(_evaluate(work, url, key), json, None)


@app.command()
def trajectories(
    json: JsonOption = False,
    twins: Annotated[
        int | None,
        typer.Option(min=50, help="Number of simulated twins in a cohort; default: 1,500, or 300 with --service."),
    ] = None,
    seed: SeedOption = cohort_evaluated.SEED,
    service: Annotated[
        bool, typer.Option("--service", help="Use a running service: send events, learn, and read its answers.")
    ] = False,
    url: UrlOption = None,
    key: KeyOption = None,
    keep: KeepOption = False,
) -> None:
    """Forecast the stage in six weeks and the time to purchase of simulated twins."""
    if not service:
        print_evaluation(cohort_evaluated.evaluate(twins or cohort_evaluated.TWINS, seed), json, None)
        return
    size = twins or trajectories_service.TWINS

    def work(client: Client, run_name: str, progress: Progress, learn: LearnSources) -> Evaluation:
        return trajectories_service.evaluate(client, size, seed, run_name, progress, learn=learn, keep=keep)

    print_evaluation(_evaluate(work, url, key), json, None)


for command in evaluate_foresight.COMMANDS:
    app.command()(command)


def _evaluate(work: Work, url: str | None, key: str | None) -> Evaluation:
    """Run an evaluation against the service at `url`, or else against one started for it, in a tenant of its own."""
    name = uuid4().hex[:8]
    with reporting_errors(), _bars() as progress:
        if url is None:
            return run(_with_own_service(work, name, progress))
        if key is None:
            raise Incorrect("invalid-input", "--url also needs --key.")
        with Client(url, key) as client:
            return work(client, name, progress, partial(_learn_from_outside, key))


async def _with_own_service(work: Work, name: str, progress: Progress) -> Evaluation:
    configure("warning")
    async with services(serving=True) as built:
        settings = built.settings.model_copy(update={"port": 0, "host": "127.0.0.1"})
        made = await built.callers.create(f"evaluation-{name}", ACTOR, ("read", "write", "define", "erase"), (PURPOSE,))
        try:
            await built.warming.finished()
            async with serving(create_app(built), settings) as served:
                loop = asyncio.get_running_loop()

                def learn(
                    *,
                    trusted: str | None = None,
                    before: datetime | None = None,
                    calibrate: bool = False,
                    outcomes: bool = False,
                    trajectories: bool = False,
                ) -> None:
                    learning = with_learned_sources(
                        built,
                        made.secret,
                        PURPOSE,
                        trusted,
                        before,
                        calibrate=calibrate,
                        outcomes=outcomes,
                        trajectories=trajectories,
                    )
                    asyncio.run_coroutine_threadsafe(learning, loop).result()

                with Client(served.url, made.secret, PURPOSE) as client:
                    return await _to_the_end(work, client, name, progress, learn)
        finally:
            await built.callers.revoke(made.key.id)


async def with_learned_sources(
    built: Services,
    key: str,
    purpose: str | None,
    trusted: str | None,
    before: datetime | None,
    *,
    calibrate: bool,
    outcomes: bool,
    trajectories: bool,
) -> None:
    """Learn the sources of the key's tenant, then calibrations if asked, or outcomes, or trajectories; every twin
    adopts the result."""
    caller = await built.callers.authenticate(key, purpose)
    until = built.clock.now() if before is None else before
    if outcomes:
        foreseen = await learn_outcomes(caller, built.graph, built.keyring, built.book, until)
        await built.book.publish_parameters(caller, partial(foreseeing, foreseen))
    elif trajectories:
        moving = await learn_trajectories(caller, built.graph, built.book, until)
        await built.book.publish_parameters(caller, partial(stages_following, moving))
    else:
        await built.sources.publish(caller, await built.alone.sources.learn(caller, trusted=trusted, before=before))
    if calibrate:
        found = learn_calibrations(await training_data(caller, built.graph, built.book, before=before))
        await built.book.publish_parameters(caller, partial(following, found))
    for _, error in (await built.refresher.adopt(caller.tenant)).refused:
        raise error


def _learn_from_outside(
    key: str,
    *,
    trusted: str | None = None,
    before: datetime | None = None,
    calibrate: bool = False,
    outcomes: bool = False,
    trajectories: bool = False,
) -> None:
    """The same on the database at NEO4J_URI, which must be the service's."""

    async def work() -> None:
        async with services() as built:
            await with_learned_sources(
                built,
                key,
                None,
                trusted,
                before,
                calibrate=calibrate,
                outcomes=outcomes,
                trajectories=trajectories,
            )

    asyncio.run(work())


async def _to_the_end(work: Work, client: Client, name: str, progress: Progress, learn: LearnSources) -> Evaluation:
    """Run the evaluation in a thread; on Ctrl-C, let it erase its twins while the service still answers."""
    stop = threading.Event()

    def watched(what: str, done: int, of: int) -> None:
        progress(what, done, of)
        if stop.is_set():
            stop.clear()
            raise _StoppedError

    working = asyncio.ensure_future(asyncio.to_thread(work, client, name, watched, learn))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait({working})
        working.exception()
        raise


@contextmanager
def _bars() -> Iterator[Progress]:
    """Progress bars on standard error, one per step; none if that is not a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=console, disable=not console.is_terminal) as bars:
        known: dict[str, TaskID] = {}

        def show(what: str, done: int, of: int) -> None:
            if what not in known:
                known[what] = bars.add_task(what, total=of)
            bars.update(known[what], completed=done, total=of)

        yield show


def _print_fit(fits: list[fit.Fit], json: bool) -> None:
    if json:
        best = fits[0]
        days = elections.HALF_LIFE.days
        rows = [
            {"item": item, "value": value, "must": must, "ok": value == must}
            for item, value, must in (
                ("scale", best.scale, elections.SCALE),
                ("half weight", best.half_weight, elections.HALF_WEIGHT),
                ("half-life, days", best.half_life, days),
                ("correlation", best.correlation, elections.CORRELATION),
            )
        ]
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    table = Table(title=f"polls: fitted on the races up to {elections.LAST_TRAIN_YEAR}", title_justify="left")
    for name in ("half-life, days", "half weight, people", "correlation", "scale", "log loss"):
        table.add_column(name, justify="right")
    for each in fits:
        table.add_row(
            f"{each.half_life}",
            f"{each.half_weight}",
            f"{each.correlation:.2f}",
            f"{each.scale:.3f}",
            f"{each.log_loss:.4f}",
        )
    Console(highlight=False).print(table)
