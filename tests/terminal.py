"""The command line, as somebody types it, and what they pipe into it.

Each command runs in a process of its own, forked from one that has imported the package already: most of what a short
command takes is these imports. `python -m beliefgraph` itself is run by the tests of the demo and of the pages.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock

import orjson

from beliefgraph.local.java import JAVA_OPTIONS
from tests.world import START

TIMEOUT_S = 120


def beliefgraph(*words: str, environ: dict[str, str], stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the command line."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("in", "out", "err")]
        for file, content in zip(files, (stdin, b"", b""), strict=True):
            file.write_bytes(content)
        code = _forked({"words": words, "environ": environ, "files": [*map(str, files)], "directory": str(Path.cwd())})
        return subprocess.CompletedProcess(words, code, files[1].read_bytes(), files[2].read_bytes())


def unnamed() -> dict[str, str]:
    """This process's environment without a Neo4j that somebody named and without settings, but for Java's options."""
    ours = ("BELIEFGRAPH_", "NEO4J_")
    return {name: value for name, value in os.environ.items() if name == JAVA_OPTIONS or not name.startswith(ours)}


def line(id_: str, **more: object) -> bytes:
    """One CloudEvent of a twin, as JSON."""
    event = {
        "specversion": "1.0",
        "id": id_,
        "source": "cli",
        "type": "rated",
        "time": START.isoformat(),
        "twin": "lena",
        "data": {"llr": 1.0, "by": "somebody"},
    }
    return orjson.dumps({**event, **more}) + b"\n"


_one_at_a_time = Lock()


def _forked(asked: dict[str, object]) -> int:
    with _one_at_a_time:
        parent = _parent()
        assert parent.stdin is not None
        assert parent.stdout is not None
        parent.stdin.write(json.dumps(asked) + "\n")
        parent.stdin.flush()
        return int(parent.stdout.readline())


@cache
def _parent() -> subprocess.Popen[str]:
    """The process that every command is forked from; it ends when its input does, with this one."""
    command, root = [sys.executable, "-m", "tests.terminal"], Path(__file__).parents[1]
    return subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _serve() -> None:
    """Fork a process for every command that comes in, and answer with its exit code."""
    import beliefgraph.app  # noqa: F401  # what nearly every command imports
    from beliefgraph.cli import connection, main, show  # noqa: F401

    for asked in sys.stdin:
        child = os.fork()
        if not child:
            _run(main.run, **json.loads(asked))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _run(
    command: Callable[[], None], *, words: list[str], environ: dict[str, str], files: list[str], directory: str
) -> None:
    """Run a command as a new process would, and end with its exit code."""
    signal.alarm(TIMEOUT_S)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environ)
    for standard, file in enumerate(files):
        os.dup2(os.open(file, os.O_RDWR), standard)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(fd, mode, encoding="utf-8") for fd, mode in enumerate("rww"))
    sys.argv = ["beliefgraph", *words]
    code = 1
    try:
        command()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(BrokenPipeError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()
