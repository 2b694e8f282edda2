"""The commands about contested evidence."""

from __future__ import annotations

import strawberry

from beliefgraph.graphql.inputs import asked
from beliefgraph.graphql.roots import command
from beliefgraph.model.contest import Contest

asked(Contest)


@strawberry.type
class ContestCommands:
    """The commands with which a person contests evidence."""

    contest = command(
        Contest,
        (
            "Contest evidence, or stop contesting it. Contested evidence still counts, but is marked wherever it is "
            "shown. Needs the person's own key."
        ),
        lambda to: to.contest,
    )
