"""Questions about discontinuous change: where the evidence of a domain stopped being what it was. Nothing is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

import numpy as np

from beliefgraph.inference.foresight.changes import follow
from beliefgraph.inference.stop import check_stopped
from beliefgraph.model.caller import Caller
from beliefgraph.model.change_point import ChangePoint, ChangePoints, DomainChanges
from beliefgraph.model.time import NOW, AsOf, microseconds, moment_of
from beliefgraph.services.bearings import BearingBlock
from beliefgraph.services.blocks import Ints, unpacked
from beliefgraph.services.definitions import DefinitionBook
from beliefgraph.services.moments import Moment, Moments
from beliefgraph.store.graph import Graph

FOLLOWED = 200
"""Pieces of evidence of a domain that are followed: the latest."""

LATEST = 10
"""Pieces over which the latest surprise is taken."""

PRIOR = 2.0
"""The count of all kinds together before any evidence."""

Kind = tuple[str, str | None, bool]
"""What a piece of evidence says: for a belief, by attribute and value, or against it."""


class ChangePointQuestions:
    """Answers where the evidence of twins changed at once."""

    def __init__(self, graph: Graph, book: DefinitionBook, *, moments: Moments | None = None) -> None:
        self._moments = moments or Moments(graph, book)

    async def change_points(
        self, caller: Caller, twin: str, *, as_of: AsOf = NOW, at_least_rev: int | None = None
    ) -> ChangePoints:
        """How well the evidence of each domain was foreseen, and the changes found; by evidence valid until then."""
        moment = await self._moments.asked(caller, twin, as_of, at_least_rev)
        return await asyncio.to_thread(_found, moment)


def _found(moment: Moment) -> ChangePoints:
    domains = sorted(_domains(moment), key=lambda each: (-each.probability, each.domain))
    return ChangePoints(domains=tuple(domains), valid_time=moment.at, rev=moment.state.rev)


def _domains(moment: Moment) -> Iterator[DomainChanges]:
    bearings, until = moment.state.bearings, microseconds(moment.at)
    if not len(bearings):
        return
    act = bearings.register.groups.act
    block = bearings.take(bearings.where(lambda each: (each.valid_from <= until) & ~act[each.heading]))
    block = block.take(np.lexsort((block.revision[:, 1], block.revision[:, 0], block.valid_from)))
    kinds = _kinds(moment)
    told = [moment.state.beliefs.get(heading.belief) for heading in bearings.register.headings]
    known = moment.graph.definitions.attributes
    domain = np.array(["" if each is None or each.attribute not in known else each.domain for each in told])
    for name in np.unique(domain[block.heading]).tolist():
        if name in kinds:
            check_stopped()
            part = block.take(np.flatnonzero(domain[block.heading] == name)[-FOLLOWED:])
            said = [
                (belief.attribute, belief.value, ratio > 0)
                for heading, ratio in zip(part.heading.tolist(), part.number.tolist(), strict=True)
                if (belief := told[heading]) is not None
            ]
            of_domain = kinds[name]
            numbers = np.array([of_domain.get(kind, len(of_domain)) for kind in said])
            yield _followed(moment, name, part, numbers, len(of_domain) + 1)


def _kinds(moment: Moment) -> Mapping[str, Mapping[Kind, int]]:
    """Every kind of evidence that the catalog knows, numbered in its domain; what it does not know is one kind more.

    They do not depend on what came, so that no surprise depends on what came later.
    """
    found: dict[str, dict[Kind, int]] = {}
    for attribute in moment.graph.definitions.attributes.values():
        of_domain = found.setdefault(attribute.domain, {})
        for value in attribute.value_priors or (None,):
            for speaks_for in (False, True):
                of_domain[attribute.key, value, speaks_for] = len(of_domain)
    return found


def _followed(moment: Moment, domain: str, block: BearingBlock, kinds: Ints, count: int) -> DomainChanges:
    found = follow(kinds[None, :], np.full(count, PRIOR / count))
    evidence, times = unpacked(block.evidence), block.valid_from.tolist()
    return DomainChanges(
        domain=domain,
        pieces=len(kinds),
        probability=min(float(found.changed[0, -1]), 1.0),
        since=moment_of(times[int(found.began[0])]),
        surprise=float(found.surprise[0, -LATEST:].mean()),
        usual=float(found.surprise[0].mean()),
        found=tuple(
            ChangePoint(
                id=evidence[row],
                twin=moment.state.id,
                time=moment_of(times[row]),
                probability=min(float(found.changed[0, row]), 1.0),
                surprise=float(found.surprise[0, row]),
            )
            for row in np.flatnonzero(found.published[0]).tolist()
        ),
    )
