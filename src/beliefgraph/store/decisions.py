"""Decisions: the sealed words of statements, and the published deliberations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from beliefgraph.model.decision import DecisionTexts, Deliberation
from beliefgraph.model.record import STORED
from beliefgraph.store import codec
from beliefgraph.store.graph import Graph
from beliefgraph.store.history import HistoryFilter, published
from beliefgraph.store.keys import Keyring


def sealed(keyring: Keyring, twin: str, statement: str, texts: DecisionTexts) -> bytes:
    """The words of a statement, sealed; `texts_of` opens them."""
    return keyring.seal(twin, texts.model_dump_json(exclude_defaults=True).encode(), _context(statement))


def unsealed(keyring: Keyring, twin: str, statement: str, sealed: bytes) -> DecisionTexts:
    """The words that were sealed."""
    return DecisionTexts.model_validate_json(keyring.unseal(twin, bytes(sealed), _context(statement)), context=STORED)


async def texts_of(graph: Graph, keyring: Keyring, twin: str, statements: Sequence[str]) -> dict[str, DecisionTexts]:
    """The words of statements by their revision ids; statements without words are missing."""
    if not statements:
        return {}
    record = await graph.read("decision/texts", statements=list(statements))
    return {id_: unsealed(keyring, twin, id_, text) for id_, text in (record[0] if record else [])}


async def deliberations(
    graph: Graph, twin: str, decision: str, stretch: HistoryFilter
) -> tuple[int, datetime, list[Deliberation]] | None:
    """The published rows of a decision, newest first, with the rev read and its head time."""
    return await published(graph, "decision/history", twin, codec.deliberation, stretch, decision=decision)


def _context(statement: str) -> str:
    return f"decision:{statement}"
