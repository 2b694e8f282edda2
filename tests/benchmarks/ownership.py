"""What permissions and the access log cost: reads and writes with them beside those without, in one run.

python tests/benchmarks/ownership.py [--json]

Two tenants hold the same twin of 850 beliefs; in one, a policy permits everything for the purpose. Their calls take
turns, so that what slows the machine slows both. The last row is of a twin of which one belief in ten is refused.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks import twins
from tests.benchmarks.report import Row, show
from tests.benchmarks.served import served

from beliefgraph.app import Services, running
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.caller import Caller, Scope
from beliefgraph.model.event import Event
from beliefgraph.model.identity import twin_id
from beliefgraph.model.permission import Policy
from beliefgraph.model.vocabulary import values_of
from beliefgraph.services.definitions.layout import forget_layouts
from beliefgraph.services.permissions.enforce import permitted
from beliefgraph.services.permissions.hidden import PermittedDefinitions
from beliefgraph.services.permissions.sight import Sight
from beliefgraph.services.twin.load import read_state
from beliefgraph.web.tuning import settle

READS, WRITES, DERIVED = 300, 40, 20
LARGE, PORTION = 10_000, 500
NAME = twins.twin(1)
POLICY = Policy.model_validate(
    {
        "default": "allow_until_objected",
        "jurisdiction": "EU",
        "controller": "Benchmark",
        "purposes": [{"key": "benchmark", "legal_basis": "legitimate_interest", "dpv": "ServiceOptimisation"}],
        "categories": [{"key": "some", "attributes": [f"bench.b{n}" for n in range(0, 100)]}],
    }
)
PART = POLICY.model_copy(
    update={
        "categories": (POLICY.categories[0].model_copy(update={"attributes": tuple(f"bench.b{n}" for n in range(85))}),)
    }
)

Call = Callable[[Caller, int], Awaitable[object]]


async def costs(services: Services) -> list[Row]:
    """The ratios, and how long it takes to derive what is left of a twin."""
    callers = [
        Caller(actor="bench", tenant=f"own-{uuid4().hex}", scopes=values_of(Scope), purpose="benchmark")
        for _ in range(2)
    ]
    for caller in callers:
        await services.book.publish(caller, twins.catalog())
        await services.intake.observe(caller, list(twins.founding(1)))
    await services.policies.publish(callers[1], POLICY)
    questions = services.questions

    def one(caller: Caller, n: int) -> Awaitable[object]:
        return questions.belief(caller, NAME, BeliefKey(attribute=twins.name(n % 850)))

    def fifty(caller: Caller, n: int) -> Awaitable[object]:
        del n
        return questions.beliefs(caller, NAME, first=50)

    def logged(caller: Caller, n: int) -> Awaitable[object]:
        return one(caller.model_copy(update={"request_id": f"request-{n}"}), n)

    def observe(caller: Caller, n: int) -> Awaitable[object]:
        data = {"belief": n % 100, "llr": 0.3 if n % 2 else -0.3}
        sent = Event(id=f"one-{n}", source="bench", type="bench.one", time=twins.START, twin=NAME, data=data)
        return services.intake.observe(caller, [sent])

    noted = [callers[0], callers[0].model_copy(update={"log": services.accesses.note})]
    rows = [
        await _ratio("one belief: with a policy", one, callers, READS),
        await _ratio("50 beliefs: with a policy", fifty, callers, READS),
        await _ratio("observe: with a policy", observe, callers, WRITES),
        await _ratio("one belief: with the access log", logged, noted, READS),
    ]
    return [*rows, *await _derived(services, callers[0]), *await _large(services, callers[0])]


async def _ratio(item: str, call: Call, callers: list[Caller], times: int) -> Row:
    """The median of a call by the second caller beside that by the first, in turns."""
    took: list[list[float]] = [[], []]
    for n in range(times):
        for which in (0, 1) if n % 2 else (1, 0):
            began = time.perf_counter()
            await call(callers[which], n)
            took[which].append(time.perf_counter() - began)
    plain, more = (statistics.median(each[times // 10 :]) for each in took)
    return Row(f"{item}, as a share of without", more / plain, "", must=1.05)


async def _derived(services: Services, caller: Caller) -> list[Row]:
    """How long what is left of a twin takes of which one belief in ten is refused, at first and after each commit."""
    state = await read_state(services.graph, twin_id(caller.tenant, NAME), caller.tenant, NAME)
    graph = await services.book.numbered(caller.tenant, state.definitions)
    part = PermittedDefinitions().of(graph, Sight(refused=PART.categories), PART)
    first: list[float] = []
    again: list[float] = []
    for _ in range(DERIVED):
        forget_layouts(state.id)
        for took in (first, again):
            began = time.perf_counter()
            permitted(state, part)
            took.append(time.perf_counter() - began)
    return [
        Row(f"850 beliefs, a tenth refused: derived {when}", statistics.median(took) * 1000, "ms", must=5)
        for when, took in (("for the first time", first), ("again", again))
    ]


async def _large(services: Services, caller: Caller) -> list[Row]:
    """How long it takes to export a twin of many events, and to erase it; the tenant has nobody else of that size.

    A small twin is exported and erased before, because Neo4j plans each query when it is first asked.
    """
    name = "large"
    sent = Event(
        id="small", source="bench", type="bench.one", time=twins.START, twin="small", data={"belief": 1, "llr": 1}
    )
    await services.intake.observe(caller, [sent])
    await services.archives.export_twin(caller, "small", io.BytesIO())
    await services.across.erase_twin(caller, "small")
    for first in range(0, LARGE, PORTION):
        await services.intake.observe(
            caller,
            [
                Event(
                    id=f"large-{n}",
                    source="bench",
                    type="bench.one",
                    time=twins.START + timedelta(minutes=n),
                    twin=name,
                    data={"belief": n % 100, "llr": 0.3 if n % 2 else -0.3},
                )
                for n in range(first, first + PORTION)
            ],
        )
    out = io.BytesIO()
    began = time.perf_counter()
    await services.archives.export_twin(caller, name, out)
    exported = time.perf_counter() - began
    began = time.perf_counter()
    erased = await services.across.erase_twin(caller, name)
    took = time.perf_counter() - began
    assert erased.rows > 2 * LARGE
    return [
        Row(f"export of a twin with {LARGE:,} events", exported, "s", must=3),
        Row(f"erasure of a twin with {LARGE:,} events", took, "s", must=3),
    ]


async def main(as_json: bool) -> None:
    """Measure and print."""
    with served() as (_, settings, _):
        async with running(settings, serving=True) as services:
            await services.warming.finished()
            settle()  # as `beliefgraph serve` does
            show("What permissions cost", await costs(services), as_json)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    asyncio.run(main(parser.parse_args().json))
