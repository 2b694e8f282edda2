"""Decisions as they are answered: the records as output types."""

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
    """Which belief: ask `belief` with it for how it stands."""


@expose(decisions.Option)
class DecisionOption:
    """One thing that can be chosen. `features` say what it is like, `goals` how far it serves each, below 0 hinders."""


@expose(decisions.Ground)
class DecisionGround:
    """What a reason names: a belief, a preference or a value among them, or a goal; nothing where it is mere words."""


@expose(decisions.Reason)
class DecisionReason:
    """Why an option was chosen: in the person's words, or by the belief or the goal that speaks for it."""


@expose(decisions.Result)
class DecisionResult:
    """What was expected of a decision, or came of it: -1 as bad as it can be, 0 neither, 1 as good as it can be."""


@expose(decisions.EvidenceBehind, hide={"id", "twin"})
class EvidenceBehind:
    """One piece of evidence; `contribution` is its share in the belief that a point rests on, in log-odds."""

    @field(None, "The id of the evidence with its contribution: pass it to `node`.")
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
    """Options to choose between, and how the decision stands at the moment that was asked for."""

    surprise: float | None = attribute(  # type: ignore[assignment]
        "surprise",
        float | None,
        "By how much it came out better than expected, from -2 to 2; null as long as one of the two is not known.",
    )


@expose(decisions.Deliberation, hide={"twin", "key", "definition"})
class Deliberation:
    """What the twin published about a decision, from the rev that changed it to the rev that changed it again."""


@expose(decisions.Decision, hide={"id", "twin"})
class DecisionName:
    """Which decision: ask `decision` for how it stands."""


@expose(decisions.DecisionChange)
class DecisionChange:
    """One decision before and after a commit; null where nothing was told of it."""


@expose(checks.Point)
class DecisionPoint:
    """One thing that speaks for or against an option, with how much, how sure that is, and on what evidence."""


@expose(checks.Unknown)
class DecisionUnknown:
    """Something about an option that could not be checked, and why."""


@expose(checks.OptionCheck)
class OptionCheck:
    """One option with all that speaks for and against it, the weightiest first. `allowed` is false where a hard
    constraint forbids it; `score`, from -1 to 1, balances what may be traded; `violation` is the probability that it
    violates a hard constraint, at the least."""


@expose(checks.DecisionCheck)
class DecisionCheck:
    """How options sit: what is allowed first, and the best first among these. `meanSurprise` is by how much the
    `judged` past decisions came out better than expected, on average."""

    conflicts: list[ConstraintConflict] = attribute("conflicts", list[ConstraintConflict])  # type: ignore[assignment]


DecisionConnection = connection(Decision, counted=True)
DeliberationConnection = connection(Deliberation)
