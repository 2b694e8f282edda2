"""The service beside @neo4j/graphql with graphql-yoga on the same graph: the same questions, in turn, in one run."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import orjson
from tests.benchmarks import twins
from tests.benchmarks.report import Row, median, percentile

from beliefgraph.local import Endpoint
from beliefgraph.model.identity import twin_id

HERE = Path(__file__).parent / "peer"
ROUNDS = 150
WARM = 40
CLIENTS = 16
SLICE_S = 1.5
SLICES = 3

OPEN = 2_147_483_647
"""`rev_to` of what is in force, as it is stored."""

ONE = "query($t:String!,$k:BeliefKeyInput!){belief(twin:$t,key:$k){statement confidence status rev}}"
MANY = """query($t:String!,$n:Int!){beliefs(twin:$t,first:$n){nodes{attribute statement confidence logOdds status
 changedAtRev}}}"""
RELATED = """query($t:String!){beliefs(twin:$t,first:50){nodes{attribute statement confidence logOdds status
 changedAtRev relations(kinds:[SUPPORTS]){oddsRatio other{statement confidence
 relations(kinds:[SUPPORTS]){oddsRatio other{statement confidence}}}}}}}"""
LOADED = "query($t:String!,$k:BeliefKeyInput!){interval(twin:$t,key:$k){low}}"
"""A question that a process answers from the whole twin, which it has in memory from then on."""

PEER_ONE = """query($t:ID!,$a:String!,$o:Int!){twins(where:{id:{eq:$t}}){rev
 beliefsConnection(where:{node:{attribute:{eq:$a}},edge:{rev_to:{eq:$o}}}){
 edges{properties{log_odds status} node{statement confidence}}}}}"""
PEER_MANY = """query($t:ID!,$n:Int!,$o:Int!){twins(where:{id:{eq:$t}}){
 beliefsConnection(where:{edge:{rev_to:{eq:$o}}},first:$n,sort:[{edge:{log_odds:DESC}}]){
 edges{properties{log_odds status rev_from} node{attribute statement confidence}}}}}"""
PEER_RELATED = """query($t:ID!,$o:Int!){twins(where:{id:{eq:$t}}){
 beliefsConnection(where:{edge:{rev_to:{eq:$o}}},first:50,sort:[{edge:{log_odds:DESC}}]){
 edges{properties{log_odds status rev_from} node{attribute statement confidence
 supportsConnection(where:{edge:{rev_to:{eq:$o}}}){edges{properties{odds_ratio} node{statement confidence
 supportsConnection(where:{edge:{rev_to:{eq:$o}}}){edges{properties{odds_ratio} node{statement confidence}}}}}}}}}}}"""


@dataclass(frozen=True)
class Asked:
    """One question to both: the texts, their variables beside the twin, and what the ratio of the p50 must be."""

    item: str
    ours: str
    theirs: str
    given: Mapping[str, object]
    given_them: Mapping[str, object]
    must: float
    stretch: float


QUESTIONS = [
    Asked("one belief", ONE, PEER_ONE, {"k": {"attribute": twins.name(7)}}, {"a": twins.name(7)}, 0.6, 0.4),
    Asked("50 beliefs", MANY, PEER_MANY, {"n": 50}, {"n": 50}, 0.7, 0.4),
    Asked("supports, two levels", RELATED, PEER_RELATED, {}, {}, 0.6, 0.3),
    Asked("all 850 in one request", MANY, PEER_MANY, {"n": 850}, {"n": 850}, 0.5, 0.2),
]


class Asker:
    """One connection that stays open and asks by HTTP with little ado, for the client is on the same cores."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname, parts.port
        lines = [f"POST {parts.path} HTTP/1.1", f"host: {parts.netloc}", "content-type: application/json"]
        lines += ["accept: application/json", *(f"{name}: {value}" for name, value in headers.items())]
        self._head = "\r\n".join(lines).encode()

    async def __aenter__(self) -> Asker:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port, limit=2**24)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def ask(self, body: bytes) -> bytes:
        """The answer, which must be a success and without errors."""
        self._writer.write(b"%s\r\ncontent-length: %d\r\n\r\n%s" % (self._head, len(body), body))
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        answer = await self._body(head)
        assert b" 200 " in head.partition(b"\r\n")[0], (head, answer[:500])
        assert b'"errors"' not in answer, answer[:500]
        return answer

    async def _body(self, head: bytes) -> bytes:
        if b"content-length:" in head:
            return await self._reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
        parts = []
        while size := int(await self._reader.readline(), 16):
            parts.append(await self._reader.readexactly(size))
            await self._reader.readexactly(2)
        await self._reader.readexactly(2)
        return b"".join(parts)


