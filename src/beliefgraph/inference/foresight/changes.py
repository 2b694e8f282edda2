"""Change points: the exact posterior over when the current run of events began (Adams and MacKay, 2007).

Events of a domain are of several kinds. Within a run they are drawn from one unknown distribution, with a Dirichlet
prior; before each event a new run begins with a small probability, the hazard. After every event there is a weight for
each possible beginning of the current run. It is used for three things:

- surprise is −ln of the predictive probability of the event;
- a change is published when the probability that a run began since the last published change exceeds a threshold;
- an event counts with the probability that the current run began at or before it: evidence from before a change fades
  as the change becomes certain, without a threshold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Bools, Floats, Ints

HAZARD = 1e-3
"""Probability that a new run begins before an event: once in a thousand."""

PUBLISHED_AT = 0.9
"""Threshold for publishing a change. With HAZARD, one stationary twin in a hundred has a false one within 150 events;
docs/foresight.md lists the alternatives that were tried."""


@dataclass(frozen=True, eq=False)
class ChangePosteriors:
    """Results for some streams of events, arrays of shape [streams, events].

    The surprise at each event with older events at full weight (`untempered`) and with tempered ones (`surprise`), the
    probability of a change since the last published one, and where one is published. `kept` is the weight of each event
    after the last one, `began` the most likely beginning of the current run.
    """

    surprise: Floats
    untempered: Floats
    changed: Floats
    published: Bools
    kept: Floats
    began: Ints


def follow(
    kinds: Ints, prior: Floats, hazard: float = HAZARD, stated: Floats | None = None, threshold: float = PUBLISHED_AT
) -> ChangePosteriors:
    """Follow streams of events, `kinds` of shape [streams, events]; `prior` is the Dirichlet count of each kind.

    `stated` (the same shape) is the stated probability of a change right before each event; 0 if nothing was stated.
    The cost is quadratic in the number of events: follow a domain's latest few hundred.
    """
    _check(kinds, prior, hazard, stated)
    streams, events = kinds.shape
    rows = np.arange(streams)
    weight = np.zeros((streams, events))
    counts = np.zeros((streams, events, len(prior)))  # of each run that may have begun, by its beginning
    total = np.zeros((streams, len(prior)))
    since = np.zeros(streams, dtype=np.int64)
    surprise, untempered, changed = (np.empty((streams, events)) for _ in range(3))
    published = np.zeros((streams, events), dtype=bool)
    for t in range(events):
        kind = kinds[:, t]
        new = hazard if stated is None else np.maximum(hazard, stated[:, t])
        weight[:, :t] *= 1.0 - np.expand_dims(new, -1)
        weight[:, t] = new if t else 1.0
        here, own = weight[:, : t + 1], counts[:, : t + 1]
        kept = np.einsum("ns,nsk->nk", here, own) + prior
        surprise[:, t] = -np.log(kept[rows, kind] / kept.sum(axis=1))
        untempered[:, t] = -np.log((total[rows, kind] + prior[kind]) / (t + prior.sum()))
        length = t - np.arange(t + 1) + prior.sum()
        here *= (own[rows, :, kind] + prior[kind, None]) / length
        here /= here.sum(axis=1, keepdims=True)
        own[rows, :, kind] += 1.0
        total[rows, kind] += 1.0
        recent = np.arange(t + 1) > since[:, None]
        changed[:, t] = (here * recent).sum(axis=1)
        published[:, t] = changed[:, t] > threshold
        since = np.where(published[:, t], t, since)
    return ChangePosteriors(
        surprise=surprise,
        untempered=untempered,
        changed=changed,
        published=published,
        kept=np.minimum(np.cumsum(weight, axis=1), 1.0),
        began=weight.argmax(axis=1),
    )


def _check(kinds: Ints, prior: Floats, hazard: float, stated: Floats | None) -> None:
    if kinds.ndim != 2 or not kinds.size or prior.ndim != 1 or len(prior) < 2 or not (prior > 0).all():
        raise Incorrect("invalid-input", "There are streams of events, of at least two kinds with positive counts.")
    if (kinds < 0).any() or (kinds >= len(prior)).any():
        raise Incorrect("invalid-input", "An event is of one of the kinds.")
    if not 0 < hazard < 1:
        raise Incorrect("invalid-input", "A hazard lies between 0 and 1.", hazard=hazard)
    if stated is not None and (stated.shape != kinds.shape or (stated < 0).any() or (stated >= 1).any()):
        raise Incorrect("invalid-input", "What is stated of a change is a probability below 1 for each event.")
