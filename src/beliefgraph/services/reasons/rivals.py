"""Rival hypotheses weighed: what may have caused an occurrence, before and after the evidence for it. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from operator import itemgetter

from beliefgraph.errors import Unavailable
from beliefgraph.model.belief import BeliefState
from beliefgraph.model.reasons import Hypothesis, Occurrence, SomethingElse
from beliefgraph.services.definitions.graph import Edge
from beliefgraph.services.explanation.sentence import percent
from beliefgraph.services.snapshots.recompute import Recomputed

ADD_UP = "Its causes add up and none acts alone"

LIKELY = 0.1
"""Least responsibility, relative to the greatest, with which a hypothesis is named in the sentence."""


@dataclass(frozen=True)
class ObservedEffects:
    """What is interpreted: the effects that it is evidence for, by position in the derivation.

    `bears` is whether it is evidence for or against any belief, and `of_effects` whether any such belief is an effect.
    """

    positions: tuple[int, ...]
    bears: bool
    of_effects: bool


def observed_by(seen: Recomputed, evidence: Collection[str]) -> ObservedEffects:
    """The effects that these pieces of evidence, which may be those of metrics, are evidence for at the moment."""
    derived = seen.derived
    effects = {edge.target for edge in derived.layout.edges if edge.strength.kind == "causes"}
    rows = derived.state.bearings.of_evidence(evidence)
    items = derived.items_in(rows[derived.counted.among(rows)])
    forces = [
        (position, force)
        for position, force in zip(items.position.tolist(), items.log_likelihood.tolist(), strict=True)
        if force != 0.0
    ]
    on_effects = [(position, force) for position, force in forces if position in effects]
    supported = {position for position, force in on_effects if force > 0.0}
    in_order = sorted(supported, key=lambda position: derived.layout.ids[position])
    return ObservedEffects(tuple(in_order), bool(forces), bool(on_effects))


def weighed(seen: Recomputed, before: Recomputed, effect: int) -> Occurrence:
    """The hypotheses for an effect, by its position: with the evidence for it and `before` that evidence.

    Raises `too-wide` if it has no answer.
    """
    derived = seen.derived
    if not derived.available[effect]:
        raise Unavailable(
            "too-wide", "This belief is connected to too many others for an answer.", belief=derived.layout.ids[effect]
        )
    occurred, causes = seen.state(effect), _causes(seen, effect)
    unit, positions, column = derived.layout.unit_of(effect)
    found = unit.model.responsibility(column, derived.log_likelihood[positions])
    held = occurred.confidence or 0.0
    shares: dict[int, tuple[float, float]] = {}
    something_else = None
    if found is not None:
        each = list(zip((held * found.brought).tolist(), (held * found.alone).tolist(), strict=True))
        shares = {int(positions[cause]): share for cause, share in zip(found.causes, each[:-1], strict=True)}
        something_else = SomethingElse(responsibility=min(each[-1][0], 1.0), alone=min(each[-1][1], 1.0))
    hypotheses = [_hypothesis(seen, before, edge, shares.get(edge.source)) for edge in causes]
    ranked = tuple(sorted(hypotheses, key=_most_responsible_first))
    return Occurrence(
        state=occurred,
        before=_log_odds(before, derived.layout.ids[effect]),
        hypotheses=ranked,
        something_else=something_else,
        sentence=_sentence(occurred, ranked, something_else),
    )


def _causes(seen: Recomputed, effect: int) -> list[Edge]:
    return [edge for edge in seen.derived.layout.edges if edge.target == effect and edge.strength.kind == "causes"]


def _hypothesis(seen: Recomputed, before: Recomputed, edge: Edge, share: tuple[float, float] | None) -> Hypothesis:
    """A hypothesis; a correction by the person bounds its share too: a cause that does not hold caused nothing."""
    state = seen.state(edge.source)
    responsibility, alone = (None, None) if share is None else (min(each, state.confidence or 0.0) for each in share)
    return Hypothesis(
        state=state,
        before=_log_odds(before, state.belief.id),
        relation=edge.strength,
        responsibility=responsibility,
        alone=alone,
    )


def _log_odds(seen: Recomputed, belief: str) -> float | None:
    return seen.derived.value(seen.derived.layout.position[belief])


def _most_responsible_first(one: Hypothesis) -> tuple[float, float, str]:
    return -(one.responsibility or 0.0), -(one.state.confidence or 0.0), one.state.belief.id


def _sentence(occurred: BeliefState, ranked: tuple[Hypothesis, ...], something_else: SomethingElse | None) -> str:
    """What most likely caused it, what else may have, and how far each moved."""
    opening, first = f"“{occurred.belief.statement}” stands at {percent(occurred.confidence or 0.0)}.", ranked[0]
    if something_else is None:
        named = f"“{first.state.belief.statement}” ({_moved(first)})"
        acts = "It is tied to too much to say which cause brought it about" if first.relation.into_noisy_or else ADD_UP
        return f"{opening} {acts}; the likeliest of them is {named}."
    ranking = [(one.responsibility or 0.0, "because " + _named(one), _named(one)) for one in ranked]
    rest = percent(something_else.responsibility)
    ranking.append(
        (something_else.responsibility, f"for a reason that nobody stated ({rest})", f"something else ({rest})")
    )
    (most, because, _), *others = sorted(ranking, key=itemgetter(0), reverse=True)
    less = [named for share, _, named in others if share >= LIKELY * most]
    return f"{opening} Most likely {because}." + (f" Less likely: {'; '.join(less)}." if less else "")


def _named(one: Hypothesis) -> str:
    return f"“{one.state.belief.statement}” (responsible with {percent(one.responsibility or 0.0)}; {_moved(one)})"


def _moved(one: Hypothesis) -> str:
    now, then = one.state.confidence, one.before_confidence
    if now is None or then is None:
        return "it has no confidence"
    return f"it stands at {percent(now)}, before at {percent(then)}"
