"""The layer of moods: every event shows the mood `day` as high as its `llr`; a command shows the one that it names."""

from __future__ import annotations

import math

from tests.services.moods.records import Mood, MoodChange, MoodPublished, MoodShown, ShowMood, Word

from beliefgraph.errors import Incorrect
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.delta import Delta
from beliefgraph.model.evidence import Evidence
from beliefgraph.model.timeline import inferred, revision_id
from beliefgraph.services.beliefs.statement_rows import addition, statement_rows
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.interpretation.protocol import Interpretation, SourceStatement
from beliefgraph.services.layer.additions import Additions
from beliefgraph.services.layer.context import CommandContext
from beliefgraph.services.layer.protocol import Layer, PublishContext, Published
from beliefgraph.services.twin.state import TwinState

DAY = "day"
MOST = 9.0


class MoodDraft:
    """What events show."""

    beliefs: tuple[BeliefKey, ...] = ()

    def __init__(self, state: TwinState, _: DefinitionGraph) -> None:
        self._state = state
        self._shown: list[MoodShown] = []

    def check(self, context: CommandContext, interpretation: Interpretation, /) -> None:
        if context.arrived.event.data.get("llr", 0.0) >= MOST:
            raise Incorrect("invalid-input", "Nobody is in such a mood.")

    def add(self, context: CommandContext, interpretation: Interpretation, /) -> None:
        data = context.arrived.event.data
        for statement in interpretation.statements if "llr" in data else ():
            evidence = statement_rows(context, statement, "observation").evidence[0]
            self._shown.append(_shown(context, evidence, DAY, data["llr"], ()))

    @property
    def delta(self) -> Delta:
        return _made(self._state, DAY, self._shown)


def showing_mood(context: CommandContext, command: ShowMood) -> Additions:
    """What a command shows."""
    summary = f"is in the mood “{command.mood}”"
    statement = SourceStatement(source=context.caller_source, summary=summary, bearings=())
    rows = statement_rows(context, statement, "assertion")
    words = () if command.word is None else (Word(text=command.word, since=context.moment),)
    shown = _shown(context, rows.evidence[0], command.mood, command.height, words)
    added = addition(context, "asserted", rows)
    return Additions(added.cause, added.moment, added.delta + _made(context.state, command.mood, [shown]))


def publish(context: PublishContext) -> Published:
    """The mean of every mood, where it is another than published; nothing where nothing is left of it."""
    state, at = context.after, context.derivation.at
    shown: dict[str, list[MoodShown]] = {}
    for row in state.rows_of(MoodShown).values():
        if row.valid_from <= at:
            shown.setdefault(row.mood, []).append(row)
    stands = state.rows_of(MoodPublished)
    now = {id_: _published(state, id_, rows, context) for id_, rows in shown.items()}
    opened = {id_: row for id_, row in now.items() if id_ not in stands or _said(stands[id_]) != _said(row)}
    closed = [row for id_, row in stands.items() if id_ in opened or id_ not in now]
    return Published(Delta.of(opened=opened.values(), closed=closed))


def _published(state: TwinState, id_: str, rows: list[MoodShown], context: PublishContext) -> MoodPublished:
    heights = [row.height for row in rows]
    mean = math.fsum(heights) / len(heights)  # the same in every order of rows
    return inferred(
        MoodPublished,
        state.id,
        id_,
        context.derivation.at,
        context.rev,
        "",
        mean=mean,
        times=len(rows),
        tone="low" if mean < 0 else "high",
        steady=len(set(heights)) == 1,
        last=max(row.valid_from for row in rows),
        deadline=min((word.since for row in rows for word in row.words), default=None),
        words=tuple(word for row in sorted(rows, key=lambda row: row.valid_from) for word in row.words),
    )


def _said(row: MoodPublished) -> object:
    return row.mean, row.times, row.tone, row.steady, row.last, row.deadline, row.words


def _shown(context: CommandContext, evidence: Evidence, key: str, height: float, words: tuple[Word, ...]) -> MoodShown:
    state, stated = context.state, evidence.id
    return MoodShown(
        revision_id=revision_id("MoodShown", f"{stated}|{key}", context.rev, context.moment),
        twin=state.id,
        key=f"{stated}|{key}",
        valid_from=context.moment,
        rev_from=context.rev,
        definition="",
        origin="observed",
        evidence=stated,
        source=evidence.source,
        mood=LAYER.id_of(state.id, key),
        height=height,
        words=words,
    )


def _made(state: TwinState, key: str, shown: list[MoodShown]) -> Delta:
    id_ = LAYER.id_of(state.id, key)
    new = bool(shown) and id_ not in state.made_of(Mood)
    return Delta.of(made=[Mood(id=id_, twin=state.id, key=key)] if new else [], opened=shown)


def _change(mood: Mood, before: MoodPublished | None, after: MoodPublished | None) -> MoodChange:
    return MoodChange(mood=mood, before=before, after=after)


LAYER = Layer("moods", Mood, MoodPublished, _change, publish, MoodDraft, label="Mood", stated=MoodShown)
