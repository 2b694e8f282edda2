"""That a twin was erased: who asked, when, to what end. Of the twin itself nothing is left."""

from __future__ import annotations

from beliefgraph.model.record import Key, Record
from beliefgraph.model.time import Instant


class Erasure(Record):
    """A twin's rows are deleted, its key destroyed; `rows` counts the nodes. The name is only in this answer."""

    twin: Key
    actor: Key
    purpose: Key
    at: Instant
    rows: int
