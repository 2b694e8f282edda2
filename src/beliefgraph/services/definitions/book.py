"""Publishing definitions, and finding the set in force or the one that a commit was derived under."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from cachetools import LRUCache

from beliefgraph.errors import Conflict, Incorrect, Unavailable
from beliefgraph.model.attribute import Attribute
from beliefgraph.model.caller import Caller
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.definition import Definitions
from beliefgraph.model.grade import LearnedGrades
from beliefgraph.model.outcome import LearnedHazard
from beliefgraph.model.parameters import ParameterSet
from beliefgraph.model.time import Clock
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.definitions.layout import refuse_dense, require_answers
from beliefgraph.services.interpretation.check import check_catalog
from beliefgraph.services.process.flights import Flights
from beliefgraph.services.process.threads import long_work
from beliefgraph.store import definitions as stored
from beliefgraph.store.graph import Graph

CACHED_PARTS = 500_000
"""Most attributes, relations and rules of all sets in memory together; one takes about a kilobyte."""
TRIES = 5


class DefinitionBook:
    """The definition sets of every tenant; a numbered set never changes, so it is read once."""

    def __init__(self, graph: Graph, clock: Clock, copies: Sequence[Graph] = ()) -> None:
        """`copies` are the databases of other shards, which get every set that is published here."""
        self._graph = graph
        self._copies = copies
        self._clock = clock
        self._sets: LRUCache[tuple[str, int], DefinitionGraph] = LRUCache(CACHED_PARTS, getsizeof=_parts)
        self._flights: Flights[tuple[str, int], DefinitionGraph] = Flights()

    async def numbered(self, tenant: str, number: int) -> DefinitionGraph:
        """The set with this number, as commits record it."""
        found = self._sets.get((tenant, number))
        return found or await self._flights.join((tenant, number), lambda: self._read(tenant, number))

    async def _read(self, tenant: str, number: int) -> DefinitionGraph:
        definitions = await stored.numbered(self._graph, tenant, number)
        found = await asyncio.to_thread(DefinitionGraph, definitions)
        with suppress(ValueError):  # larger than the whole cache
            self._sets[tenant, number] = found
        return found

    async def latest(self, tenant: str) -> DefinitionGraph:
        """The set in force now."""
        return await self.numbered(tenant, await stored.latest(self._graph, tenant))

    async def publish(self, caller: Caller, catalog: Catalog) -> Definitions:
        """Put a version of a catalog in force; returns the set that is then in force.

        Publishing the same again changes nothing. Other content under a known version, or an older version, is a
        `definition-conflict`. `invalid-definition` is raised for a version that drops an attribute, a value, a metric
        or an outcome, gives values to an attribute that had none or takes them away, opens or closes them, or changes
        which events count in a metric or what counts as an outcome. Contradictory statements are
        `infeasible-statements`, and too many relations between the same attributes are `too-complex`. Refused to a
        person's key: definitions apply to every twin of the tenant.
        """
        caller.require("define")
        caller.require_service()
        for _ in range(TRIES):
            current = (await self.latest(caller.tenant)).definitions
            following = await long_work(_with_catalog, current, catalog)
            if following is current:
                await self.copy(caller.tenant)
                return current
            try:
                await stored.publish(self._graph, following, catalog, self._clock.now())
            except Conflict:
                continue  # another call published in the meantime, perhaps the same
            await self.copy(caller.tenant)
            return following
        raise Unavailable("overloaded", "Others keep publishing definitions; try again.", catalog=catalog.ref)

    async def publish_parameters(self, caller: Caller, learned: Callable[[ParameterSet], ParameterSet]) -> Definitions:
        """Put what was learned in force; returns the set that is then in force.

        `learned` maps the parameters in force to the new ones. Learning the same again changes nothing. Contradictory
        strengths are `infeasible-statements`; what was learned for another version of an outcome or a trajectory than
        the one now in force is `parameters-outdated`. Refused to a person's key: parameters apply to every twin of the
        tenant.
        """
        caller.require("define")
        caller.require_service()
        for _ in range(TRIES):
            current = (await self.latest(caller.tenant)).definitions
            known = current.parameters or ParameterSet(tenant=caller.tenant)
            now = self._clock.now()
            following = learned(known).model_copy(update={"number": known.number + 1, "learned_at": now})
            if following.model_copy(update={"number": known.number, "learned_at": known.learned_at}) == known:
                await self.copy(caller.tenant)
                return current
            ahead = current.with_parameters(following)
            _refuse_outdated(ahead, known, following)
            await long_work(require_answers, DefinitionGraph(ahead))
            try:
                await stored.publish_parameters(self._graph, ahead, now)
            except Conflict:
                continue  # another call published in the meantime
            await self.copy(caller.tenant)
            return ahead
        raise Unavailable("overloaded", "Others keep publishing definitions; try again.", tenant=caller.tenant)

    async def parameter_sets(self, caller: Caller) -> list[ParameterSet]:
        """The learned parameter sets of the caller's tenant, newest first; refused to a person's key."""
        caller.require("define")
        caller.require_service()
        return await stored.parameter_sets(self._graph, caller.tenant)

    async def parameter_set(self, caller: Caller, number: int) -> ParameterSet:
        """The parameter set with a number, 0 for the empty one; `invalid-input` if there is none."""
        if number == 0:
            return ParameterSet(tenant=caller.tenant)
        found = next((each for each in await self.parameter_sets(caller) if each.number == number), None)
        if found is None:
            raise Incorrect(
                "invalid-input", f"There is no parameter set {number}; `beliefgraph learn list` lists them."
            )
        return found

    async def copy(self, tenant: str | None = None) -> None:
        """Copy the sets of a tenant, or of all, to the other shards, under the same numbers.

        `shard-conflict` if a shard has other sets.
        """
        if self._copies:
            tenants = [tenant] if tenant is not None else await stored.tenants(self._graph)
            await asyncio.gather(*(self._copy(graph, each) for graph in self._copies for each in tenants))

    async def _copy(self, graph: Graph, tenant: str) -> None:
        here, there = await stored.latest(self._graph, tenant), await stored.latest(graph, tenant)
        before = await stored.numbered(self._graph, tenant, there)
        if there > here or before != await stored.numbered(graph, tenant, there):
            raise Conflict("shard-conflict", "A shard has definitions of its own for this tenant.", tenant=tenant)
        for number in range(there + 1, here + 1):
            following = await stored.numbered(self._graph, tenant, number)
            with suppress(Conflict):  # another process copies the same set
                added = next((c for c in following.catalogs if c not in before.catalogs), None)
                if added is None:
                    await stored.publish_parameters(graph, following, self._clock.now())
                else:
                    await stored.publish(graph, following, added, self._clock.now())
            before = following


def _parts(graph: DefinitionGraph) -> int:
    parameters = graph.definitions.parameters
    learned = 0 if parameters is None else parameters.size
    return 1 + learned + sum(len(c.attributes) + len(c.relations) + len(c.events) for c in graph.definitions.catalogs)


def _with_catalog(current: Definitions, catalog: Catalog) -> Definitions:
    """The set with a catalog added, once it is checked for consistency; `current` itself if it has the catalog."""
    known = next((c for c in current.catalogs if c.catalog == catalog.catalog), None)
    if known == catalog:
        return current
    check_catalog(catalog)
    _refuse_step_back(known, catalog)
    following = current.with_catalog(catalog)
    graph = DefinitionGraph(following)
    refuse_dense(graph)
    require_answers(graph)
    return following


def _refuse_outdated(ahead: Definitions, known: ParameterSet, following: ParameterSet) -> None:
    """Refuse to put in force what the definitions would not use; what is already in force may stay."""
    unknown: list[LearnedHazard | LearnedGrades] = [each for each in following.hazards if each not in known.hazards]
    unknown += [each for each in following.grades if each not in known.grades]
    for each in unknown:
        outcome = ahead.outcomes.get(each.outcome)
        if outcome is None or outcome.learned_on != each.learned_on:
            raise Conflict(
                "parameters-outdated",
                f"The hazard of {each.outcome} was learned with other inputs than are defined now; learn it again.",
                outcome=each.outcome,
            )
    for rate in following.rates:
        outcome = ahead.outcomes.get(rate.outcome)
        if rate not in known.rates and (outcome is None or ahead.rate_of(outcome, rate.horizon, rate.segment) != rate):
            raise Conflict(
                "parameters-outdated",
                f"A base rate of {rate.outcome} was learned for another version of it or of its segment than is in"
                " force; learn it again.",
                outcome=rate.outcome,
            )
    for prior in following.base_rates:
        if prior not in known.base_rates and prior not in ahead.base_rates.get(prior.segment, ()):
            raise Conflict(
                "parameters-outdated",
                f"The base rate of {prior.attribute} was learned for another version of it or of {prior.segment} than"
                " is in force; learn it again.",
                segment=prior.segment,
            )
    for learned in following.trajectories:
        trajectory = ahead.trajectories.get(learned.trajectory)
        if learned not in known.trajectories and (trajectory is None or trajectory.learned_on != learned.learned_on):
            raise Conflict(
                "parameters-outdated",
                f"The stages of {learned.trajectory} were learned for another version of its definition than is in"
                " force; learn them again.",
                trajectory=learned.trajectory,
            )


def _refuse_step_back(known: Catalog | None, catalog: Catalog) -> None:
    if known is None:
        return
    if catalog.version_tuple <= known.version_tuple:
        raise Conflict(
            "definition-conflict",
            f"{known.ref} is in force; a change needs a version above {known.version}, and this is {catalog.version}.",
            catalog=known.ref,
        )
    for metric in catalog.metrics:
        before = next((m for m in known.metrics if m.key == metric.key), metric)
        if before.counted != metric.counted or before.remembered < metric.remembered:
            raise Incorrect(
                "invalid-definition",
                f"{catalog.ref} changes which events count in {metric.key}, or keeps them longer; stored events "
                "would still count as before: give it another key, and reinterpret.",
                metric=metric.key,
            )
    for outcome in catalog.outcomes:
        earlier = next((o for o in known.outcomes if o.key == outcome.key), outcome)
        if earlier.resolved_by != outcome.resolved_by:
            raise Incorrect(
                "invalid-definition",
                f"{catalog.ref} changes what counts as {outcome.key}; forecasts of it are stored: give it another key.",
                outcome=outcome.key,
            )
    dropped = {a.key for a in known.attributes} - {a.key for a in catalog.attributes}
    dropped |= {m.key for m in known.metrics} - {m.key for m in catalog.metrics}
    dropped |= {o.key for o in known.outcomes} - {o.key for o in catalog.outcomes}
    if dropped:
        raise Incorrect(
            "invalid-definition",
            f"{catalog.ref} drops {', '.join(sorted(dropped))}; twins may hold them: mark them deprecated instead.",
            catalog=catalog.ref,
        )
    following = {a.key: a for a in catalog.attributes}
    for attribute in known.attributes:
        _refuse_other_form(catalog, attribute, following[attribute.key])


def _refuse_other_form(catalog: Catalog, known: Attribute, attribute: Attribute) -> None:
    forms = [(a.categorical, a.open_values is None) for a in (known, attribute)]
    dropped = known.value_priors.keys() - attribute.value_priors.keys()
    if forms[0] != forms[1]:
        wrong = f"changes what {known.key} is (prior, values or open_values); define another attribute instead"
    elif dropped:
        wrong = f"drops values of {known.key}: {', '.join(sorted(dropped))}; give them a small prior instead"
    else:
        return
    raise Incorrect(
        "invalid-definition", f"{catalog.ref} {wrong}, for twins may hold beliefs about it.", catalog=catalog.ref
    )
