"""`beliefgraph`: everything that can be done from a terminal, one room for each thing."""

from __future__ import annotations

from typing import Annotated

import typer

from beliefgraph.cli import (
    decide,
    define,
    demo,
    evaluate,
    goals,
    ingest,
    init,
    interpret,
    keys,
    learn,
    migrate,
    neo4j,
    preferences,
    recompute,
    serve,
    try_out,
)

app = typer.Typer(
    help="Living, explainable models of what people and accounts believe, stored in Neo4j and served over GraphQL.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
app.command()(demo.demo)
app.command()(serve.serve)
app.command()(ingest.ingest)
app.command()(define.define)
app.command("try")(try_out.try_catalogs)
app.command()(init.init)
app.command()(init.schema)
app.command()(migrate.migrate)
app.command()(recompute.recompute)
app.command()(goals.goals)
app.command()(decide.decide)
app.command()(interpret.interpret)
app.command()(preferences.preferences)
app.add_typer(keys.app, name="keys")
app.add_typer(neo4j.app, name="neo4j")
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(learn.app, name="learn")


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Show the version and exit.", is_eager=True)] = False,
) -> None:
    """Show the version if --version was given."""
    if show:
        from importlib.metadata import version as installed

        typer.echo(f"beliefgraph {installed('beliefgraph')}")
        raise typer.Exit


def run() -> None:
    """Run the command line."""
    app()
