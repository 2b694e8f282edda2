"""The process that runs one local Neo4j for as long as its owner wants it.

It holds the owner lock of the data directory, configures Neo4j, starts Java and stops it cleanly on SIGTERM or SIGINT
or, unless detached, when its standard input closes: the owner holds the other end of that pipe, so the server also ends
if the owner is killed. If this process itself is killed, Linux ends Java for it; elsewhere the next start or stop does.

It writes one line of JSON to standard output: the chosen ports, or the error. Started by `LocalNeo4j` only.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from beliefgraph.errors import BeliefgraphError, Conflict
from beliefgraph.local import processes
from beliefgraph.local.config import (
    SERVER_CLASS,
    Memory,
    argument_file,
    initial_password,
    java_options,
    neo4j_conf,
)
from beliefgraph.local.data_dir import DataDir, Ports, RunState, write_private
from beliefgraph.local.disk import writing_to
from beliefgraph.local.launch import Launch, error_line, ports_line
from beliefgraph.local.lock import shipped_lock
from beliefgraph.local.ports import choose_ports

PDEATHSIG = 1  # prctl(2): PR_SET_PDEATHSIG


def main() -> int:
    """Run one Neo4j until it is told to stop; returns the exit code of Java."""
    launch = Launch.from_json(sys.argv[1])
    try:
        with writing_to(Path(launch.data_dir)):
            return _own(launch)
    except BeliefgraphError as error:
        _say(error_line(error))
        return 1


def _own(launch: Launch) -> int:
    home = DataDir(Path(launch.data_dir))
    lock = FileLock(home.owner_lock)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise Conflict(
            "already-owned",
            f"Another process runs the Neo4j in {home.path}. Use that one, stop it, or choose another directory.",
            directory=str(home.path),
        ) from error
    return _run(launch, home)


def _run(launch: Launch, home: DataDir) -> int:
    wake = _wake_on_signals()
    _end_orphaned_java(home)
    ports = choose_ports(launch.bolt_port, launch.http_port, home.remembered_ports())
    me = processes.identify(os.getpid())
    home.write_run_state(RunState(me, None, ports, launch.detached))
    try:
        _set_up(launch, home, ports)
        with home.console_log.open("ab") as console:
            java = subprocess.Popen(  # noqa: S603
                [launch.java, f"@{home.path / 'run' / 'server.args'}"],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                preexec_fn=_die_with_parent(),  # safe: this process has one thread
            )
        home.write_run_state(RunState(me, processes.identify(java.pid), ports, launch.detached))
        home.remember_ports(ports)
        _say(ports_line(ports))
    except BaseException:
        home.clear_run_state()
        raise
    code = _wait_until_stopped(java, wake, watch_owner=not launch.detached)
    if code == 0:  # otherwise the state file remains, and the status is reported as crashed
        home.clear_run_state()
    return code


def _set_up(launch: Launch, home: DataDir, ports: Ports) -> None:
    memory = Memory(launch.heap, launch.page_cache)
    (home.conf / "neo4j.conf").write_text(neo4j_conf(ports, memory), encoding="utf-8")
    options = [*java_options(memory, launch.java_version), *launch.java_options]
    jars = [Path(launch.cache_dir) / jar.path for jar in shipped_lock().jars]
    places = [f"--home-dir={home.path}", f"--config-dir={home.conf}"]
    write_private(home.path / "run" / "server.args", argument_file(jars, [*options, SERVER_CLASS, *places]))
    password = home.password()
    if not home.has_data:
        home.initial_password_file.parent.mkdir(parents=True, exist_ok=True)
        write_private(home.initial_password_file, initial_password(password, os.urandom(32)))


def _end_orphaned_java(home: DataDir) -> None:
    """End a Java that outlived its supervisor: this process holds the lock, so no other process uses it."""
    state = home.run_state()
    if state is not None:
        processes.end(state.java)
        home.clear_run_state()


def _wait_until_stopped(java: subprocess.Popen[bytes], wake: socket.socket, *, watch_owner: bool) -> int:
    watched: list[socket.socket | int] = [wake, sys.stdin.fileno()] if watch_owner else [wake]
    while java.poll() is None:
        ready, _, _ = select.select(watched, [], [])
        owner_left = sys.stdin.fileno() in ready and not os.read(sys.stdin.fileno(), 1)
        stop_requested = wake in ready and any(number != signal.SIGCHLD for number in wake.recv(64))
        if owner_left or stop_requested:
            java.terminate()
            try:
                java.wait(processes.STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                java.kill()
                java.wait()
            return 0
    return java.returncode


def _wake_on_signals() -> socket.socket:
    """A socket that receives the number of each signal that this process waits for."""
    wake, wakes = socket.socketpair()
    wakes.setblocking(False)
    wake.setblocking(False)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(wakes.detach())
    return wake


def _die_with_parent() -> Any:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(PDEATHSIG, signal.SIGTERM)


def _say(line: str) -> None:
    """Write the line, and close standard output so that a long-running server keeps no pipe of its caller open."""
    print(line, flush=True)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
