"""The commands of `beliefgraph evaluate` that judge forecasts. They need no service and no database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from beliefgraph.cli.evaluated import DataOption, JsonOption, print_evaluation
from beliefgraph.cli.neo4j import reporting_errors
from beliefgraph.evaluate import data as datasets
from beliefgraph.evaluate import questions as questions_evaluated
from beliefgraph.evaluate import switches as changes_evaluated
from beliefgraph.evaluate import twin2k as answers_evaluated

TwinsOption = Annotated[int, typer.Option("--twins", min=50, help="Number of simulated twins.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Seed of the simulation.")]


def changes(
    json: JsonOption = False,
    twins: TwinsOption = changes_evaluated.TWINS,
    seed: SeedOption = changes_evaluated.SEED,
) -> None:
    """Detect switches of simulated twins, and measure the gain from discounting older evidence after them."""
    print_evaluation(changes_evaluated.evaluate(twins, seed), json, None)


def questions(
    json: JsonOption = False,
    twins: TwinsOption = questions_evaluated.TWINS,
    seed: SeedOption = questions_evaluated.SEED,
) -> None:
    """Ask simulated twins five chosen questions and five random ones, and compare the information gained."""
    print_evaluation(questions_evaluated.evaluate(twins, seed), json, None)


def twin2k(data: DataOption = None, json: JsonOption = False) -> None:
    """Forecast 129 answers of 1,784 people from their answers in other studies, compared with LLM twins of them."""
    with reporting_errors():
        answers = datasets.read_answers(datasets.data_dir(data))
    print_evaluation(answers_evaluated.evaluate(answers), json, None)


COMMANDS: tuple[Callable[..., None], ...] = (changes, questions, twin2k)
"""What `beliefgraph evaluate` gets from here."""
