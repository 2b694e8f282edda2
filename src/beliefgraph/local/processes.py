"""Processes that are told apart from later ones with the same number, and ended politely first."""

from __future__ import annotations

import time
from contextlib import suppress

import psutil

from beliefgraph.local.data_dir import ProcessId

STOP_WITHIN_S = 30.0  # Neo4j writes a checkpoint when it stops; a large one takes a while
POLL_S = 0.05
CLOCK_SLACK_S = 1.0  # psutil derives the time of birth from the boot time, which clocks may correct a little


def identify(pid: int) -> ProcessId:
    """Answers the identity of a process that is alive now."""
    return ProcessId(pid, psutil.Process(pid).create_time())


def find(process_id: ProcessId | None) -> psutil.Process | None:
    """Answers the very process that was meant, `None` if it has ended, even when its number lives on in another."""
    if process_id is None:
        return None
    try:
        process = psutil.Process(process_id.pid)
        same = abs(process.create_time() - process_id.created) < CLOCK_SLACK_S
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


def end(process_id: ProcessId | None, within_s: float = STOP_WITHIN_S) -> bool:
    """Ends a process, by force if it does not go in time; answers whether there was anything to end."""
    process = find(process_id)
    if process is None:
        return False
    with suppress(psutil.NoSuchProcess):
        process.terminate()
        if not has_ended(process_id, within_s):
            process.kill()
            has_ended(process_id, within_s)
    return True


def has_ended(process_id: ProcessId | None, within_s: float) -> bool:
    """Waits for a process to end and answers whether it did; one that nobody has reaped yet counts as ended."""
    deadline = time.monotonic() + within_s
    while find(process_id) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True
