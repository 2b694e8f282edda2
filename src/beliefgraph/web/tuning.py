"""Interpreter settings of a serving process, to reduce latency and memory."""

from __future__ import annotations

import asyncio
import gc
import sys

from beliefgraph.services.process.memory import keep_little

THRESHOLDS = (1_000, 10, 5_000)
"""Thresholds of the garbage collector: new objects before a collection of the youngest generation, such collections
before one of the middle generation, and those before a full one. A collection of the middle generation, which stops the
process, then visits some 10,000 objects: two milliseconds, or seven if most are garbage. The service's own records form
no cycles; closed WebSockets and Neo4j queries leave some."""

SWITCH_S = 0.0005
"""How long a computing thread keeps the interpreter from the event loop; with Python's default of five milliseconds a
request would wait several times that long."""


def new_event_loop() -> asyncio.AbstractEventLoop:
    """An event loop: uvloop's where the platform has it."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def settle() -> None:
    """Exempt all existing objects from garbage collection, collect rarely, switch threads often, keep little memory.

    Call it once the process is ready: a full collection stops the process for as long as visiting all its objects
    takes.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    sys.setswitchinterval(SWITCH_S)
    keep_little()
