"""The keyring: the keys of what is sealed, kept outside Neo4j so that destroying a key erases what it sealed.

Deleting a row leaves its bytes in Neo4j's files and transaction log; a text sealed under a destroyed key stays there as
noise. Every twin has a key of its own (AES-256-GCM), every tenant one for keyed hashes (HMAC-SHA256). A key is one
small file named by a hash, readable by its owner alone, durable on disk before it first seals anything. All processes
of a service share one directory.

What destroying does not do: it does not reach backups of the directory, nor old blocks that an SSD or a copy-on-write
file system keeps after the overwrite. Put the directory where neither is, or where both are encrypted.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from filelock import FileLock

from beliefgraph.errors import Fault, Unavailable

KEY_BYTES = 32
FINGERPRINT_BYTES = 8  # enough to tell a twin's old key from its new one, and a whole file from a torn one
NONCE_BYTES = 12  # random: 2**32 texts a key before a repeat is worth a thought
CACHED_KEYS = 4_096

Owner = Literal["twin", "tenant"]


class _Key(NamedTuple):
    secret: bytes
    fingerprint: bytes
    cipher: AESGCM
    file: tuple[int, int, int]


class Keyring:
    """The keys of a service. Safe to share between threads, and its directory between processes.

    A key is cached with the identity of its file, and that is looked at again before every use (one `stat`): once any
    process has destroyed a key, no process uses it again, and each drops its copy at the next use or when the cache is
    full. A use that has already looked may still finish, so whoever erases a twin locks it first. Python cannot wipe a
    dropped key from memory; it is gone when the memory is used again or the process ends.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._cache: OrderedDict[tuple[Owner, str], _Key] = OrderedDict()
        self._guard = threading.Lock()

    def seal(self, twin_id: str, plaintext: bytes, context: str) -> bytes:
        """The text as only `unseal` with the same twin and context can read it: fingerprint, nonce, ciphertext.

        Makes the twin's key if it has none. `context` says what the text is (a field, an id); it is not in the result
        but checked by it, so that a sealed text cannot be passed off as another.
        """
        key = self._key("twin", twin_id, create=True)
        nonce = os.urandom(NONCE_BYTES)
        return key.fingerprint + nonce + key.cipher.encrypt(nonce, plaintext, context.encode())

    def unseal(self, twin_id: str, sealed: bytes, context: str) -> bytes:
        """The text that was sealed for this twin and context.

        `key-missing` if its key was destroyed, even where the twin has a new one since; `seal-broken` if the bytes, the
        twin or the context are not those it was sealed with.
        """
        fingerprint, nonce, ciphertext = (
            sealed[:FINGERPRINT_BYTES],
            sealed[FINGERPRINT_BYTES : FINGERPRINT_BYTES + NONCE_BYTES],
            sealed[FINGERPRINT_BYTES + NONCE_BYTES :],
        )
        key = self._key("twin", twin_id, create=False)
        if fingerprint != key.fingerprint:
            raise _missing(twin_id)
        try:
            return key.cipher.decrypt(nonce, ciphertext, context.encode())
        except (InvalidTag, ValueError):
            raise Fault(
                "seal-broken",
                "A sealed text does not open with its key: it was altered, or belongs elsewhere.",
                twin=twin_id,
            ) from None

    def destroy(self, twin_id: str) -> None:
        """Make everything sealed for this twin unreadable, for good: its key is overwritten, then unlinked.

        Harmless when there is no key. If the twin is written to again it gets a new key, which opens nothing old.
        """
        path = self._path("twin", twin_id)
        with self._guard:
            self._cache.pop(("twin", twin_id), None)
        with _translated(), self._locked(path.parent, create=False) as locked:
            if not locked:
                return
            try:
                with path.open("r+b") as file:
                    file.write(bytes(max(os.fstat(file.fileno()).st_size, KEY_BYTES + FINGERPRINT_BYTES)))
                    file.flush()
                    os.fsync(file.fileno())
            except FileNotFoundError:
                return
            path.unlink()
            _sync_directory(path.parent)

    def digest(self, tenant: str, *parts: str) -> str:
        """A keyed hash of the parts, in hex: equal for equal parts in one tenant, and no use without its key.

        Each part is written with its length, so that ("ab", "c") is not ("a", "bc").
        """
        message = b"".join(
            len(part).to_bytes(8, "big") + part for part in (p.encode("utf-8", "surrogatepass") for p in parts)
        )
        return hmac.digest(self._key("tenant", tenant, create=True).secret, message, "sha256").hex()

    def _key(self, owner: Owner, name: str, *, create: bool) -> _Key:
        path = self._path(owner, name)
        with _translated():
            with self._guard:
                known = self._cache.get((owner, name))
                if known is not None:
                    self._cache.move_to_end((owner, name))
            if known is not None and known.file == _identity(path):
                return known
            key = self._load(path, create=create)
        with self._guard:
            if key is None:
                self._cache.pop((owner, name), None)
                raise _missing(name)
            self._cache[owner, name] = key
            while len(self._cache) > CACHED_KEYS:
                self._cache.popitem(last=False)
        return key

    def _load(self, path: Path, *, create: bool) -> _Key | None:
        """The key in the file; where there is none, a new one or None.

        The look without the lock is the usual case. A file that is not whole is looked at again under the lock, where
        zeros mean that a destruction was cut short, and anything else that the file is damaged.
        """
        found = _read(path)
        if found is None:
            with self._locked(path.parent, create=create) as locked:
                if not locked:
                    return None
                found = _read(path)
                if found is None and path.exists() and any(path.read_bytes()):
                    raise Fault("key-damaged", f"The key file {path.name} is damaged; restore it.", file=path.name)
                if found is None and create:
                    found = _create(path)
        if found is not None and create:
            _sync_directory(path.parent)  # the process that made the file may not have come to this yet
        return found

    def _path(self, owner: Owner, name: str) -> Path:
        hashed = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
        return self._directory / f"{owner}s" / hashed[:2] / hashed

    @contextmanager
    def _locked(self, shard: Path, *, create: bool) -> Iterator[bool]:
        """Hold the shard's lock, in this process and all others; yields False if there is no such shard."""
        if create:
            for made in (self._directory, shard.parent, shard):
                if not made.exists():
                    made.mkdir(mode=0o700, parents=made is self._directory, exist_ok=True)
                    _sync_directory(made.parent)
        elif not shard.exists():
            yield False
            return
        with FileLock(shard / "lock", mode=0o600):
            yield True


