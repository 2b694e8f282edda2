"""Processes identified by number and start time, and ended gracefully first."""

from __future__ import annotations

import time
from contextlib import suppress

import psutil

from beliefgraph.local.data_dir import ProcessId

STOP_WITHIN_S = 30.0  # Neo4j writes a checkpoint when it stops, which takes a while if it is large
POLL_S = 0.05
CLOCK_SLACK_S = 1.0  # psutil derives the start time from the boot time, which clock corrections may shift a little


def identify(pid: int) -> ProcessId:
    """The identity of a process that is alive now."""
    return ProcessId(pid, psutil.Process(pid).create_time())


def find(process_id: ProcessId | None) -> psutil.Process | None:
    """The process with this identity; `None` if it has ended, even if its number was reused."""
    if process_id is None:
        return None
    try:
        process = psutil.Process(process_id.pid)
        same = abs(process.create_time() - process_id.created) < CLOCK_SLACK_S
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


def end(process_id: ProcessId | None, within_s: float = STOP_WITHIN_S) -> bool:
    """End a process, by force if it does not exit in time; returns whether it was alive."""
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
    """Wait for a process to end and return whether it did; a zombie counts as ended."""
    deadline = time.monotonic() + within_s
    while find(process_id) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True
