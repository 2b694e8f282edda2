"""Neo4j's jars on this machine: missing ones are fetched, cached ones are verified; works offline once all are cached.

Every jar is hashed at every start (a fraction of a second in total on two cores), so a damaged cache never starts a
damaged server, and no option is needed for it. A jar is renamed into place once it is complete and verified, so an
interrupted fetch resumes jar by jar.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import ssl
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import cache
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_path

from beliefgraph.errors import Fault, Unavailable
from beliefgraph.local.disk import need_space, writing_to
from beliefgraph.local.lock import Jar, JarLock

MIRROR = "BELIEFGRAPH_MAVEN_MIRROR"
AT_ONCE = 16
ATTEMPTS = 3  # a nearby mirror occasionally drops one connection of sixteen
TIMEOUT_S = 30.0

Progress = Callable[[int, int], None]
"""Called with (bytes done, bytes in total) while jars are fetched, from one thread at a time."""


def default_cache_dir(environ: Mapping[str, str]) -> Path:
    """Where jars are kept for all data directories: BELIEFGRAPH_CACHE, else the user's cache directory."""
    set_ = environ.get("BELIEFGRAPH_CACHE")
    return Path(set_) if set_ else user_cache_path("beliefgraph") / "neo4j-jars"


def maven_address(environ: Mapping[str, str]) -> str:
    """Where jars are fetched from: `BELIEFGRAPH_MAVEN_MIRROR` if set, else Maven Central as jgo knows it."""
    if mirror := environ.get(MIRROR):
        return mirror.rstrip("/")
    from jgo.constants import MAVEN_CENTRAL_URL

    return str(MAVEN_CENTRAL_URL).rstrip("/")


def ensure_jars(
    lock: JarLock, cache_dir: Path, environ: Mapping[str, str], progress: Progress | None = None
) -> list[Path]:
    """The paths of all jars of the lock, complete and verified; those missing from the cache are fetched."""
    with writing_to(cache_dir):
        cache_dir.mkdir(parents=True, exist_ok=True)
        with FileLock(cache_dir / "fetch.lock"), ThreadPoolExecutor(AT_ONCE) as pool:
            _fetch_missing(lock, cache_dir, environ, pool, progress)
    return [cache_dir / jar.path for jar in lock.jars]


def is_sound(jar: Jar, cache_dir: Path) -> bool:
    """Whether the cache holds exactly this jar, byte for byte."""
    path = cache_dir / jar.path
    try:
        if path.stat().st_size != jar.size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == jar.sha256
    except FileNotFoundError:
        return False


def fetch_bytes(address: str, jar: Jar) -> bytes:
    """The bytes that the Maven repository at this address serves for the jar, unverified."""
    url = f"{address}/{jar.path}"
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_S, context=_tls()) as response:  # noqa: S310  the address is the user's
                content = response.read()
                assert isinstance(content, bytes)
                return content
        except urllib.error.HTTPError as error:
            raise Unavailable(
                "mirror-incomplete",
                f"{address} answers {error.code} for {jar.coordinates}. Check {MIRROR}, or use a complete mirror.",
                jar=jar.coordinates,
            ) from error
        except (OSError, http.client.HTTPException) as error:
            if attempt == ATTEMPTS:
                reason = getattr(error, "reason", None) or error
                raise Unavailable(
                    "no-network",
                    f"Neo4j's jars cannot be fetched from {address}: {reason}. "
                    f"Check the network, or set {MIRROR} to a Maven repository that can be reached. "
                    "Once fetched, they are used offline.",
                    address=address,
                ) from error
    raise AssertionError("unreachable")


@cache
def _tls() -> ssl.SSLContext:
    """The trusted certificates, read once: reading them per jar takes longer than fetching all jars."""
    return ssl.create_default_context()


def _fetch_missing(
    lock: JarLock, cache_dir: Path, environ: Mapping[str, str], pool: ThreadPoolExecutor, progress: Progress | None
) -> None:
    sound = pool.map(lambda jar: is_sound(jar, cache_dir), lock.jars)
    missing = [jar for jar, ok in zip(lock.jars, sound, strict=True) if not ok]
    if not missing:
        return
    address = maven_address(environ)
    total = sum(jar.size for jar in missing)
    need_space(cache_dir, total)
    done = 0
    if progress:
        progress(0, total)
    jobs = {pool.submit(_fetch, jar, cache_dir, address): jar for jar in missing}
    try:
        for job in as_completed(jobs):
            job.result()
            done += jobs[job].size
            if progress:
                progress(done, total)
    except BaseException:
        pool.shutdown(wait=True, cancel_futures=True)
        raise


def _fetch(jar: Jar, cache_dir: Path, address: str) -> None:
    content = fetch_bytes(address, jar)
    actual = hashlib.sha256(content).hexdigest()
    if actual != jar.sha256:
        raise Fault(
            "checksum-mismatch",
            f"{address} serves a {jar.coordinates} that is not the one in jars.lock "
            f"(SHA-256 {actual}, expected {jar.sha256}). Nothing of it was kept. Use another mirror.",
            jar=jar.coordinates,
        )
    _write_whole(cache_dir / jar.path, content)


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
