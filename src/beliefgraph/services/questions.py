"""Questions about twins and their beliefs: what is held now, what was held then, on what evidence, and what differs.

A question without an `as_of` is answered from what was published. One with an `as_of` is recomputed, unrounded, from
the rows that the rev sees, at the valid time asked for. Every answer says which rev it saw.
"""

from __future__ import annotations

from beliefgraph.model.belief import BeliefKey, Holding
from beliefgraph.model.caller import Caller
from beliefgraph.model.commit import BeliefDifference
from beliefgraph.model.page import Answer, Page
from beliefgraph.model.question import (
    EVERY_BELIEF,
    SUREST_FIRST,
    BeliefFilter,
    BeliefOrder,
    BeliefRow,
    EvidenceOn,
    RelatedBelief,
    RelationLevels,
    SourcedEvidence,
)
from beliefgraph.model.relation import RelationKind
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.model.twin import Twin
from beliefgraph.services.definitions import DefinitionBook
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

MAX_PAGE = 200
DEFAULT_PAGE = 50

PATIENCE = 5.0
"""Seconds that a read waits for the rev it was told to wait for."""


class Questions:
    """Answers questions about twins; twins are named as their application names them."""

    def __init__(self, graph: Graph, keyring: Keyring, book: DefinitionBook, *, patience: float = PATIENCE) -> None:
        self._graph = graph
        self._keyring = keyring
        self._book = book
        self._patience = patience

    async def twin(self, caller: Caller, name: str, *, at_least_rev: int | None = None) -> Twin:
        """The twin as it is now; `not-found` if there is none."""
        raise NotImplementedError

    async def twins(self, caller: Caller, *, first: int = DEFAULT_PAGE, after: str | None = None) -> Page[Twin]:
        """The tenant's twins by name; a person's key sees its own alone."""
        raise NotImplementedError

    async def belief(
        self,
        caller: Caller,
        twin: str,
        key: BeliefKey,
        *,
        as_of: AsOf = NOW,
        at_least_rev: int | None = None,
        relation_levels: RelationLevels = 0,
        relation_kinds: tuple[RelationKind, ...] | None = None,
        with_evidence: bool = False,
    ) -> BeliefRow:
        """One belief as it stands; one that is not stored answers with its prior, `unknown-attribute` if undefined."""
        raise NotImplementedError

    async def belief_by_id(self, caller: Caller, id_: str, *, as_of: AsOf = NOW) -> BeliefRow:
        """The stored belief of that id; `not-found` where it is not the caller's to see."""
        raise NotImplementedError

    async def evidence_by_id(self, caller: Caller, id_: str) -> SourcedEvidence:
        """The evidence of that id; `not-found` where it is not the caller's to see."""
        raise NotImplementedError

    async def beliefs(
        self,
        caller: Caller,
        twin: str,
        filter: BeliefFilter = EVERY_BELIEF,
        order: BeliefOrder = SUREST_FIRST,
        *,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
        as_of: AsOf = NOW,
        at_least_rev: int | None = None,
        relation_levels: RelationLevels = 0,
        relation_kinds: tuple[RelationKind, ...] | None = None,
        with_evidence: bool = False,
        with_total: bool = False,
    ) -> Page[BeliefRow]:
        """A page of the beliefs that match; `after` leads on at the rev of the page it came from."""
        raise NotImplementedError

    async def history(
        self,
        caller: Caller,
        twin: str,
        key: BeliefKey,
        *,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
        as_of: AsOf = NOW,
        at_least_rev: int | None = None,
    ) -> Page[Holding]:
        """What was published about a belief, the newest first."""
        raise NotImplementedError

    async def evidence(
        self,
        caller: Caller,
        twin: str,
        key: BeliefKey,
        *,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
        as_of: AsOf = NOW,
        at_least_rev: int | None = None,
    ) -> Page[EvidenceOn]:
        """The chain of a belief: exactly the evidence visible at the moment, oldest first, with what was said."""
        raise NotImplementedError

    async def relations(
        self,
        caller: Caller,
        twin: str,
        key: BeliefKey,
        *,
        levels: RelationLevels = 1,
        kinds: tuple[RelationKind, ...] | None = None,
        as_of: AsOf = NOW,
        at_least_rev: int | None = None,
    ) -> Answer[tuple[RelatedBelief, ...]]:
        """The relations of a belief to the other beliefs of its twin, with how these stand."""
        raise NotImplementedError

    async def compare(
        self, caller: Caller, twin: str, a: AsOf, b: AsOf = NOW, *, at_least_rev: int | None = None
    ) -> Answer[tuple[BeliefDifference, ...]]:
        """What differs between two moments, unrounded, the biggest move first; the rev is that of `b`."""
        raise NotImplementedError
