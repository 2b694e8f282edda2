"""The commands of `beliefgraph evaluate` that judge forecasts. They need no service and no database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from beliefgraph.cli.evaluated import JsonOption, tell
from beliefgraph.evaluate import trajectories as trajectories_evaluated

TwinsOption = Annotated[int, typer.Option("--twins", min=50, help="Number of simulated twins.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Seed of the simulation.")]


def trajectories(
    json: JsonOption = False,
    twins: TwinsOption = trajectories_evaluated.TWINS,
    seed: SeedOption = trajectories_evaluated.SEED,
) -> None:
    """Forecast the stage in six weeks and the time to purchase of simulated twins."""
    tell(trajectories_evaluated.evaluate(twins, seed), json, None)


COMMANDS: tuple[Callable[..., None], ...] = (trajectories,)
"""What `beliefgraph evaluate` gets from here."""
