"""The rows for one source's statement: evidence with its bearings and measurements. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.commit import Cause
from beliefgraph.model.delta import Delta, Records
from beliefgraph.model.evidence import OBSERVED, Bearing, Evidence, Source, Stance
from beliefgraph.model.identity import belief_id, evidence_id, source_id
from beliefgraph.model.metric import Measurement
from beliefgraph.model.time import Interval
from beliefgraph.model.timeline import revision_id
from beliefgraph.services.interpretation.protocol import CountsIn, SourceStatement
from beliefgraph.services.layer.additions import Additions
from beliefgraph.services.layer.context import CommandContext
from beliefgraph.services.metrics.count import measurement


@dataclass(frozen=True)
class StatementRows:
    """The rows of one source's statement: evidence with its bearings, and the beliefs these name."""

    beliefs: Sequence[BeliefKey]
    sources: Sequence[Source]
    evidence: Sequence[Evidence]
    bearings: Sequence[Bearing]
    counts: Sequence[CountsIn]
    measurements: Sequence[Measurement]


def statement_rows(
    context: CommandContext, statement: SourceStatement, stance: Stance, valid: Interval | None = None
) -> StatementRows:
    """One source's evidence with its bearings, valid from the event's time unless `valid` is given."""
    twin = context.state.id
    source = Source(
        id=source_id(context.state.tenant, statement.source), tenant=context.state.tenant, name=statement.source
    )
    evidence = Evidence.trusted(
        id=evidence_id(context.arrived.id, source.id),
        twin=twin,
        event=context.arrived.id,
        source=source.id,
        time=context.moment,
        summary=statement.summary,
        verbatim=statement.verbatim,
    )
    start = context.moment if valid is None else valid.start
    bearings = []
    for bears in statement.bearings:
        context.graph.definitions.attribute_of(bears.belief)
        belief = belief_id(twin, bears.belief)
        key = f"{evidence.id}|{belief}"
        bearings.append(
            Bearing.trusted(
                revision_id=revision_id("Bearing", key, context.rev, start),
                twin=twin,
                key=key,
                valid_from=start,
                valid_to=None if valid is None else valid.end,
                rev_from=context.rev,
                rev_to=None,
                definition=context.graph.definitions.refs[bears.belief.attribute],
                origin="observed" if stance in OBSERVED else "provided",
                evidence=evidence.id,
                belief=belief,
                source=source.id,
                stance="change" if bears.from_now_on else stance,
                log_likelihood_ratio=bears.log_likelihood_ratio,
                half_life=bears.half_life,
                shared_origin=bears.shared_origin,
                source_kind=statement.source_kind,
                shared_across=bears.shared_across,
            )
        )
    measurements = [
        measurement(context.state, context.graph, evidence.id, source.id, context.moment, counts)
        for counts in statement.counts
    ]
    return StatementRows(
        [bears.belief for bears in statement.bearings], [source], [evidence], bearings, statement.counts, measurements
    )


def addition(context: CommandContext, cause: Cause, rows: StatementRows) -> Additions:
    """What one statement adds to a twin."""
    return Additions(
        cause=cause,
        moment=context.moment,
        delta=Delta(
            opened=Records(rows.bearings), events=[context.arrived], sources=rows.sources, evidence=rows.evidence
        ),
        beliefs=rows.beliefs,
    )
