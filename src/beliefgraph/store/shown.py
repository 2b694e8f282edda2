"""What Neo4j Browser colours: a style tells labels apart, not values. The service never reads them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from beliefgraph.model.belief import Holding, probability
from beliefgraph.model.evidence import Bearing

LIKELY, UNLIKELY = 0.8, 0.2
"""The confidences from which, and up to which, a belief is shown as likely and as unlikely."""

SHADES = ("likely", "unlikely", "unsure")


def shade(holding: Holding) -> str:
    """How a belief is shown."""
    if holding.log_odds is None:
        return "unsure"
    confidence = probability(holding.log_odds)
    return "likely" if confidence >= LIKELY else "unlikely" if confidence <= UNLIKELY else "unsure"


def shades(closed: Iterable[Holding], opened: Iterable[Holding]) -> Mapping[str, list[str]]:
    """The ids of the beliefs whose shade changes, by the new one; what is published no more is shown as unsure."""
    before = {row.key: shade(row) for row in closed}
    after = dict.fromkeys(before, "unsure") | {row.key: shade(row) for row in opened}
    found: dict[str, list[str]] = {each: [] for each in SHADES}
    for key, now in after.items():
        if now != before.get(key, "unsure"):
            found[now].append(key)
    return found


def against(opened: Iterable[Bearing]) -> Iterator[str]:
    """The ids of the evidence that speaks only against what it bears on."""
    said: dict[str, list[float]] = defaultdict(list)
    for row in opened:
        said[row.evidence].append(row.log_likelihood_ratio)
    return (id_ for id_, ratios in said.items() if max(ratios) < 0)


def labels(changes: Sequence[tuple[Iterable[Holding], Iterable[Holding], Iterable[Bearing]]]) -> dict[str, list[str]]:
    """The params of `commit/shown`: of each commit, the holdings closed and opened, and the bearings opened."""
    found: dict[str, list[str]] = {each: [] for each in (*SHADES, "against")}
    for closed, opened, bearings in changes:
        for name, ids in shades(closed, opened).items():
            found[name] += ids
        found["against"] += against(bearings)
    return found
