"""How a process that serves is set up."""

from __future__ import annotations

import gc
from collections import deque
from typing import Any

from beliefgraph.web.tuning import THRESHOLDS


def test_a_look_for_garbage_lets_go_of_few_objects_at_once() -> None:
    most, before = 0, gc.get_threshold()

    def looked(phase: str, told: dict[str, Any]) -> None:
        nonlocal most
        if phase == "stop" and told["generation"] < 2:
            most = max(most, told["collected"])

    gc.collect()  # what other tests left is not counted
    gc.callbacks.append(looked)
    gc.set_threshold(*THRESHOLDS)
    try:
        sockets = deque[list[Any]](maxlen=5_000)  # let go of in cycles, before a collection of the middle generation
        for _ in range(200_000):
            socket: list[Any] = []
            socket.append(socket)
            sockets.append(socket)
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(looked)
    assert 0 < most < 20_000
