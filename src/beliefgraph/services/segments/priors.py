"""Learning the priors of attributes by segment, from known truth in a tenant's twins. Pure.

The base rate of a segment is the share of its beliefs that turned out to hold, shrunk to that of the tenant, which is
shrunk to the stated prior. What is adopted predicts the truth in held-out twins, given all evidence by then, better
than what is in force, by more than the standard error of the difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from beliefgraph.errors import Incorrect
from beliefgraph.inference import Structure
from beliefgraph.inference.foresight.base_rates import shrunk
from beliefgraph.model.definition import Definitions
from beliefgraph.model.segment import LearnedBaseRate
from beliefgraph.services.definitions.layout import compiled
from beliefgraph.services.derivation.segment_membership import named
from beliefgraph.services.forecasts.learned_outcomes import compared, losses
from beliefgraph.services.learning.fitted import FOLDS
from beliefgraph.services.learning.training_data import TrainingData
from beliefgraph.services.segments.rates import (
    FEW_IN_SEGMENT,
    LEAST_OF_SEGMENT,
    NOT_BETTER,
    SegmentLesson,
)
from beliefgraph.services.twin.blocks import Bools, Floats, Ints

CLASH = "it cannot hold together with the relations"


def priors_of(training_data: TrainingData) -> list[SegmentLesson]:
    """The base rate of every attribute in every segment with enough known truth."""
    read = training_data.learnable
    return [found for segment in read.definitions.segments for found in _of_segment(read, segment)]


def _of_segment(read: TrainingData, segment: str) -> Iterator[SegmentLesson]:
    """What is learned in one segment: attributes that do not help are left out until all remaining ones do."""
    inside = read.segment_number == [*read.definitions.segments].index(segment)
    before = _priors(read, segment)
    deciding = {key.attribute for key in named(read.definitions)}
    left: list[int] = []
    for column, attribute in enumerate(read.attributes):
        twins = len(np.unique(read.twin[inside & (read.column == column)]))
        if not twins or attribute in deciding:
            continue
        if twins < LEAST_OF_SEGMENT:
            yield SegmentLesson(segment, attribute, twins, float(before[column]), reason=FEW_IN_SEGMENT)
        else:
            left.append(column)
    gains: Mapping[int, tuple[float, float]] = {}
    while left:
        try:
            gains = _gains(read, segment, inside, before, left)
        except Incorrect:
            yield from (_lesson(read, segment, before, column, inside, (0.0, 0.0), CLASH) for column in left)
            return
        worse = [column for column in left if not gains[column][0] > gains[column][1]]
        yield from (_lesson(read, segment, before, column, inside, gains[column], NOT_BETTER) for column in worse)
        left = [column for column in left if column not in worse]
        if not worse:
            break
    yield from (_lesson(read, segment, before, column, inside, gains[column], None) for column in left)


def _lesson(
    read: TrainingData,
    segment: str,
    before: Floats,
    column: int,
    inside: Bools,
    gain: tuple[float, float],
    reason: str | None,
) -> SegmentLesson:
    attribute = read.attributes[column]
    learned, tenant = _rate(read, column, segment, np.ones(len(inside), dtype=np.bool_))
    twins = len(np.unique(read.twin[inside & (read.column == column)]))
    prior = LearnedBaseRate(
        segment=segment,
        learned_on=read.definitions.segment_learned_on(segment),
        attribute=attribute,
        stated=_stated(read.definitions)[attribute],
        learned=learned,
        tenant=tenant,
        twins=twins,
        gain=gain[0],
        error=gain[1],
    )
    return SegmentLesson(segment, attribute, twins, float(before[column]), learned, *gain, reason, base_rate=prior)


def _stated(definitions: Definitions) -> dict[str, float]:
    return {a.key: a.prior for catalog in definitions.catalogs for a in catalog.attributes if a.prior is not None}


def _priors(read: TrainingData, segment: str) -> Floats:
    """The priors in force in a segment, by column."""
    known = read.definitions.of_segment(segment).attributes
    return np.array([known[attribute].prior for attribute in read.attributes], dtype=np.float64)


def _rate(read: TrainingData, column: int, segment: str, some: Bools) -> tuple[float, float]:
    """The base rate of an attribute in a segment from some of the labels, and that of the tenant."""
    here = some & (read.column == column)
    keys = [*read.definitions.segments, None]
    place, came, twin = read.segment_number[here], read.happened[here], read.twin[here]
    size = np.bincount(place, minlength=len(keys)).astype(np.float64)
    twins = np.array([len(np.unique(twin[place == number])) for number in range(len(keys))], dtype=np.float64)
    prior = _stated(read.definitions)[read.attributes[column]]
    tenant = float((came.sum() + 2.0 * prior) / (len(came) + 2.0))
    rates, _ = shrunk(np.bincount(place, came, len(keys)) / np.maximum(size, 1.0), twins, tenant)
    return float(rates[keys.index(segment)]), tenant


def _gains(
    read: TrainingData, segment: str, inside: Bools, before: Floats, columns: Sequence[int]
) -> dict[int, tuple[float, float]]:
    """The improvement on the truth in held-out twins in nats, ± one standard error, by column."""
    rows = np.flatnonzero(inside & np.isin(read.column, columns))
    fold = read.twin[rows] % FOLDS
    predicted = np.zeros(len(rows))
    for out in range(FOLDS):
        apart = fold == out
        if not apart.any():
            continue
        left = np.ones(len(inside), dtype=np.bool_)
        left[read.twin % FOLDS == out] = False
        priors = before.copy()
        for column in columns:
            priors[column] = _rate(read, column, segment, left)[0]
        predicted[apart] = _predicted(read, priors, rows[apart])
    came = read.happened[rows]
    gains = losses(_predicted(read, before, rows), came) - losses(predicted, came)
    of = read.column[rows]
    return {column: compared(gains[of == column], read.twin[rows[of == column]]) for column in columns}


def _predicted(read: TrainingData, priors: Floats, rows: Ints) -> Floats:
    """The log-odds of some labels under some priors, given the evidence before the truth became known."""
    model = compiled(Structure(priors, read.structure.relations, noisy_or=read.structure.noisy_or))
    found = model.log_odds(read.labels.log_likelihood[rows]).log_odds
    return np.asarray(found[np.arange(len(rows)), read.column[rows]])
