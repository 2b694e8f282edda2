"""Reading what is kept of decisions beside a twin's rows: what was said in words, and what had been published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from beliefgraph.model.decision import Deliberation, Words
from beliefgraph.model.record import STORED
from beliefgraph.store import codec
from beliefgraph.store.graph import Graph
from beliefgraph.store.history import Stretch, published
from beliefgraph.store.keys import Keyring


def sealed(keyring: Keyring, twin: str, statement: str, words: Words) -> bytes:
    """The words of a statement as only `words_of` reads them."""
    return keyring.seal(twin, words.model_dump_json(exclude_defaults=True).encode(), _context(statement))


def unsealed(keyring: Keyring, twin: str, statement: str, sealed: bytes) -> Words:
    """The words that `sealed` hid."""
    return Words.model_validate_json(keyring.unseal(twin, bytes(sealed), _context(statement)), context=STORED)


async def words_of(graph: Graph, keyring: Keyring, twin: str, statements: Sequence[str]) -> dict[str, Words]:
    """The words of statements by their revision ids; those that have none are missing."""
    if not statements:
        return {}
    record = await graph.read("decision/words", statements=list(statements))
    return {id_: unsealed(keyring, twin, id_, text) for id_, text in (record[0] if record else [])}


async def deliberations(
    graph: Graph, twin: str, decision: str, stretch: Stretch
) -> tuple[int, datetime, list[Deliberation]] | None:
    """What was published about a decision, newest first, with the rev read at and its head time."""
    return await published(graph, "decision/history", twin, codec.deliberation, stretch, decision=decision)


def _context(statement: str) -> str:
    return f"decision:{statement}"