@contextmanager
def peer(endpoint: Endpoint, home: Path) -> Iterator[str]:
    """The peer, installed and serving on a Neo4j; its address."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise SystemExit("The peer needs Node: install node and npm, or run the other parts.")
    folder = shutil.copytree(HERE, home / "peer", ignore=shutil.ignore_patterns("node_modules"))
    quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
    subprocess.run([npm, "install", *quiet], cwd=folder, check=True, stdout=sys.stderr)  # stdout is for --json
    environ = {
        **os.environ,
        "NEO4J_URI": endpoint.uri,
        "NEO4J_USERNAME": endpoint.user,
        "NEO4J_PASSWORD": endpoint.password,
        "NODE_ENV": "production",
    }
    process = subprocess.Popen([node, "server.js"], cwd=folder, env=environ, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(30)


async def beside(url: str, key: str, peer_url: str, tenant: str, number: int) -> list[Row]:
    """The rows of every question: ours and the peer's, one after the other, then with many clients at once."""
    headers = {"authorization": f"Bearer {key}"}
    address = f"{url}/graphql"
    rows: list[Row] = []
    async with Asker(address, headers) as ours, Asker(peer_url, {}) as theirs:
        for twin in range(number):
            await ours.ask(_body(LOADED, {"t": twins.twin(twin), "k": {"attribute": twins.name(7)}}))
        for asked in QUESTIONS:
            mine, others = await _in_turn(asked, ours, theirs, tenant, number)
            rows += [
                Row(f"{asked.item}: service p50", median(mine) * 1e3, "ms"),
                Row(f"{asked.item}: yoga p50", median(others) * 1e3, "ms"),
                Row(f"{asked.item}: service / yoga", median(mine) / median(others), "×", asked.must, asked.stretch),
                Row(f"{asked.item}: service p99 / p50", percentile(mine, 99) / median(mine), "×", 4.0),
                Row(f"{asked.item}: yoga p99 / p50", percentile(others, 99) / median(others), "×"),
            ]
    for asked in QUESTIONS:
        mine_rate, other_rate = await _at_once(asked, (address, headers), (peer_url, {}), tenant, number)
        rows += [
            Row(f"{asked.item}, {CLIENTS} clients: service", mine_rate, "/s"),
            Row(f"{asked.item}, {CLIENTS} clients: yoga", other_rate, "/s"),
            Row(f"{asked.item}, {CLIENTS} clients: service / yoga", mine_rate / other_rate, "×", 1.5, 3.0, most=False),
        ]
    return rows


async def _in_turn(
    asked: Asked, ours: Asker, theirs: Asker, tenant: str, number: int
) -> tuple[list[float], list[float]]:
    mine: list[float] = []
    others: list[float] = []
    for index in range(ROUNDS + WARM):
        bodies = _bodies(asked, tenant, index % number)
        for asker, body, taken in ((ours, bodies[0], mine), (theirs, bodies[1], others)):
            begun = time.perf_counter()
            await asker.ask(body)
            taken.append(time.perf_counter() - begun)
    return mine[WARM:], others[WARM:]


async def _at_once(
    asked: Asked,
    ours: tuple[str, Mapping[str, str]],
    theirs: tuple[str, Mapping[str, str]],
    tenant: str,
    number: int,
) -> tuple[float, float]:
    """Answers a second to many clients, each side for some slices of time in turn."""
    answers = [0, 0]
    bodies = [_bodies(asked, tenant, twin) for twin in range(number)]

    async def client(side: int, first: int, ends: float) -> None:
        async with Asker(*(ours, theirs)[side]) as asker:
            index = first
            while time.perf_counter() < ends:
                await asker.ask(bodies[index % number][side])
                answers[side] += 1
                index += 1

    for _ in range(SLICES):
        for side in (0, 1):
            ends = time.perf_counter() + SLICE_S
            await asyncio.gather(*(client(side, first, ends) for first in range(CLIENTS)))
    return answers[0] / (SLICES * SLICE_S), answers[1] / (SLICES * SLICE_S)


def _bodies(asked: Asked, tenant: str, twin: int) -> tuple[bytes, bytes]:
    name = twins.twin(twin)
    theirs = {"t": twin_id(tenant, name), "o": OPEN, **asked.given_them}
    return _body(asked.ours, {"t": name, **asked.given}), _body(asked.theirs, theirs)


def _body(query: str, variables: Mapping[str, object]) -> bytes:
    return orjson.dumps({"query": query, "variables": variables})
