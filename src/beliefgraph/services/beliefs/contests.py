"""Evidence that the person contests: what a command adds, and which beliefs it bears on. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from beliefgraph.errors import Forbidden, NotFound
from beliefgraph.model import timeline
from beliefgraph.model.contest import Contest, Contested
from beliefgraph.model.delta import Delta
from beliefgraph.model.time import BEGINNING
from beliefgraph.services.layer.additions import Additions
from beliefgraph.services.layer.context import CommandContext
from beliefgraph.services.twin.state import TwinState


def contesting(context: CommandContext, command: Contest, now: datetime, found: Collection[str]) -> Additions:
    """What contesting some evidence of the twin adds, or ending the contest; no change if it is already so."""
    if not context.caller_is_person:
        raise Forbidden("missing-scope", "Only the person's own key contests evidence about them.")
    if not found:
        raise NotFound("not-found", f"There is no evidence {command.evidence!r}.", evidence=command.evidence)
    meant = {command.evidence} if command.evidence in found else set(found)
    known = {row.evidence: row for row in context.state.rows_of(Contested).values()}
    closed = [] if command.contested else [known[id_] for id_ in sorted(meant & known.keys())]
    opened = [_row(context, id_, now) for id_ in sorted(meant - known.keys())] if command.contested else []
    return Additions(
        cause="contested",
        moment=context.state.head_time or BEGINNING,  # it does not move the head time
        delta=Delta.of(opened=opened, closed=closed) + Delta(events=[context.arrived]),
    )


def _row(context: CommandContext, evidence: str, now: datetime) -> Contested:
    return Contested(
        revision_id=timeline.revision_id("Contested", evidence, context.rev, now),
        twin=context.state.id,
        key=evidence,
        valid_from=now,
        rev_from=context.rev,
        definition="",
        origin="provided",
        evidence=evidence,
        event=context.arrived.id,
    )


@dataclass(frozen=True)
class ContestedBeliefs:
    """The revs from which contested evidence bears on beliefs, by the belief's id."""

    since: Mapping[str, tuple[int, ...]]

    def on(self, belief: str, before: int | None = None) -> int:
        """The number of pieces of contested evidence on a belief, now or before a rev."""
        return sum(before is None or rev < before for rev in self.since.get(belief, ()))


def contested_beliefs(state: TwinState) -> ContestedBeliefs:
    """The beliefs of a twin with contested evidence in force."""
    evidence = contested_evidence(state)
    since: dict[str, list[int]] = defaultdict(list)
    for row in state.bearings.records(state.bearings.of_evidence(evidence)):
        since[row.belief].append(row.rev_from)
    return ContestedBeliefs({belief: tuple(revs) for belief, revs in since.items()})


def contested_evidence(state: TwinState) -> frozenset[str]:
    """The ids of a twin's contested evidence."""
    return frozenset(row.evidence for row in state.rows_of(Contested).values())
