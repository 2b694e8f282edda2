"""`beliefgraph decide`: how well options fit what is known of a person and what they decided before."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import yaml
from pydantic import ValidationError
from rich.console import Console

from beliefgraph.cli import decisions_picture, decisions_shown
from beliefgraph.cli.connection import Key, Purpose, run, signed_in
from beliefgraph.cli.output import Json, print_json
from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import ANYWHERE
from beliefgraph.model.decision_check import CheckDecision


def decide(
    key: Key,
    twin: Annotated[str, typer.Option(help="Name of the twin that decides.")],
    options: Annotated[
        Path,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="File with the options: a YAML or JSON list, in the form of the query checkDecision.",
        ),
    ],
    context: Annotated[str, typer.Option(help="Context of the decision, such as work.mail.")] = ANYWHERE,
    plot: Annotated[
        Path | None, typer.Option(help="Write a chart of the points for and against each option to this PNG file.")
    ] = None,
    purpose: Purpose = None,
    json: Json = False,
) -> None:
    """Check options against constraints, values, preferences, goals and past decisions. Nothing is stored."""
    run(_decide(key, twin, context, options, plot, purpose, json))


def read_question(twin: str, context: str, options: Path) -> CheckDecision:
    """The question about the options in a file; `invalid-input` names the place of an error."""
    try:
        given = yaml.safe_load(options.read_bytes())
        return CheckDecision.model_validate({"twin": twin, "context": context, "options": given})
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in wrong["loc"])
        raise Incorrect("invalid-input", f"{options.name}: {place}: {wrong['msg']}.", field=place) from None
    except yaml.YAMLError as error:
        raise Incorrect("invalid-input", f"{options.name}: this is neither YAML nor JSON: {error}.") from None


async def _decide(
    key: str, twin: str, context: str, options: Path, plot: Path | None, purpose: str | None, json: bool
) -> None:
    out, question = Console(highlight=False), read_question(twin, context, options)
    async with signed_in(key, purpose) as (built, caller):
        found = await built.of(caller, question.twin).decision_checks.check(caller, question)
        title = f"How the options sit with {question.twin}"
        if json:
            print_json(found)
        else:
            out.print(decisions_shown.check(title, found))
        if plot is not None:
            drawn = decisions_picture.draw(title, found, plot)
            if not json:
                out.print(f"Drawn: {drawn}")
