"""A person's preferences in a context: distributions, where each was stated, explanations, and conflicts.

Everything is derived from the rows that the rev sees, at the requested valid time, and unrounded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from functools import partial

from pydantic import TypeAdapter, ValidationError

from beliefgraph.errors import Incorrect
from beliefgraph.model.attribute import Attribute
from beliefgraph.model.belief import ANYONE, ANYWHERE, BeliefState, Holding
from beliefgraph.model.caller import Caller
from beliefgraph.model.constraint import Conflict, Requirement, contradictions
from beliefgraph.model.distribution import ValueProbability
from beliefgraph.model.page import Page
from beliefgraph.model.preference import PreferenceKind
from beliefgraph.model.preferred import Preference
from beliefgraph.model.question import BeliefRow
from beliefgraph.model.record import Key
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.access.scope import reach
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.explanation.explain import Explanations
from beliefgraph.services.preferences.preference_set import PlacedPreference, PreferenceSet, preference_set, spread
from beliefgraph.services.questions.distribution import distribution
from beliefgraph.services.snapshots.as_of import Snapshot, Snapshots
from beliefgraph.services.twin import paging
from beliefgraph.services.twin.paging import DEFAULT_PAGE, Position
from beliefgraph.store import beliefs as stored
from beliefgraph.store.graph import Graph
from beliefgraph.store.history import HistoryFilter

MOST_HISTORY = 20
"""Holdings included with a preference, newest first; `history` has all of them."""

_CONTEXT: TypeAdapter[str] = TypeAdapter(Key)


class Preferences:
    """Answers queries on preferences, as of any moment."""

    def __init__(
        self, graph: Graph, book: DefinitionBook, explanations: Explanations, *, snapshots: Snapshots | None = None
    ) -> None:
        self._graph = graph
        self._explanations = explanations
        self._snapshots = snapshots or Snapshots(graph, book)

    async def preferences(
        self,
        caller: Caller,
        twin: str,
        *,
        context: str = ANYWHERE,
        kinds: Sequence[PreferenceKind] | None = None,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
        as_of: AsOf = NOW,
        at_least_rev: int | None = None,
        explained: bool = False,
        with_history: bool = False,
    ) -> Page[Preference]:
        """A page of the preferences in a context, of all kinds or of those named, by name and subject."""
        id_ = reach(caller, twin)
        _check_context(context)
        chosen = None if kinds is None else sorted(kinds)
        walk = paging.walk("preferences", id_, context, chosen, as_of, first=first, after=after, by=str)
        moment = await self._snapshots.asked(caller, twin, as_of, at_least_rev, walk.rev)
        found, answers = await asyncio.to_thread(_answers, moment, context, kinds, walk.text, walk.limit)
        shown = answers[: walk.first]
        if explained:
            shown = await self._explained(found, shown)
        if with_history:
            shown = await self._with_history(caller, moment, shown, as_of)
        return walk.page(
            [*shown, *answers[walk.first :]],
            lambda each: Position(f"{each.attribute}\x1f{each.subject}", each.belief.state.belief.id, each.rev),
            rev=moment.state.rev,
            valid_time=moment.at,
        )

    async def _explained(self, found: PreferenceSet, preferences: Sequence[Preference]) -> list[Preference]:
        """The preferences with their explanations, if they have a confidence."""
        keys = [each.belief.state.belief.belief_key for each in preferences if each.belief.state.log_odds is not None]
        explained = {each.state.belief.id: each for each in await self._explanations.of_each(found.seen, keys)}
        return [
            each.model_copy(update={"explanation": explained.get(each.belief.state.belief.id)}) for each in preferences
        ]

    async def _with_history(
        self, caller: Caller, moment: Snapshot, preferences: Sequence[Preference], as_of: AsOf
    ) -> list[Preference]:
        """The preferences with what was published about each."""
        state, seen = moment.state, moment.seen
        stretch = HistoryFilter(state.rev, as_of.valid_time, None, MOST_HISTORY)
        ids = [each.belief.state.belief.id for each in preferences]
        if seen.whole:
            read = partial(stored.histories, self._graph, state.id, ids, stretch)
            rows = await self._snapshots.settled(state.id, state.name, state.rev, read)
        else:
            replay = await self._snapshots.replay(caller, state.id, state.name, seen)
            rows = {id_: replay.published(Holding, id_, stretch) for id_ in ids}
        return [
            each.model_copy(update={"history": tuple(rows.get(id_, ()))})
            for id_, each in zip(ids, preferences, strict=True)
        ]


def conflicts_among(found: PreferenceSet, standings: Sequence[PlacedPreference]) -> Mapping[str, tuple[Conflict, ...]]:
    """The conflicts among the hard constraints that are more likely than not, by the id of a belief in them."""
    demands: list[Requirement] = []
    states: list[BeliefState] = []
    for one in standings:
        preference, state = one.attribute.preference, found.seen.state(one.positions[0])
        assert preference is not None
        if preference.hard and state.log_odds is not None and state.log_odds > 0:
            assert preference.rule is not None
            assert preference.feature is not None
            states.append(state)
            demands.append(
                Requirement(
                    attribute=one.attribute.key,
                    feature=preference.feature,
                    rule=preference.rule,
                    operand=one.subject,
                )
            )
    by_belief: dict[str, tuple[Conflict, ...]] = {}
    for places in contradictions(demands):
        clashing = tuple(states[place] for place in places)
        statements = "; ".join(f"\u201c{state.belief.statement}\u201d" for state in clashing)
        conflict = Conflict(
            feature=demands[places[0]].feature,
            constraints=clashing,
            sentence=f"No {demands[places[0]].feature} meets all of these: {statements}.",
        )
        for state in clashing:
            by_belief[state.belief.id] = (*by_belief.get(state.belief.id, ()), conflict)
    return by_belief


def standing_of(moment: Snapshot, attribute: Attribute, subject: str, context: str) -> float | None:
    """The position of one preference in a context: the mean of its values' scores or, without scores, its strength.

    None if nothing is known about the subject.
    """
    found = preference_set(moment, context, [attribute])
    if subject not in {ANYONE, *found.subjects(attribute)}:
        return None
    answer = _answer(found, found.standing(attribute, subject), {})
    return answer.strength if answer.definition.scores is None else answer.mean


def _answers(
    moment: Snapshot, context: str, kinds: Collection[PreferenceKind] | None, after: str, limit: int
) -> tuple[PreferenceSet, list[Preference]]:
    """The first preferences after a place in their order."""
    attributes = [
        each
        for each in moment.graph.definitions.attributes.values()
        if each.preference is not None and (kinds is None or each.preference.kind in kinds)
    ]
    found = preference_set(moment, context, attributes)
    standings = [found.standing(each, subject) for each in attributes for subject in found.subjects(each)]
    conflicts = conflicts_among(found, standings)
    following = sorted((one for one in standings if _order(one) > after), key=_order)
    return found, [_answer(found, one, conflicts) for one in following[:limit]]


def _answer(found: PreferenceSet, one: PlacedPreference, conflicts: Mapping[str, tuple[Conflict, ...]]) -> Preference:
    preference, moment = one.attribute.preference, found.seen.moment
    assert preference is not None
    rows = [BeliefRow(state=found.seen.state(position)) for position in one.positions]
    values: tuple[ValueProbability, ...] = ()
    likeliest, quality = rows[0], rows[0].state.quality
    if one.attribute.categorical:
        shares = distribution(found.seen, rows[0].state.belief.belief_key.variable, rows)
        values, quality = shares.values, shares.quality
        likeliest = values[0].belief
    best = values[0].probability if values else likeliest.state.confidence
    prior, spreads = likeliest.state.prior, _spread(preference.scores, values)
    return Preference(
        attribute=one.attribute.key,
        subject=one.subject,
        definition=preference,
        belief=likeliest,
        values=values,
        strength=_strength(best, values),
        beyond_prior=None if best is None or prior is None else best - prior,
        mean=None if spreads is None else spreads[0],
        deviation=None if spreads is None else spreads[1],
        heard_in=one.heard_in,
        conflicts=conflicts.get(likeliest.state.belief.id, ()),
        quality=quality,
        valid_time=moment.at,
        rev=moment.state.rev,
    )


def _strength(best: float | None, values: Sequence[ValueProbability]) -> float | None:
    if best is None:
        return None
    if not values:
        return abs(2.0 * best - 1.0)
    return best - (values[1].probability or 0.0 if len(values) > 1 else 0.0)


def _spread(scores: Mapping[str, float] | None, values: Sequence[ValueProbability]) -> tuple[float, float] | None:
    on_scale = [
        (each.probability, scores[each.value])
        for each in values
        if scores is not None and each.value in scores and each.probability is not None
    ]
    return spread(*zip(*on_scale, strict=True)) if on_scale else None


def _order(one: PlacedPreference) -> str:
    return f"{one.attribute.key}\x1f{one.subject}"


def _check_context(context: str) -> None:
    try:
        _CONTEXT.validate_python(context)
    except ValidationError:
        raise Incorrect(
            "invalid-input", "A context is a string of one line with 1 to 200 characters.", field="context"
        ) from None
