"""What a twin published commit by commit, under a sight: derived from the permitted rows that each rev sees. Pure.

A commit that brought nothing permitted is omitted. Times and revs are those of the stored commits; head times are those
of the permitted rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from typing import Any, TypeVar

import numpy as np

from beliefgraph.inference.stop import check_stopped
from beliefgraph.model.commit import Change, Commit
from beliefgraph.model.delta import Records
from beliefgraph.model.further import by_field
from beliefgraph.model.revision import Publication, Revision, Statement
from beliefgraph.services.commits.advance import publish_layers
from beliefgraph.services.commits.layers import LAYERS
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.derive import derive
from beliefgraph.services.layer.protocol import Layer
from beliefgraph.services.permissions.hidden import Part
from beliefgraph.services.permissions.permitted_rows import PermittedRows
from beliefgraph.services.twin.blocks import unpacked
from beliefgraph.services.twin.state import RecordsById, TwinState, by_place, fresh
from beliefgraph.store.history import HistoryFilter, as_seen

P = TypeVar("P", bound=Publication)


@dataclass(frozen=True)
class Inputs:
    """All rows of a twin up to a rev, open and closed, other than columns; and its commits, without head times."""

    rows: Sequence[Revision]
    commits: Sequence[Commit]


@dataclass(frozen=True)
class View:
    """What determines the visible part of a twin: the visible part of each numbered set of definitions."""

    parts: Mapping[int, Part]
    outside: Collection[str] = ()
    layers: Sequence[Layer] = LAYERS


@dataclass(frozen=True)
class Replay:
    """The changes of a twin under a sight up to a rev, by rev; the twin at the last, without and with publications.

    `refused` is the evidence that was left out at some rev; `evidence` and `revisions` are the ids of the evidence and
    the rows that were not.
    """

    rev: int = 0
    shown: TwinState | None = None
    state: TwinState | None = None
    changes: Mapping[int, Change] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()
    evidence: frozenset[str] = frozenset()
    revisions: frozenset[str] = frozenset()

    def since(self, rev: int, limit: int) -> list[Change]:
        """The changes after a rev, in order, at most `limit`."""
        return [change for at, change in self.changes.items() if at > rev][:limit]

    def head_time(self, rev: int | None) -> datetime | None:
        """The head time at a rev, or now; None if there were no commits by then."""
        return max((c.commit.head_time for at, c in self.changes.items() if rev is None or at <= rev), default=None)

    def published(self, kind: type[P], key: str, stretch: HistoryFilter) -> list[P]:
        """What was published for one record, newest first."""
        rev = self.rev if stretch.rev is None else stretch.rev
        found = [row for row in self.publications(key) if isinstance(row, kind)]
        wanted = [
            row
            for row in reversed(found)
            if row.rev_from <= rev
            and (stretch.valid_time is None or row.valid_from <= stretch.valid_time)
            and (stretch.before is None or row.rev_from < stretch.before)
        ]
        return as_seen(wanted[: stretch.limit], rev)

    def publications(self, key: str | None = None) -> list[Publication]:
        """Everything that was published, or everything for one record, in order of rev."""
        found: list[Publication] = []
        last: dict[tuple[type[Publication], str], int] = {}
        for at, change in self.changes.items():
            moves: Iterable[Any] = chain(
                change.beliefs, change.goals, change.metrics, change.decisions, *change.layers.values()
            )
            for move in moves:
                before, after = move.before, move.after
                if before is not None and key in (None, before.key):
                    place = last[type(before), before.key]
                    found[place] = found[place].model_copy(update={"rev_to": at})
                if after is not None and key in (None, after.key):
                    last[type(after), after.key] = len(found)
                    found.append(after)
        return found


def replayed(known: Replay, latest: TwinState, inputs: Inputs, view: View) -> Replay:
    """The replay continued over the commits of `inputs`; `latest` is the whole twin at some later rev."""
    touched = _touched(latest, inputs.rows)
    changes, shown, state, refused = dict(known.changes), known.shown, known.state, set(known.refused)
    evidence, revisions = set(known.evidence), set(known.revisions)
    left_out: set[str] | None = None
    for commit in inputs.commits:
        if commit.rev not in touched and shown is not None and shown.definitions == commit.definitions:
            continue
        check_stopped()
        part = view.parts[commit.definitions]
        kept = PermittedRows(_seen(latest, inputs.rows, commit), part.hidden, view.outside, view.layers)
        now = kept.state
        refused.update(kept.refused)
        returned, left_out = left_out is None or not left_out <= kept.refused, kept.refused
        if (now.head_time is None and state is None) or (shown is not None and _same(shown, now)):
            continue
        anew = returned or shown is None or shown.definitions != now.definitions  # earlier rows may have returned
        for row, evidence_ids in _opened(now, 0 if anew else commit.rev):
            revisions.add(row)
            evidence.update(evidence_ids)
        changes[commit.rev], state = _step(
            state or fresh(now.id, now.tenant, now.name), now, commit, part.graph, view.layers
        )
        shown = now
    return Replay(
        inputs.commits[-1].rev, shown, state, changes, frozenset(refused), frozenset(evidence), frozenset(revisions)
    )


def _touched(latest: TwinState, rows: Sequence[Revision]) -> set[int]:
    """The revs that opened or closed any row."""
    revs = {rev for row in rows for rev in (row.rev_from, row.rev_to) if rev is not None}
    for table in (latest.bearings, latest.measurements):
        for block in table.blocks:
            revs.update(np.unique(block.rev_from).tolist(), np.unique(block.rev_to).tolist())
    return revs


def _seen(latest: TwinState, rows: Sequence[Revision], commit: Commit) -> TwinState:
    """The twin after a commit, with nothing published."""
    rev = commit.rev
    return replace(
        latest,
        rev=rev,
        last_updated=commit.at,
        definitions=commit.definitions,
        rows=by_place(Records(row for row in rows if row.rev_from <= rev and (row.rev_to is None or row.rev_to > rev))),
        bearings=latest.bearings.at(rev),
        measurements=latest.measurements.at(rev),
        derived={},
    )


def _opened(now: TwinState, since: int) -> Iterator[tuple[str, Sequence[str]]]:
    """The ids of a twin's rows opened by this rev or a later one, each with its evidence."""
    for table in (now.bearings, now.measurements):
        rows = table.where(lambda block: np.asarray(block.rev_from >= since))
        if len(rows):
            evidence = unpacked(table.column("evidence", rows))
            yield from (
                (row, (evidence_ids,))
                for row, evidence_ids in zip(unpacked(table.column("revision", rows)), evidence, strict=True)
            )
    for by_id in now.rows.values():
        for row in by_id.values():
            if isinstance(row, Revision) and row.rev_from >= since:
                yield row.revision_id, (row.evidence,) if isinstance(row, Statement) else ()


