"""An explanation in one or more plain sentences. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from beliefgraph.model.belief import Belief, BeliefState, probability
from beliefgraph.model.change_point import ChangedDomain
from beliefgraph.model.evidence import Bearing
from beliefgraph.model.segment import SegmentPrior

REASONS = 3
"""Most reasons named for a move, and against it; the rest are only in the numbers."""

UNMOVED = 0.05
"""Moves in log-odds below this are reported as no change, about one point of confidence."""

ALIKE = 0.5
"""Moves below this, in log-odds, are ignored if no percentage shows them; near certainty, larger ones are reported."""

SLIGHT = 0.05
"""Contributions below this, in log-odds, are not named: they would be shown as 0.0."""


LEAST_SHOWN = 0.1
"""Least probability of a change that a sentence mentions."""


@dataclass(frozen=True)
class SourceContribution:
    """The contribution of evidence from one source on a belief; `summary` is None for several pieces together."""

    summary: str | None
    source: str
    pieces: int
    on: Belief
    correction: bool
    contribution: float


@dataclass(frozen=True)
class Corrected:
    """A correction, and the name of who made it."""

    source: str
    bearing: Bearing


def sentence(
    state: BeliefState,
    prior_log_odds: float,
    contributions: Sequence[SourceContribution],
    *,
    corrected: Sequence[Corrected] = (),
    overruled: Sequence[Corrected] = (),
    retracted_at: datetime | None = None,
    changed_at: datetime | None = None,
    changes: Sequence[ChangedDomain] = (),
    segment: SegmentPrior | None = None,
) -> str:
    """The confidence and the prior of a belief, the main reasons for the difference, and those against it.

    `corrected` are the corrections in force on the belief itself, `overruled` those that said the opposite.
    """
    assert state.log_odds is not None
    statement, stands = state.belief.statement, percent(probability(state.log_odds))
    began, move = percent(probability(prior_log_odds)), state.log_odds - prior_log_odds
    parts = [f"“{statement}” stands at {stands}"]
    if not contributions:
        parts.append(", its prior: no evidence bears on it.")
    elif abs(move) < UNMOVED or (began == stands and abs(move) < ALIKE):
        parts.append(f", about its prior of {began}: {_balance(contributions, state.belief.id)}.")
    else:
        because = _because(contributions, state.belief.id, move)
        parts.append(f", {'up' if move > 0 else 'down'} from a prior of {began}, {because}.")
    return (
        "".join(parts)
        + _corrected(corrected, overruled)
        + _ended(retracted_at, changed_at)
        + _tempered(changes)
        + _of_segment(segment)
    )


def percent(p: float) -> str:
    """A probability in whole percent; one that would round to certainty is shown as just short of it."""
    if p > 0.995:
        return "over 99 %"
    return "under 1 %" if p < 0.005 else f"{round(100 * p)} %"


def _of_segment(segment: SegmentPrior | None) -> str:
    if segment is None:
        return ""
    return (
        f" The prior is the base rate of the segment {segment.segment}, learned from {segment.twins:,} twins; for twins"
        f" of no segment it is {percent(segment.stated)}."
    )


def _because(contributions: Sequence[SourceContribution], target: str, move: float) -> str:
    reasons, against = _sides(contributions, target, move)
    text = f"mostly because of {_listed(reasons)}" if reasons else "because of many small contributions"
    return f"{text}; against it: {_listed(against)}" if against else text


def _balance(contributions: Sequence[SourceContribution], target: str) -> str:
    rising, falling = _sides(contributions, target, 1.0)
    if rising and falling:
        return f"{_listed(rising)} and, against it, {_listed(falling)} balance each other"
    return f"{_listed(rising or falling)} hardly moves it" if rising or falling else "what is known hardly moves it"


def _sides(contributions: Sequence[SourceContribution], target: str, move: float) -> tuple[list[str], list[str]]:
    """The named reasons for and against the move, equal ones merged, the largest first."""
    together: dict[tuple[str | None, str, bool], list[SourceContribution]] = {}
    for one in contributions:
        together.setdefault((one.summary, one.on.id, one.contribution > 0), []).append(one)
    ranked = sorted(together.values(), key=lambda group: -abs(_sum(group)))
    named = [(group, _sum(group)) for group in ranked if abs(_sum(group)) >= SLIGHT]
    along = [_reason(group, target) for group, total in named if (total > 0) == (move > 0)]
    against = [_reason(group, target) for group, total in named if (total > 0) != (move > 0)]
    return along[:REASONS], against[:REASONS]


def _reason(group: Sequence[SourceContribution], target: str) -> str:
    first, pieces = group[0], sum(one.pieces for one in group)
    sources = {one.source for one in group}
    who = first.source if len(sources) == 1 else f"{len(sources)} sources"
    way = "" if first.on.id == target else f", via “{first.on.statement}”"
    if first.summary is None:
        what, often = f"{pieces:,} pieces of evidence from {who}", ""
    else:
        often = f", {pieces} times" if pieces > len(sources) else ""
        what = f"the correction by {who}" if first.correction else f"“{first.summary}” from {who}"
    return f"{what}{often}{way} ({_sum(group):+.1f})"


def _sum(group: Sequence[SourceContribution]) -> float:
    return sum(one.contribution for one in group)


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _corrected(corrected: Sequence[Corrected], overruled: Sequence[Corrected]) -> str:
    """The corrections in force on the belief itself, and those that contradict them."""
    sentences = [
        f" {one.source} corrected it as of {_day(one.bearing.valid_from)}:"
        f" it {'holds' if one.bearing.log_likelihood_ratio > 0 else 'does not hold'}."
        for one in sorted(corrected, key=lambda one: (one.bearing.valid_from, one.bearing.evidence))
    ]
    sentences += [
        f" That contradicts the correction by {one.source} as of {_day(one.bearing.valid_from)}." for one in overruled
    ]
    return "".join(sentences)


def _ended(retracted_at: datetime | None, changed_at: datetime | None) -> str:
    acts = [("It was retracted", retracted_at), ("It changed", changed_at)]
    ends = [(how, _day(at)) for how, at in acts if at is not None]
    return "".join(f" {how} as of {day}: earlier evidence no longer counts." for how, day in ends)


def _tempered(changes: Sequence[ChangedDomain]) -> str:
    """Which domains changed, so that earlier evidence counts less."""
    return "".join(
        f" Since {_day(each.since)} {each.domain} has probably changed ({percent(each.probability)}"
        f"{', as was stated' if each.stated is not None else ''}): evidence from before counts less."
        for each in changes
        if each.probability >= LEAST_SHOWN
    )


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"
