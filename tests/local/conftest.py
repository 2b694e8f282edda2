"""What the tests of the local Neo4j share: Neo4j's jars, fetched once per user, and a Maven mirror on this machine."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from beliefgraph.local.jars import default_cache_dir, ensure_jars
from beliefgraph.local.lock import Jar, JarLock, shipped_lock

NOWHERE = "http://127.0.0.1:9"  # the discard port: nothing listens there


@pytest.fixture(scope="session", autouse=True)
def _jars_in_the_user_cache() -> None:
    ensure_jars(shipped_lock(), default_cache_dir(os.environ), os.environ)


@pytest.fixture(scope="session")
def offline() -> dict[str, str]:
    """An environment in which no jar can be fetched."""
    return {**os.environ, "BELIEFGRAPH_MAVEN_MIRROR": NOWHERE}


class Mirror:
    """A Maven repository on this machine that counts what is asked of it, with a few small jars of our own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: list[str] = []
        contents = {f"test.group:part-{n}:1.{n}": f"jar number {n}".encode() * 100 for n in range(5)}
        self.lock = JarLock(
            roots=("test.group:part-0:1.0",),
            jars=tuple(Jar(name, len(it), hashlib.sha256(it).hexdigest()) for name, it in contents.items()),
        )
        for jar, content in zip(self.lock.jars, contents.values(), strict=True):
            file = root / jar.path
            file.parent.mkdir(parents=True)
            file.write_bytes(content)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self.asked, directory=str(root)))
        self.environ = {"BELIEFGRAPH_MAVEN_MIRROR": f"http://127.0.0.1:{self._server.server_port}/"}

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.01)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, asked: list[str], *args: object, **options: object) -> None:
        self._asked = asked
        super().__init__(*args, **options)  # type: ignore[arg-type]

    def log_message(self, format: str, *args: object) -> None:
        self._asked.append(self.path.lstrip("/"))


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    """A mirror that serves five small jars."""
    made = Mirror(tmp_path / "mirror")
    thread = threading.Thread(target=made.serve)
    thread.start()
    yield made
    made.close()
    thread.join()
