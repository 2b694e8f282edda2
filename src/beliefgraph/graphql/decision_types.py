"""Output types of decisions."""

from __future__ import annotations

import strawberry

from beliefgraph.graphql.connections import connection
from beliefgraph.graphql.context import Request
from beliefgraph.graphql.expose import attribute, expose, field
from beliefgraph.graphql.ids import write_id
from beliefgraph.graphql.preference_types import ConstraintConflict
from beliefgraph.model import decision as decisions
from beliefgraph.model import decision_check as checks
from beliefgraph.model.belief import BeliefKey


@expose(BeliefKey)
class BeliefName:
    """Key of a belief; query `belief` with it."""


@expose(decisions.Option)
class DecisionOption:
    """One thing that can be chosen."""


@expose(decisions.Ground)
class DecisionGround:
    """What a reason refers to: a belief or a goal; both null if the reason is only text."""


@expose(decisions.Reason)
class DecisionReason:
    """A reason why an option was chosen: the person's words, or a belief or a goal in favour of it."""


@expose(decisions.Result)
class DecisionResult:
    """Expected or actual result of a decision."""


@expose(decisions.EvidenceBehind, hide={"id", "twin"})
class EvidenceBehind:
    """One piece of evidence behind an answer, with its source."""

    @field(None, "Id of this evidence, which the query `node` accepts.")
    @staticmethod
    def id(found: strawberry.Parent[decisions.EvidenceBehind], info: Request) -> strawberry.ID:
        gives = "" if found.contribution is None else repr(found.contribution)
        return strawberry.ID(write_id("Evidence", info.context.names[found.twin], found.id, gives))


@expose(
    decisions.DecisionState,
    within={"decision": decisions.Decision},
    hide={"decision.id", "decision.twin"},
)
class Decision:
    """A decision at the requested moment."""

    surprise: float | None = attribute(  # type: ignore[assignment]
        "surprise",
        float | None,
        "Actual minus expected result, in [-2, 2]; null unless both are known.",
    )


@expose(decisions.Deliberation, hide={"twin", "key", "definition"})
class Deliberation:
    """What the twin published about a decision, from the rev that changed it to the rev that changed it again."""


@expose(decisions.Decision, hide={"id", "twin"})
class DecisionName:
    """Key of a decision; query `decision` with it."""


@expose(decisions.DecisionChange)
class DecisionChange:
    """One decision before and after a commit."""


@expose(checks.Point)
class DecisionPoint:
    """One point for or against an option, with its weight and evidence."""


@expose(checks.Unknown)
class DecisionUnknown:
    """Something about an option that could not be checked."""


@expose(checks.OptionCheck)
class OptionCheck:
    """One option with all points for and against it."""


@expose(checks.DecisionCheck)
class DecisionCheck:
    """How well options fit what is known about the person."""

    conflicts: list[ConstraintConflict] = attribute("conflicts", list[ConstraintConflict])  # type: ignore[assignment]


DecisionConnection = connection(Decision, counted=True)
DeliberationConnection = connection(Deliberation)
