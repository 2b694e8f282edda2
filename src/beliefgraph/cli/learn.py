"""`beliefgraph learn`: learn parameters from a tenant's twins, offline."""

from __future__ import annotations

import typer

from beliefgraph.cli import learn_relations, parameter_sets
from beliefgraph.cli.outcomes import outcomes
from beliefgraph.cli.rules import rules
from beliefgraph.cli.segments import segments
from beliefgraph.cli.sources import sources
from beliefgraph.cli.stages import trajectories

app = typer.Typer(
    help="Learn parameters from a tenant's evidence and known outcomes.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
app.command()(sources)
app.command()(rules)
app.command()(outcomes)
app.command()(trajectories)
app.command()(segments)
app.command()(learn_relations.relations)
app.command()(learn_relations.calibration)
app.command()(learn_relations.proposals)
app.command("list")(parameter_sets.list_sets)
app.command()(parameter_sets.adopt)
app.command()(parameter_sets.reset)