def _read(path: Path) -> _Key | None:
    """The key, if the file is there and whole."""
    try:
        with path.open("rb") as file:
            content = file.read()
            identity = _of(os.fstat(file.fileno()))
    except FileNotFoundError:
        return None
    secret, fingerprint = content[:KEY_BYTES], content[KEY_BYTES:]
    if len(secret) != KEY_BYTES or fingerprint != _fingerprint(secret):
        return None
    return _Key(secret, fingerprint, AESGCM(secret), identity)


def _create(path: Path) -> _Key | None:
    """A new key, whole and durable before it is seen under its name. The shard's lock is held."""
    secret = os.urandom(KEY_BYTES)
    fresh = path.with_name("fresh")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secret + _fingerprint(secret))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return _read(path)


def _fingerprint(secret: bytes) -> bytes:
    return hashlib.sha256(b"beliefgraph key\x00" + secret).digest()[:FINGERPRINT_BYTES]


def _identity(path: Path) -> tuple[int, int, int] | None:
    """Which file this is; an inode is used again after an unlink, so its time of writing counts too."""
    try:
        return _of(path.stat())
    except FileNotFoundError:
        return None


def _of(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_dev, status.st_ino, status.st_mtime_ns


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _missing(twin_id: str) -> Fault:
    return Fault("key-missing", "The key that sealed this text was destroyed; nothing can open it.", twin=twin_id)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(
            "keyring-unavailable", f"The keyring's directory cannot be used: {error.strerror or error}."
        ) from error
