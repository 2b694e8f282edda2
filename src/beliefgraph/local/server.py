"""A real Neo4j on this machine: start it, check its status, read its log, stop it.

with LocalNeo4j(directory) as endpoint:      # owned: stopped with this block or this process
    ...

LocalNeo4j().start(detached=True)            # keeps running until it is stopped
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Literal

from filelock import FileLock, Timeout

from beliefgraph.errors import BeliefgraphError, Conflict, Fault, NotFound, Unavailable
from beliefgraph.local import processes
from beliefgraph.local.config import HOST, USER, Memory
from beliefgraph.local.data_dir import DataDir, Ports, default_data_dir
from beliefgraph.local.disk import need_space, writing_to
from beliefgraph.local.endpoint import Endpoint, named_endpoint
from beliefgraph.local.jars import Progress, default_cache_dir, ensure_jars
from beliefgraph.local.java import find_java, java_version, more_java_options
from beliefgraph.local.launch import Launch, ports_from
from beliefgraph.local.lock import shipped_lock

READY_WITHIN_S = 120.0  # 5 s on two idle cores; a crash recovery on a busy machine takes longer
POLL_S = 0.05
LAST_LINES = 15
BIND_FAILED = "Address already in use"
TRIES_FOR_PORTS = 3


@dataclass(frozen=True)
class Status:
    """The state of one local Neo4j: `crashed` means that its processes ended without a clean stop."""

    state: Literal["stopped", "starting", "running", "crashed"]
    data_dir: Path
    version: str
    endpoint: Endpoint | None = None
    pid: int | None = None
    detached: bool | None = None
    memory_bytes: int | None = None


class LocalNeo4j:
    """One data directory and the Neo4j that runs in it; the process that starts it owns it, and there is one owner.

    Ports: `None` takes those of the last start (at first 7687 and 7474 if they are free), 0 any free one.
    """

    def __init__(
        self,
        data_dir: Path | None = None,
        *,
        cache_dir: Path | None = None,
        memory: Memory | None = None,
        bolt_port: int | None = None,
        http_port: int | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._home = DataDir((data_dir or default_data_dir(environ)).absolute())
        self._cache_dir = (cache_dir or default_cache_dir(environ)).absolute()
        self._memory = memory or Memory()
        self._asked = (bolt_port, http_port)
        self._environ = environ
        self._supervisor: subprocess.Popen[str] | None = None
        self._log_from = 0

    @property
    def data_dir(self) -> Path:
        """The directory of its data, password and logs."""
        return self._home.path

    @property
    def password_file(self) -> Path:
        """The file with the password of user `neo4j`, readable by its owner only."""
        return self._home.password_file

    def start(self, *, detached: bool = False, progress: Progress | None = None) -> Endpoint:
        """Start Neo4j and return its endpoint once Bolt answers; missing jars are fetched first.

        If detached, it runs until it is stopped; otherwise it ends with this process, even if that is killed. Raises
        `already-owned` if it is running already.
        """
        java = find_java(self._environ)
        version = java_version(java)
        ensure_jars(shipped_lock(), self._cache_dir, self._environ, progress)
        with writing_to(self.data_dir):
            self._home.create()
        need_space(self.data_dir)
        first_start = self._home.remembered_ports() is None
        bolt, http = self._asked
        for attempt in range(1, TRIES_FOR_PORTS + 1):
            launch = Launch(
                data_dir=str(self._home.path),
                cache_dir=str(self._cache_dir),
                java=str(java),
                java_version=version,
                java_options=more_java_options(self._environ),
                heap=self._memory.heap,
                page_cache=self._memory.page_cache,
                bolt_port=bolt,
                http_port=http,
                detached=detached,
            )
            try:
                return self._launch(launch)
            except Conflict as error:
                # Another process may take a free port between its choice and the listen call.
                free_to_move = first_start and not any(self._asked)
                if error.code != "port-taken" or not free_to_move or attempt == TRIES_FOR_PORTS:
                    raise
                bolt = http = 0
        raise AssertionError("unreachable")

    def stop(self) -> bool:
        """Stop the server, regardless of who started it, and wait for its end; returns whether one was running."""
        state = self._home.run_state()
        found = False
        if self._supervisor is not None:
            found = self._supervisor.poll() is None
            self._supervisor.terminate()
            self._reap()
        if state is not None:
            found |= processes.end(state.supervisor, processes.STOP_WITHIN_S + 5)
            found |= processes.end(state.java)
            self._forget_crash()
        return found

    def status(self) -> Status:
        """The current state of the server, checked over Bolt."""
        version = shipped_lock().neo4j_version
        state = self._home.run_state()
        if state is None:
            return Status("stopped", self.data_dir, version)
        supervisor, java = processes.find(state.supervisor), processes.find(state.java)
        if java is None:
            return Status("starting" if supervisor and state.java is None else "crashed", self.data_dir, version)
        endpoint = self._endpoint(state.ports)
        return Status(
            "running" if endpoint.answers() else "starting",
            self.data_dir,
            version,
            endpoint=endpoint,
            pid=java.pid,
            detached=state.detached,
            memory_bytes=java.memory_info().rss,
        )

    def endpoint(self) -> Endpoint:
        """The endpoint of the running server, regardless of who started it; `not-found` if it does not run."""
        endpoint = self.status().endpoint
        if endpoint is None:
            raise NotFound("not-found", f"No Neo4j runs in {self.data_dir}. Start it: beliefgraph neo4j start.")
        return endpoint

    def logs(self, lines: int = 50) -> list[str]:
        """The last lines that Neo4j, its Java and its supervisor wrote, oldest first."""
        return list(deque(chain(_lines(self._home.user_log), _lines(self._home.console_log)), lines))

    def close(self) -> None:
        """Stop the server if this object started it as its owner; a detached or foreign one keeps running."""
        if self._supervisor is not None and self._supervisor.stdin is not None:
            self.stop()

    def __enter__(self) -> Endpoint:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _launch(self, launch: Launch) -> Endpoint:
        self._home.console_log.unlink(missing_ok=True)
        self._log_from = self._home.user_log.stat().st_size if self._home.user_log.exists() else 0
        with self._home.console_log.open("ab") as console:
            supervisor = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "beliefgraph.local.supervise", launch.to_json()],
                stdin=subprocess.DEVNULL if launch.detached else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=console,
                text=True,
                start_new_session=True,  # Ctrl-C is handled by the owner, which then stops its server in order
            )
        self._supervisor = supervisor
        try:
            assert supervisor.stdout is not None
            ports = ports_from(supervisor.stdout.readline())
            supervisor.stdout.close()
            endpoint = self._endpoint(ports)
            self._wait_until_ready(endpoint, supervisor)
        except BaseException:
            supervisor.terminate()
            self._reap()
            raise
        return endpoint

    def _wait_until_ready(self, endpoint: Endpoint, supervisor: subprocess.Popen[str]) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while not endpoint.answers():
            if supervisor.poll() is not None:
                raise self._death(endpoint)
            if time.monotonic() > deadline:
                raise Unavailable(
                    "neo4j-not-ready",
                    f"Neo4j did not answer at {endpoint.uri} within {READY_WITHIN_S:.0f} s and was stopped. "
                    f"Its last log lines:\n{self._last_output()}",
                    uri=endpoint.uri,
                )
            time.sleep(POLL_S)

    def _death(self, endpoint: Endpoint) -> BeliefgraphError:
        output = self._last_output()
        if BIND_FAILED in output:
            return Conflict("port-taken", f"Neo4j found a port taken by another program:\n{output}", uri=endpoint.uri)
        return Fault("neo4j-died", f"Neo4j ended while it was starting. Its last log lines:\n{output}")

    def _last_output(self) -> str:
        """The last output of the failed start, without that of earlier ones."""
        log_lines = deque(_lines(self._home.user_log, self._log_from), LAST_LINES)
        log_lines.extend(_lines(self._home.console_log))
        return "\n".join(f"  {line}" for line in log_lines)

    def _endpoint(self, ports: Ports) -> Endpoint:
        return Endpoint(
            f"bolt://{HOST}:{ports.bolt}", USER, self._home.password(), f"http://{HOST}:{ports.http}/browser/"
        )

    def _forget_crash(self) -> None:
        """Remove the state file of a crash, unless the server is running again by now."""
        with suppress(Timeout), FileLock(self._home.owner_lock, timeout=0):
            self._home.clear_run_state()

    def _reap(self) -> None:
        """Wait for the supervisor that this object started; it ends Java first, by force if need be."""
        assert self._supervisor is not None
        self._supervisor.wait()
        for pipe in (self._supervisor.stdin, self._supervisor.stdout):
            if pipe is not None:
                pipe.close()
        self._supervisor = None


def _lines(file: Path, start: int = 0) -> Iterator[str]:
    if file.exists():
        with file.open("rb") as log:
            log.seek(start if start <= file.stat().st_size else 0)  # the log was rotated since
            yield from (text for line in log if (text := line.decode(errors="replace").rstrip()))


def resolve_endpoint(
    local: LocalNeo4j, environ: Mapping[str, str] = os.environ, progress: Progress | None = None
) -> Endpoint:
    """The Neo4j to use: the one `NEO4J_URI` names, else `local`, which is started if it is not running.

    The caller that passes `local` closes it when done: this ends only what was started here.
    """
    named = named_endpoint(environ)
    if named is not None:
        return named
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        status = local.status()
        if status.state == "running":
            assert status.endpoint is not None
            return status.endpoint
        if status.state != "starting":
            return local.start(progress=progress)
        time.sleep(POLL_S)
    raise Unavailable("neo4j-not-ready", f"The Neo4j in {local.data_dir} has been starting for too long.")
