"""How a process that serves is set up, so that requests wait for nothing but their answer."""

from __future__ import annotations

import asyncio
import gc
import sys

THRESHOLDS = (1_000, 10, 5_000)
"""Objects made and not released before the youngest are looked through for cycles, and how many such looks come before
one at the middle generation, and then at all. So a look at the middle one, which stops the process, sees some 10,000
objects: two milliseconds, or seven where most are garbage. Records of ours form no cycles; WebSockets that were closed
and statements to Neo4j leave some."""

SWITCH_S = 0.0005
"""How long a thread that computes keeps the interpreter from the event loop; a request would pay Python's own five
milliseconds several times."""


def new_event_loop() -> asyncio.AbstractEventLoop:
    """An event loop: uvloop's where the platform has it."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def settle() -> None:
    """Leave what exists now out of every garbage collection to come, have these come seldom, and threads take turns.

    To be called once the process is ready: a full collection stops it for as long as all its objects take.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    sys.setswitchinterval(SWITCH_S)
