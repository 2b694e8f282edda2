"""What stored events of a twin say under the rules in force, compared with what they said on arrival. Pure.

Rows that are equal stay as they are, so reading again without a change writes nothing. If a rule says something else,
the old row is closed and a new one opened in the same commit: earlier revs see what was known then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import orjson

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.arrival import ArrivedEvent, SetAside
from beliefgraph.model.caller import Caller
from beliefgraph.model.delta import NOTHING, Delta, Records
from beliefgraph.model.identity import evidence_id, source_id
from beliefgraph.model.revision import Statement
from beliefgraph.services.commands.drafts import Drafts
from beliefgraph.services.commands.intake import Refused
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.interpretation.protocol import Interpretation, Interpreter
from beliefgraph.services.layer.additions import Additions
from beliefgraph.services.layer.context import CommandContext
from beliefgraph.services.layer.protocol import Layer
from beliefgraph.services.twin.state import TwinState
from beliefgraph.store.reinterpretation import EndedRelation, StoredEvent

BOOKKEEPING = frozenset({"revision_id", "rev_from", "rev_to", "definition"})
"""Fields in which two equal rows may differ: the rev that wrote them, and the version of a catalog."""


@dataclass(frozen=True)
class Rules:
    """The context of reading events again: the definitions in force, their interpreter, the layers, and the caller.

    `alias` makes another id for an event from its id and its texts; `waiting` is an event as it waits in quarantine.
    """

    caller: Caller
    graph: DefinitionGraph
    interpreter: Interpreter
    alias: Callable[[str, str], str]
    waiting: Callable[[StoredEvent, Refused], SetAside]
    layers: Sequence[Layer]


@dataclass(frozen=True)
class Reread:
    """What reading events again adds to a twin, None if nothing; how many events changed, and how many failed.

    Failed events can no longer be interpreted: they go to quarantine, and their evidence is withdrawn.
    """

    added: Additions | None = None
    changed: int = 0
    quarantined: int = 0


def reread(rules: Rules, state: TwinState, events: Sequence[StoredEvent], ended: Sequence[EndedRelation]) -> Reread:
    """Read stored events of a twin again; `ended` are the relations of goals that commands ended."""
    event_of = {id_: event.arrived.id for event in events for id_ in event.evidence}
    old = list(state.stated_in(event_of.keys()))
    saying = {event_of[row.evidence] for row in old}
    bare = state.after(Delta(closed=Records(old)))
    drafts = Drafts(bare, rules.graph, rules.layers)
    named: dict[str, str] = {}
    unread: dict[str, SetAside] = {}
    for event in events:
        try:
            interpretation = _counting(
                rules, event, rules.interpreter.interpret(event.arrived.event, rules.graph.definitions)
            )
            arrived = _arrived(rules, event, interpretation, ended)
            context = CommandContext(bare, rules.graph, rules.caller, arrived)
            drafts.check(context, interpretation)
        except BeliefgraphError as error:
            if event.arrived.id in saying:  # an event that says nothing may stay as it is
                unread[event.arrived.id] = rules.waiting(event, Refused(error.code, error.message))
            continue
        drafts.add(context, interpretation)
        named[arrived.id] = event.arrived.id
    delta = drafts.added.delta if drafts.any_added else NOTHING
    evidence = [each.model_copy(update={"event": named[each.event]}) for each in delta.evidence]
    texts = {id_: each for event in events for id_, each in event.texts.items()} | dict(delta.texts)
    new = [row for row in delta.opened if isinstance(row, Statement)]
    closed, opened = difference(old, new, lambda row: texts.get(row.revision_id))
    changed = {(event_of | {each.id: each.event for each in evidence})[row.evidence] for row in (*closed, *opened)}
    if not changed:
        return Reread()
    evidence = [each for each in evidence if each.id not in event_of]
    sources = {each.source for each in evidence}
    added = Additions(
        cause="reinterpreted",
        moment=state.head_time or max(event.arrived.event.time for event in events),
        delta=Delta(
            made=delta.made,
            opened=Records(opened),
            closed=Records(closed),
            sources=[source for source in delta.sources if source.id in sources],
            evidence=evidence,
            texts={row.revision_id: texts[row.revision_id] for row in opened if row.revision_id in texts},
            withdrawn={id_ for id_, event in event_of.items() if event in unread},
            set_aside=list(unread.values()),
        ),
        beliefs=drafts.added.beliefs if drafts.any_added else (),
    )
    return Reread(added, len(changed - unread.keys()), len(unread))


def difference(
    old: Sequence[Statement], new: Sequence[Statement], texts: Callable[[Statement], object]
) -> tuple[list[Statement], list[Statement]]:
    """The old rows that no new row equals, and the new rows that no old row equals.

    `texts` is the text stored with a row.
    """

    def content(row: Statement) -> tuple[object, ...]:
        return *(getattr(row, name) for name in type(row).model_fields if name not in BOOKKEEPING), texts(row)

    unmatched: dict[tuple[type, str], list[Statement]] = defaultdict(list)
    for row in old:
        unmatched[type(row), row.key].append(row)
    opened = []
    for row in new:
        rows = unmatched[type(row), row.key]
        equal = next((each for each in rows if content(each) == content(row)), None)
        if equal is None:
            opened.append(row)
        else:
            rows.remove(equal)
    return [row for rows in unmatched.values() for row in rows], opened


def _counting(rules: Rules, event: StoredEvent, interpretation: Interpretation) -> Interpretation:
    """What an event says, without the sources whose evidence was withdrawn separately."""
    gone = {event.evidence[id_].source for id_ in event.taken_back}
    counting = [
        statement
        for statement in interpretation.statements
        if source_id(rules.caller.tenant, statement.source) not in gone
    ]
    return interpretation.model_copy(update={"statements": tuple(counting)}) if gone else interpretation


def _arrived(
    rules: Rules, event: StoredEvent, interpretation: Interpretation, ended: Iterable[EndedRelation]
) -> ArrivedEvent:
    """The event from which evidence is read: under its own id, unless its evidence is stored with other texts."""
    id_ = event.arrived.id
    texts = {
        evidence_id(id_, source_id(rules.caller.tenant, statement.source)): (statement.summary, statement.verbatim)
        for statement in interpretation.statements
    }
    stored = {each.id: (each.summary, each.verbatim) for each in event.evidence.values()}
    if any(stored.get(each, text) != text for each, text in texts.items()):
        id_ = rules.alias(id_, orjson.dumps(sorted(texts.items())).decode())
    return replace(event.arrived, id=id_, ended=_ends(each for each in ended if each.rev > event.rev))


def _ends(ended: Iterable[EndedRelation]) -> dict[str, datetime]:
    """When relations end, by key: of several commands, the earliest moment."""
    ends: dict[str, datetime] = {}
    for each in ended:
        ends[each.key] = min(each.at, ends.get(each.key, each.at))
    return ends
