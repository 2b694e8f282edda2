"""`beliefgraph neo4j`: start, stop and inspect a local Neo4j."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from beliefgraph.cli.output import Json, print_json
from beliefgraph.errors import BeliefgraphError
from beliefgraph.local import Endpoint, LocalNeo4j, Memory, Status

NOT_RUNNING = 3  # what init scripts answer for a service that does not run

app = typer.Typer(
    help="Manage a local Neo4j without Docker or an installed Java. It accepts connections from this machine only.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

DataDirOption = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        envvar="BELIEFGRAPH_NEO4J_DATA",
        help="Directory of the database, its password and its logs; one Neo4j per directory.",
        show_default="this user's data directory",
    ),
]
CacheDirOption = Annotated[
    Path | None,
    typer.Option(
        "--cache-dir",
        envvar="BELIEFGRAPH_CACHE",
        help="Directory in which downloaded Neo4j jars are kept.",
        show_default="this user's cache directory",
    ),
]
PORT_HELP = "0 picks a free port. The port is remembered for the next start."


@app.command()
def start(
    data_dir: DataDirOption = None,
    cache_dir: CacheDirOption = None,
    bolt_port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, help=f"Bolt port, for drivers. {PORT_HELP}", show_default="the last one, at first 7687"
        ),
    ] = None,
    http_port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help=f"HTTP port, for Neo4j Browser. {PORT_HELP}",
            show_default="the last one, at first 7474",
        ),
    ] = None,
    heap: Annotated[str, typer.Option(help="Maximum Java heap, such as 512m or 2g.")] = "512m",
    page_cache: Annotated[str, typer.Option(help="Memory of the page cache, such as 64m or 1g.")] = "64m",
) -> None:
    """Start Neo4j in the background.

    The first start downloads 185 MB of jars from Maven Central, or from the mirror in BELIEFGRAPH_MAVEN_MIRROR; later
    starts need no network and take about five seconds.
    """
    out = Console(highlight=False)
    with reporting_errors():
        server = LocalNeo4j(
            data_dir,
            cache_dir=cache_dir,
            memory=Memory(heap, page_cache),
            bolt_port=bolt_port,
            http_port=http_port,
        )
        status = server.status()
        if status.state == "running" and status.endpoint is not None:
            out.print("Neo4j is already running.")
            _print_endpoint(out, status.endpoint, server)
            return
        with fetching() as progress:
            endpoint = server.start(detached=True, progress=progress)
        out.print(f"Neo4j {status.version} is ready.")
        _print_endpoint(out, endpoint, server)


@app.command()
def stop(data_dir: DataDirOption = None) -> None:
    """Stop Neo4j and wait until it has ended."""
    with reporting_errors():
        stopped = LocalNeo4j(data_dir).stop()
    Console(highlight=False).print("Neo4j is stopped." if stopped else "Neo4j was not running.")


@app.command()
def status(data_dir: DataDirOption = None, json: Json = False) -> None:
    """Show whether and where Neo4j is running. Exit code 0 if it answers, 3 if not."""
    out = Console(highlight=False)
    with reporting_errors():
        server = LocalNeo4j(data_dir)
        found = server.status()
    if json:
        known = _endpoint(found.endpoint, server) if found.endpoint is not None else {"data": str(found.data_dir)}
        print_json({"state": found.state, "version": found.version, "pid": found.pid, **known})
        raise typer.Exit(0 if found.state == "running" else NOT_RUNNING)
    out.print(f"Neo4j {found.version} is {_described(found)}.")
    if found.endpoint is not None:
        _print_endpoint(out, found.endpoint, server)
    else:
        out.print(f"  data      {escape(str(found.data_dir))}", soft_wrap=True)
    if found.state != "running":
        raise typer.Exit(NOT_RUNNING)


@app.command()
def logs(
    data_dir: DataDirOption = None,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="Number of lines.")] = 50,
) -> None:
    """Print the last lines of Neo4j's log."""
    with reporting_errors():
        for line in LocalNeo4j(data_dir).logs(lines):
            typer.echo(line)


@contextmanager
def reporting_errors() -> Iterator[None]:
    """Print an error with its code and sentence on standard error, and exit with 1."""
    try:
        yield
    except BeliefgraphError as error:
        Console(stderr=True, highlight=False).print(
            f"[bold red]{error.code}[/]: {escape(error.message)}", soft_wrap=True
        )
        raise typer.Exit(1) from None
    except ModuleNotFoundError as missing:
        if missing.name != "matplotlib":
            raise
        Console(stderr=True, highlight=False).print("Pictures need an extra: pip install 'beliefgraph\\[plots]'.")
        raise typer.Exit(1) from None


@contextmanager
def fetching() -> Iterator[ProgressBar]:
    """A progress bar on standard error while jars are downloaded; none if that is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        yield ProgressBar(bars)


class ProgressBar:
    """Shows the download; nothing if there is nothing to download."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task = bars.add_task("Fetching Neo4j", total=None, visible=False)

    def __call__(self, done: int, total: int) -> None:
        """Show how many of all bytes have been downloaded."""
        self._bars.update(self._task, completed=done, total=total, visible=True)


def _described(status: Status) -> str:
    if status.state == "crashed":
        return "not running; it crashed, and the next start recovers its data"
    if status.state == "running" and status.memory_bytes is not None:
        return f"running (pid {status.pid}, {status.memory_bytes / 1e6:.0f} MB)"
    return status.state


def _print_endpoint(out: Console, endpoint: Endpoint, server: LocalNeo4j) -> None:
    for name, value in _endpoint(endpoint, server).items():
        out.print(f"  {name:<9} {escape(value)}", soft_wrap=True)


def _endpoint(endpoint: Endpoint, server: LocalNeo4j) -> dict[str, str]:
    """Where Neo4j is and how to log in, without the password itself."""
    return {
        "bolt": endpoint.uri,
        "browser": str(endpoint.browser_url),
        "user": endpoint.user,
        "password": f"in {server.password_file}",
        "data": str(server.data_dir),
    }
