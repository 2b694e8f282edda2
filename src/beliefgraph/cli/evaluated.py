"""Options and output of all `beliefgraph evaluate` commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from beliefgraph.cli.neo4j import reporting_errors
from beliefgraph.evaluate import plot
from beliefgraph.evaluate.report import Evaluation

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Directory of the data sets.", show_default="../shared/data beside the checkout"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print only rows of item, value, must and ok, as JSON.")]
PlotOption = Annotated[
    Path | None,
    typer.Option(
        "--plot", help="Write the calibration chart to this PNG file.", show_default="a PNG here; with --json, none"
    ),
]


def print_evaluation(found: Evaluation, json: bool, path: Path | None) -> None:
    """Print the result, draw the calibration, and exit with 1 if a requirement is not met."""
    out = Console(highlight=False)
    if path is None and not json and found.curves:
        path = Path(f"{found.name}-calibration.png")
    if json:
        typer.echo(orjson.dumps([row.shown() for row in found.rows], option=orjson.OPT_INDENT_2).decode())
    else:
        out.print(_checks(found), _scores(found))
    if path is not None:
        with reporting_errors():
            drawn = plot.draw(f"Calibration: {found.name}", found.curves, path)
        Console(stderr=json, highlight=False).print(f"Calibration: {drawn}", soft_wrap=True)
    if not found.ok:
        raise typer.Exit(1)


def _checks(found: Evaluation) -> Table:
    table = Table(title=f"{found.name}: what must hold", title_justify="left")
    for name, justify in (("item", "left"), ("value", "right"), ("must", "right"), ("ok", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for row in found.checks:
        must = "" if row.must is None else f"{row.must:,.10g}"
        table.add_row(row.item, f"{row.value:,.10g}", must, "" if row.must is None else "yes" if row.ok else "[red]NO")
    return table


def _scores(found: Evaluation) -> Table:
    names = list(dict.fromkeys(name for line in found.lines for name in line.scores))
    table = Table(title=f"{found.name}: how good the confidences are", title_justify="left")
    table.add_column("")
    for name in names:
        table.add_column(name, justify="right")
    for setting in dict.fromkeys(line.setting for line in found.lines):
        table.add_section()
        table.add_row(f"[italic]{setting}[/]")
        for line in (each for each in found.lines if each.setting == setting):
            shown = [f"{line.scores[name]:.4f}" if name in line.scores else "" for name in names]
            table.add_row(f"  {line.of}", *shown, style="dim" if line.baseline else "bold")
    return table
