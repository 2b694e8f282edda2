"""`beliefgraph`: the command line. A command is imported when it is run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

COMMANDS = {
    "demo": ("demo:demo", "Load the sample story, show what the twins believe and why, then serve it."),
    "init": ("init:init", "Write a small catalog, events that match it, and a JSON Schema for editors."),
    "try": ("try_out:try_catalogs", "Try catalogs on events without a database, and store nothing."),
    "define": ("define:define", "Check catalogs and publish them; all twins adopt them at once."),
    "schema": ("init:schema", "Print the JSON Schema of catalogs, for editors."),
    "ingest": ("ingest:ingest", "Read events from a file or from standard input."),
    "serve": ("serve:serve", "Serve GraphQL, events and GraphiQL until Ctrl-C or SIGTERM."),
    "migrate": ("migrate:migrate", "Migrate the database to this version's schema."),
    "recompute": ("recompute:recompute", "Derive everything published again from stored evidence, and compare."),
    "reinterpret": ("reinterpret:reinterpret", "Read stored events again under the rules in force."),
    "twins": ("reading:twins", "List the twins of a tenant."),
    "beliefs": ("reading:beliefs", "List the beliefs of a twin, the most confident first."),
    "why": ("reading:why", "Explain a belief by its evidence."),
    "quarantine": ("reading:quarantine", "List events that could not be processed, each with the reason."),
    "goals": ("goals:goals", "List the goals of a twin with their motivation, progress and status."),
    "decide": ("decide:decide", "Check how well options fit what is known about a person."),
    "interpret": ("interpret:interpret", "Compare hypotheses about why an event happened."),
    "preferences": ("preferences:preferences", "List the preferences of a twin in a context."),
    "forecast": ("forecast:app", "Make, resolve and list the forecasts of outcomes."),
    "record": ("record:record", "Score the resolved forecasts of an outcome."),
    "trajectory": ("trajectory:trajectory", "Show where a twin is among stages, and where it is heading."),
    "erase": ("erasure:erase", "Erase a twin permanently, and print the signed receipt."),
    "readmit": ("erasure:readmit", "Accept data about an erased person again."),
    "receipt": ("erasure:app", "Verify and list the signed receipts of erasures."),
    "accesses": ("accesses:accesses", "List who read a twin, when and for what purpose."),
    "invite": ("invite:invite", "Print a link by which a person signs in to their own page."),
    "export": ("archives:export", "Write everything stored about a twin, or about a tenant, to a signed archive."),
    "import": ("archives:import_archive", "Import an archive into an empty tenant."),
    "series": ("series:series", "Show how a belief, a metric or a goal changed over a period, with a projection."),
    "change-points": ("change_points:change_points", "Show when the evidence of a twin changed abruptly, by domain."),
    "coverage": ("asking:coverage", "Show how much is known about a twin, by domain, in bits."),
    "ask-next": ("asking:ask_next", "List the questions with the highest information gain for their cost."),
    "project": ("project:project", "Build an analyst's copy in a Neo4j of its own, and keep it up to date."),
    "move": ("move:move", "Move a twin to another database of the shard map."),
    "policy": ("policy:app", "Publish and show the tenant's policy: what data is used for, and who decides."),
    "permit": ("permit:permit", "Permit or refuse a purpose for a twin."),
    "contest": ("contest:contest", "Contest evidence with the person's own key, or stop contesting it."),
    "restrict": ("permit:restrict", "Restrict the use of a twin, or lift the restriction."),
    "permissions": ("permit:permissions", "List the permissions stated for a twin."),
    "keys": ("keys:app", "Manage API keys."),
    "neo4j": ("neo4j:app", "Manage a local Neo4j without Docker or an installed Java."),
    "evaluate": ("evaluate:app", "Run real data sets through a service and compare its accuracy with known methods."),
    "learn": ("learn:app", "Learn parameters from a tenant's evidence and known outcomes."),
}
"""Every command: where it is, as module:name in this package, and what the list of commands says of it."""


@cache
def _loaded(name: str) -> Any:
    """A command or a group of commands, imported."""
    module, _, attribute = COMMANDS[name][0].partition(":")
    found = getattr(import_module(f"beliefgraph.cli.{module}"), attribute)
    made = typer.Typer(add_completion=False, rich_markup_mode="markdown", callback=lambda: None)
    if isinstance(found, typer.Typer):
        made.add_typer(found, name=name)
    else:
        made.command(name)(found)
    group: Any = typer.main.get_command(made)
    return group.commands[name]


class _Commands(Mapping[str, Any]):
    """The commands by name, imported on access."""

    def __getitem__(self, name: str) -> Any:
        if name not in COMMANDS:
            raise KeyError(name)
        return _loaded(name)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class LazyGroup(TyperGroup):
    """A group that imports the command that is run, and none to list commands or to complete a name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = _Commands()  # type: ignore[assignment]  # nothing is added to them

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # click passes it
        """The names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002  # click passes it
        """A command as listed: its name and summary."""
        return TyperCommand(name=cmd_name, help=COMMANDS[cmd_name][1]) if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command named by the arguments, imported, and the remaining arguments."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, None if command is None else self.commands[str(name)], rest


app = typer.Typer(
    cls=LazyGroup,
    help="Living, explainable models of what people and accounts believe, stored in Neo4j and served over GraphQL.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)


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
