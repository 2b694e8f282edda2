"""Two databases and two services beside one of each, in one run: rates, a hot twin, a killed consumer, a moved twin.

python tests/benchmarks/scaling.py [--json] [--events 20000] [--twins 2000] [--hot 0.3] [--batch 500]

Each side gets the same events in the same two partitions, by the twin's slot. Each partition has a consumer, a process
that notes how far it came once the service answered. On the side with two of each, one consumer is killed on its way
and started again. Everything runs on this machine, so two of each share the cores that one has for itself.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import httpx2
import orjson
import yaml
from tests.benchmarks.growth import ATTRIBUTES, START, catalog
from tests.benchmarks.report import Row, show
from tests.benchmarks.served import raw_driver, settings_on

from beliefgraph.app import Services, running
from beliefgraph.config import Settings
from beliefgraph.ingest.cloudevents import BATCH as BATCH_TYPE
from beliefgraph.local import Endpoint, LocalNeo4j, Memory
from beliefgraph.model.caller import Caller, Scope
from beliefgraph.model.shards import SLOTS, slot_of
from beliefgraph.model.vocabulary import values_of

HALF = SLOTS // 2
TENANT = "scaling"
HOT = "twin-hot"
COMPARED = 25
PAUSE_S = 0.2
MEMORY = Memory("512m", "128m")
CONFIDENCES = "query($t:String!){beliefs(twin:$t,first:200,order:{by:ATTRIBUTE}){nodes{attribute exactConfidence}}}"


def consume(path: Path, url: str, key: str, batch: int) -> None:
    """Send the events of a partition, and note after each answer up to where they are sent."""
    lines, done = path.read_bytes().splitlines(), path.with_suffix(".done")
    at = int(done.read_text()) if done.exists() else 0
    headers = {"authorization": f"Bearer {key}", "content-type": BATCH_TYPE}
    with httpx2.Client(base_url=url, headers=headers, timeout=120) as client:
        while at < len(lines):
            answer = client.post("/events", content=b"[%s]" % b",".join(lines[at : at + batch]))
            if answer.status_code in (429, 503):
                time.sleep(PAUSE_S)
                continue
            if answer.is_error:
                raise SystemExit(answer.text)
            at = min(at + batch, len(lines))
            new = done.with_suffix(".new")
            new.write_text(str(at))
            new.replace(done)


def partitions(folder: Path, events: int, twins: int, hot: float) -> list[Path]:
    """The events in a file for each shard; `hot` is the share of one twin."""
    draw, parts = random.Random(9), ([], [])  # type: ignore[var-annotated]
    for n in range(events):
        twin = HOT if draw.random() < hot else f"twin-{draw.randrange(twins)}"
        event = {
            "specversion": "1.0",
            "id": str(n),
            "source": "/scaling",
            "type": f"did.{n % ATTRIBUTES}",
            "twin": twin,
            "time": (START + timedelta(seconds=n)).isoformat(),
            "data": {"llr": 0.002 * (1 + n % 7) * (-1) ** (n // 3), "by": f"source {n % 5}"},
        }
        parts[_shard(twin)].append(orjson.dumps(event))
    folder.mkdir()
    paths = [folder / f"{number}.jsonl" for number in (0, 1)]
    for path, lines in zip(paths, parts, strict=True):
        path.write_bytes(b"\n".join(lines))
    return paths


def _shard(twin: str) -> int:
    return 0 if slot_of(TENANT, twin) < HALF else 1


class Side:
    """One or two Neo4js with a service process for each, and the keys they share."""

    def __init__(self, folder: Path, databases: Sequence[Endpoint]) -> None:
        self.folder = folder
        self.databases = databases
        folder.mkdir()
        self._maps = {number: self._map(number) for number in range(len(databases))} if len(databases) > 1 else {}
        if self._maps:
            self._maps[-1] = self._map()

    def _map(self, only: int | None = None) -> Path:
        """A shard map with both databases, or with one of them."""
        shards = [
            {"name": "home", "slots": [f"0-{HALF - 1}"]},
            {
                "name": "b",
                "uri": self.databases[1].uri,
                "username": self.databases[1].user,
                "password": self.databases[1].password,
                "slots": [f"{HALF}-{SLOTS - 1}"],
            },
        ]
        path = self.folder / f"shards-{'all' if only is None else only}.yaml"
        path.write_text(yaml.safe_dump({"shards": shards if only is None else [shards[only]]}))
        return path

    @property
    def settings(self) -> Settings:
        """Those of a process that sees all databases of the side."""
        return settings_on(self.databases[0], self.folder, shards=self._maps.get(-1))

    @contextmanager
    def serving(self) -> Iterator[list[str]]:
        """A service process for each database; the address for the twins of each half of the slots."""
        with ExitStack() as stack:
            urls = [stack.enter_context(self._served(number)) for number in range(len(self.databases))]
            yield urls if len(urls) == 2 else urls * 2

    @contextmanager
    def _served(self, number: int) -> Iterator[str]:
        home = self.databases[0]
        environ = {
            **os.environ,
            "NEO4J_URI": home.uri,
            "NEO4J_PASSWORD": home.password,
            "BELIEFGRAPH_KEYS": str(self.folder / "keys"),
            "BELIEFGRAPH_REFRESH_INTERVAL": "0",
            "BELIEFGRAPH_LOG_LEVEL": "error",
        }
        if self._maps:
            environ["BELIEFGRAPH_SHARDS"] = str(self._maps[number])
        command = [sys.executable, "-m", "beliefgraph", "serve", "--port", "0"]
        process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            told = next(line for line in process.stdout if "GraphQL" in line)
            yield next(word for word in told.split() if word.startswith("http")).removesuffix("/graphql")
        finally:
            process.terminate()
            process.wait(30)


async def load(
    side: Side, key: str, files: Sequence[Path], batch: int, *, kill: bool
) -> tuple[float, dict[str, object]]:
    """Seconds that consuming both partitions took, and what some twins believe then; `kill` kills a consumer once."""
    with side.serving() as urls:
        began = time.perf_counter()
        consumers = [_consumer(path, url, key, batch) for path, url in zip(files, urls, strict=True)]
        if kill:
            await asyncio.to_thread(_kill_half_way, consumers[1], files[1])
            consumers[1] = _consumer(files[1], urls[1], key, batch)
        for each in consumers:
            assert await asyncio.to_thread(each.wait) == 0
        took = time.perf_counter() - began
        async with httpx2.AsyncClient(headers={"authorization": f"Bearer {key}"}) as client:
            believed = {}
            for twin in (HOT, *(f"twin-{n}" for n in range(COMPARED))):
                asked = {"query": CONFIDENCES, "variables": {"t": twin}}
                answer = (await client.post(f"{urls[_shard(twin)]}/graphql", json=asked)).json()
                assert "errors" not in answer, answer
                believed[twin] = answer["data"]
        return took, believed


def _kill_half_way(consumer: subprocess.Popen[bytes], path: Path) -> None:
    done, half = path.with_suffix(".done"), len(path.read_bytes().splitlines()) // 2
    while not done.exists() or int(done.read_text()) < half:
        assert consumer.poll() is None
        time.sleep(0.01)
    time.sleep(0.05)  # in the midst of the next call
    consumer.kill()
    consumer.wait()


def _consumer(path: Path, url: str, key: str, batch: int) -> subprocess.Popen[bytes]:
    given = ["--consume", str(path), "--url", url, "--batch", str(batch)]
    return subprocess.Popen([sys.executable, __file__, *given], env={**os.environ, "BELIEFGRAPH_KEY": key})


async def stored(databases: Sequence[Endpoint]) -> tuple[int, int]:
    """How many events and pieces of evidence the databases have together."""
    found = (0, 0)
    for each in databases:
        async with raw_driver(each) as driver:
            (record,) = (
                await driver.execute_query(
                    "RETURN COUNT { (:Event) } AS events, COUNT { (:Evidence)-[:FROM]->(:Event) } AS evidence"
                )
            ).records
        found = found[0] + record["events"], found[1] + record["evidence"]
    return found


async def prepared(services: Services) -> tuple[Caller, str]:
    """A caller with everything, and their key, after the catalog was published."""
    made = await services.callers.create(TENANT, "bench", values_of(Scope), ("benchmark",))
    caller = await services.callers.authenticate(made.secret)
    await services.book.publish(caller, catalog())
    return caller, made.secret


async def scaling(folder: Path, given: argparse.Namespace) -> list[Row]:
    """The rows: one of each, two of each, what was lost or doubled on the way, and a twin that was moved."""
    rows: list[Row] = []
    rates, believed, heard = [], [], []
    for number in (1, 2):
        with ExitStack() as stack:
            databases = [
                stack.enter_context(LocalNeo4j(folder / f"neo4j-{number}-{n}", memory=MEMORY, bolt_port=0, http_port=0))
                for n in range(number)
            ]
            side = Side(folder / f"side-{number}", databases)
            files = partitions(folder / f"events-{number}", given.events, given.twins, given.hot)
            async with running(side.settings) as services:
                _, key = await prepared(services)
            took, found = await load(side, key, files, given.batch, kill=number == 2)
            rates.append(given.events / took)
            believed.append(found)
            events, evidence = await stored(databases)
            heard.append(evidence)
            what = f"{number} service{'s' if number == 2 else ''} and Neo4j{'s' if number == 2 else ''}"
            rows += [
                Row(f"{what}: events taken in", rates[-1], "events/s"),
                Row(f"{what}: lost", given.events - events, "events", 0),
                Row(f"{what}: doubled", events - given.events, "events", 0),
                Row(f"{what}: pieces of evidence that one of each has not", evidence - heard[0], "", 0),
            ]
            if number == 2:
                async with running(side.settings) as services:
                    caller = await services.callers.authenticate(key)
                    began_at = time.perf_counter()
                    target = "home" if _shard(HOT) else "b"
                    moved, _ = await services.mover.move(caller, HOT, shard=target)
                    rows.append(Row(f"moving the hot twin, {moved.rows:,} rows", time.perf_counter() - began_at, "s"))
                    altered = moved.source_digest != moved.target_digest
                    rows.append(Row("digests that differ after it", int(altered), "", 0))
    different = sum(believed[0][twin] != believed[1][twin] for twin in believed[0])
    rows.append(Row(f"of {len(believed[0])} twins, believe something else on two", different, "twins", 0))
    rows.append(Row("two of each against one, on the same cores", rates[1] / rates[0], "×"))
    return rows


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", action="store_true", help="print rows {item, value, must, stretch, ok}")
    arguments.add_argument("--events", type=int, default=20_000)
    arguments.add_argument("--twins", type=int, default=2_000)
    arguments.add_argument("--hot", type=float, default=0.3, help="share of the events that one twin gets")
    arguments.add_argument("--batch", type=int, default=500, help="events in one call")
    arguments.add_argument("--consume", type=Path, help=argparse.SUPPRESS)
    arguments.add_argument("--url", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.consume:
        consume(given.consume, given.url, os.environ["BELIEFGRAPH_KEY"], given.batch)
        return
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(scaling(Path(folder), given))
    show("Scaling", rows, given.json)
    if any(row.ok is False for row in rows):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