def _same(before: TwinState, now: TwinState) -> bool:
    """Whether a commit changed nothing: the same rows, under the same definitions."""
    return (
        before.definitions == now.definitions
        and {kind: rows.keys() for kind, rows in before.rows.items() if rows}
        == {kind: rows.keys() for kind, rows in now.rows.items() if rows}
        and all(
            len(old) == len(new) and not new.opened_by(now.rev)
            for old, new in ((before.bearings, now.bearings), (before.measurements, now.measurements))
        )
    )


def _step(
    before: TwinState, now: TwinState, commit: Commit, graph: DefinitionGraph, layers: Sequence[Layer]
) -> tuple[Change, TwinState]:
    """What a commit changed in the permitted part, and the twin after it."""
    head_time = max(each for each in (before.head_time, now.head_time) if each is not None)
    commit = commit.model_copy(update={"head_time": head_time})
    made = {kind: {**before.made_of(kind), **now.made_of(kind)} for kind in {**before.made, **now.made}}
    published: RecordsById = {kind: rows for kind, rows in before.rows.items() if issubclass(kind, Publication)}
    after = replace(now, made=made, rows={**now.rows, **published}, head_time=head_time)
    delta, final = publish_layers(before, after, graph, derive(after, graph, head_time), commit.rev, layers)
    changes = {layer.name: layer.changes(final, delta) for layer in layers}
    change = Change(commit=commit, **by_field(changes, Change))
    return change, final.at_commit(commit)
