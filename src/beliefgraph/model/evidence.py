"""Evidence: one observation that bears on beliefs, with a source and a time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from beliefgraph.model.record import Key, LogOdds, Record, Text
from beliefgraph.model.revision import Revision
from beliefgraph.model.time import Instant

Stance = Literal["observation", "assertion", "correction", "retraction"]
"""How an input speaks: an event showed it, somebody stated it, the person set it right, somebody ended it."""

CORRECTION_LOG_ODDS = 12.0
"""A correction by the person, in nats: no relation moves it visibly, yet two that clash leave every probability
positive."""

HalfLife = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
"""Seconds in which evidence loses half its force."""

LogLikelihoodRatio = Annotated[LogOdds, Field(ge=-30.0, le=30.0)]
"""How much likelier the observation is if the belief holds, natural log; bounded, because nothing is certain."""


class Source(Record):
    """Who or what said so. It belongs to a tenant; its reliability is learned."""

    id: str
    tenant: Key
    name: Key


class Evidence(Record):
    """One observation in the subject's twin: what it says in plain words, who said it, and the event it came from."""

    id: str
    twin: str
    event: str
    source: str
    time: Instant
    summary: str
    verbatim: Text | None = None


class Bearing(Revision):
    """How one piece of evidence bears on one belief, while it counts.

    `shared_origin` names what it has in common with other evidence on the belief, such as an agency or a copied list;
    `source_kind` is the kind of source that spoke.
    """

    evidence: str
    belief: str
    source: str
    stance: Stance
    log_likelihood_ratio: LogLikelihoodRatio
    half_life: HalfLife | None = None
    shared_origin: Key | None = None
    source_kind: Key | None = None
