"""The keyring: the keys of sealed data, kept outside Neo4j so that destroying a key erases what it sealed.

Deleting a row leaves its bytes in Neo4j's files and transaction log; a text sealed under a destroyed key cannot be
decrypted there. Every twin has its own key (AES-256-GCM), every tenant one for keyed hashes (HMAC-SHA256). A key is a
small file named by a hash or, for keys created in bulk, a record in a segment file (`key_segments`): readable by its
owner only, and durable before it first seals anything. All processes of a service share one directory.

Limits of destruction: it does not reach backups of the directory, nor old blocks that an SSD or a copy-on-write file
system keeps after the overwrite. Put the directory where neither exists, or where both are encrypted.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from filelock import FileLock

from beliefgraph.errors import Fault
from beliefgraph.store.accesses import AccessFiles
from beliefgraph.store.erasures import Erasures
from beliefgraph.store.key_segments import (
    KeyLocation,
    KeySegments,
    damaged,
    overwrite,
    read_at,
    sync_directory,
    translated,
    write_whole,
)
from beliefgraph.store.residences import Residences
from beliefgraph.store.signing import SigningKey

KEY_BYTES = 32
FINGERPRINT_BYTES = 8  # enough to distinguish a twin's old key from its new one, and a complete file from a torn one
NONCE_BYTES = 12  # random: safe up to about 2**32 texts per key
CACHED_KEYS = 16_384
TOGETHER = 2  # from this many new keys on they are created as one segment: two syncs instead of two for each
SETTLED_S = 2.0  # the coarsest file timestamp: what is older than a sync by this was synced

Owner = Literal["twin", "tenant"]

Digest = Callable[..., str]
"""Makes a keyed hash of some texts, in hex."""

_WHOLE = KEY_BYTES + FINGERPRINT_BYTES


class _Key(NamedTuple):
    secret: bytes
    fingerprint: bytes
    cipher: AESGCM
    place: KeyLocation

    @property
    def stands(self) -> bool:
        """Whether these exact bytes are still where they were read."""
        return read_at(self.place.path, self.place.offset, _WHOLE) == self.secret + self.fingerprint


class Keyring:
    """The keys of a service. Safe to share between threads, and its directory between processes.

    A cached key is stored with its location, and the bytes there are compared before every use: once any process has
    destroyed a key, no process uses it again, and each drops its copy at the next use or when the cache is full. A use
    that has already checked may still finish, so erasing a twin must lock it first. Python cannot wipe a dropped key
    from memory; it is gone when the memory is reused or the process ends.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.accesses = AccessFiles(directory / "accesses")
        self.erasures = Erasures(directory / "erasures")
        self.residences = Residences(directory / "residences")
        self.signing = SigningKey(directory / "signing")
        self.sessions = directory / "sessions"
        self._segments = KeySegments(directory / "twins" / "segments", _WHOLE)
        self._cache: OrderedDict[tuple[Owner, str], _Key] = OrderedDict()
        self._synced: dict[Path, float] = {}
        self._guard = threading.Lock()

    def prepare(self, twin_ids: Iterable[str]) -> None:
        """Create the keys of those twins that have none, all of them with one write.

        A few are left to `seal`, which creates one at a time.
        """
        with translated():
            with self._guard:
                unknown = [twin for twin in dict.fromkeys(twin_ids) if ("twin", twin) not in self._cache]
            if len(unknown) < TOGETHER:
                return
            lacking = [twin for twin in unknown if self._standing("twin", twin) is None]
            if len(lacking) < TOGETHER:
                return
            with self._locked("twin", create=True):
                self._made(self._segments.folder)
                self._segments.read_new()
                lacking = [twin for twin in lacking if self._find("twin", twin) is None]
                for twin in lacking:
                    self._refuse_damage(self._path("twin", twin))
                keys = [_with_fingerprint(os.urandom(KEY_BYTES)) for _ in lacking]
                places = self._segments.make([(_hash(twin), key) for twin, key in zip(lacking, keys, strict=True)])
            for twin, key, place in zip(lacking, keys, places, strict=True):
                self._kept("twin", twin, _whole(key, place))

    def seal(self, twin_id: str, plaintext: bytes, context: str) -> bytes:
        """Seal a text so that only `unseal` with the same twin and context opens it: fingerprint, nonce, ciphertext.

        Creates the twin's key if it has none. `context` says what the text is (a field, an id); it is authenticated but
        not stored, so that a sealed text cannot be passed off as another.
        """
        return _sealed(self._key("twin", twin_id, create=True), plaintext, context)

    def seal_known(self, twin_id: str, plaintext: bytes, context: str) -> bytes | None:
        """Seal a text as `seal` does, or return None if the twin has no key: none is created."""
        key = self._known(twin_id)
        return None if key is None else _sealed(key, plaintext, context)

    def unseal(self, twin_id: str, sealed: bytes, context: str) -> bytes:
        """The text that was sealed for this twin and context.

        `key-missing` if its key was destroyed, even where the twin has a new one since; `seal-broken` if the bytes, the
        twin or the context are not those it was sealed with.
        """
        return self.opener(twin_id)(sealed, context)

    def opener(self, twin_id: str) -> Callable[[bytes, str], bytes]:
        """A function that opens texts of a twin as `unseal` does, with one key check for all of them."""
        key = self._known(twin_id)

        def opened(sealed: bytes, context: str) -> bytes:
            if key is None or sealed[:FINGERPRINT_BYTES] != key.fingerprint:
                raise _missing(twin_id)
            nonce = sealed[FINGERPRINT_BYTES : FINGERPRINT_BYTES + NONCE_BYTES]
            try:
                return key.cipher.decrypt(nonce, sealed[FINGERPRINT_BYTES + NONCE_BYTES :], context.encode())
            except (InvalidTag, ValueError):
                raise Fault(
                    "seal-broken",
                    "A text cannot be decrypted with its key: it was altered, or belongs elsewhere.",
                    twin=twin_id,
                ) from None

        return opened

    def seal_text(self, twin_id: str, text: str) -> str:
        """Seal a short text deterministically for `open_text`: the same text of a twin is always sealed alike.

        Creates the twin's key if it has none (AES-SIV, with a key derived from it).
        """
        key = self._key("twin", twin_id, create=True)
        sealed = _siv(key.secret).encrypt(text.encode("utf-8", "surrogatepass"), [twin_id.encode()])
        return base64.urlsafe_b64encode(key.fingerprint + sealed).decode()

    def open_text(self, twin_id: str, sealed: str) -> str:
        """The text that was sealed for this twin; fails as `unseal` does."""
        key = self._key("twin", twin_id, create=False)
        try:
            content = base64.urlsafe_b64decode(sealed)
            if content[:FINGERPRINT_BYTES] != key.fingerprint:
                raise _missing(twin_id)
            opened = _siv(key.secret).decrypt(content[FINGERPRINT_BYTES:], [twin_id.encode()])
        except (InvalidTag, ValueError):
            raise Fault(
                "seal-broken", "A text cannot be decrypted with its key: it was altered.", twin=twin_id
            ) from None
        return opened.decode("utf-8", "surrogatepass")

    def has_key(self, twin_id: str) -> bool:
        """Whether the twin has a key, so that what it sealed can be read."""
        with translated():
            return self._standing("twin", twin_id) is not None

    def destroy(self, twin_id: str) -> None:
        """Make everything sealed for this twin unreadable permanently: its key is overwritten, then unlinked.

        No effect if there is no key. If the twin is written to again it gets a new key, which opens nothing old.
        """
        with self._guard:
            self._cache.pop(("twin", twin_id), None)
        with translated(), self._locked("twin", create=False) as locked:
            if not locked:
                return
            self._segments.read_new()
            for place, _ in list(self._segments.find(_hash(twin_id))):
                self._segments.destroy(place)
            path = Path(self._path("twin", twin_id))
            if path.exists():
                overwrite(str(path), 0, max(path.stat().st_size, _WHOLE))
                path.unlink()
                sync_directory(path.parent)

    def digest(self, tenant: str, *parts: str) -> str:
        """A keyed hash of the parts, in hex: equal for equal parts in one tenant, and useless without its key.

        Each part is hashed with its length, so that ("ab", "c") differs from ("a", "bc").
        """
        return self.digester(tenant)(*parts)

    def digester(self, tenant: str) -> Digest:
        """A function that makes keyed hashes in a tenant as `digest` does, with one key check for all of them."""
        secret = self._key("tenant", tenant, create=True).secret

        def digest(*parts: str) -> str:
            encoded = (part.encode("utf-8", "surrogatepass") for part in parts)
            message = b"".join(len(part).to_bytes(8, "big") + part for part in encoded)
            return hmac.digest(secret, message, "sha256").hex()

        return digest

    def _known(self, twin_id: str) -> _Key | None:
        """The key of a twin, if it has one."""
        with translated():
            return self._standing("twin", twin_id) or self._load("twin", twin_id, create=False)

    def _key(self, owner: Owner, name: str, *, create: bool) -> _Key:
        with translated():
            key = self._standing(owner, name, durably=create) or self._load(owner, name, create=create)
        if key is None:
            raise _missing(name)
        return key

    def _standing(self, owner: Owner, name: str, *, durably: bool = True) -> _Key | None:
        """The key from the cache or from disk, without the lock: the usual case."""
        with self._guard:
            known = self._cache.get((owner, name))
            if known is not None:
                self._cache.move_to_end((owner, name))
        if known is not None and known.stands:
            return known
        found = self._find(owner, name)
        if found is not None and durably and not self._segments.made(found.place):
            self._settle(found.place.path)  # the process that created the file may not have synced the directory yet
        return self._kept(owner, name, found)

    def _kept(self, owner: Owner, name: str, key: _Key | None) -> _Key | None:
        with self._guard:
            if key is None:
                self._cache.pop((owner, name), None)
                return None
            self._cache[owner, name] = key
            while len(self._cache) > CACHED_KEYS:
                self._cache.popitem(last=False)
        return key

    def _load(self, owner: Owner, name: str, *, create: bool) -> _Key | None:
        """The key, looked up under the lock; if there is none, a new one or None.

        An incomplete file is read again here: zeros mean that a destruction was interrupted, anything else that the
        file is damaged.
        """
        path = self._path(owner, name)
        with self._locked(owner, create=create) as locked:
            if not locked:
                return None
            if owner == "twin":
                self._segments.read_new()
            found = self._find(owner, name)
            if found is None:
                self._refuse_damage(path)
                if create:
                    self._made(Path(path).parent)
                    found = _create(Path(path))
        return self._kept(owner, name, found)

    def _find(self, owner: Owner, name: str) -> _Key | None:
        """The complete key on disk: in its own file, or in a segment."""
        path = self._path(owner, name)
        found = _whole(read_at(path, 0, _WHOLE + 1), KeyLocation(path, 0))
        if found is not None or owner == "tenant":
            return found
        for place, content in self._segments.find(_hash(name)):
            found = _whole(content, place)
            if found is not None:
                return found
            if any(content):
                raise damaged(place.path)
        return None

    def _refuse_damage(self, path: str) -> None:
        """Refuse a file that has content but no key; the lock is held, so it is not being written."""
        if any(read_at(path, 0, 65_536)):
            raise damaged(path)

    def _settle(self, path: str) -> None:
        """Make the name of a file durable, unless its directory was synced since the file was created."""
        folder = Path(path).parent
        with suppress(FileNotFoundError):  # destroyed since
            if Path(path).stat().st_ctime + SETTLED_S > self._synced.get(folder, 0.0):
                now = time.time()
                sync_directory(folder)
                self._synced[folder] = now

    def _path(self, owner: Owner, name: str) -> str:
        hashed = _hash(name).hex()
        return f"{self._directory}/{owner}s/{hashed[:2]}/{hashed}"

    def _made(self, folder: Path) -> None:
        """Create a folder of the keyring if needed, durably, and readable by the owner only."""
        for each in (self._directory, self._directory / folder.relative_to(self._directory).parts[0], folder):
            if not each.exists():
                each.mkdir(mode=0o700, parents=each is self._directory, exist_ok=True)
                sync_directory(each.parent)

    @contextmanager
    def _locked(self, owner: Owner, *, create: bool) -> Iterator[bool]:
        """Hold the lock of all keys of a kind, in this process and all others; yields False if there are none."""
        folder = self._directory / f"{owner}s"
        if create:
            self._made(folder)
        elif not folder.exists():
            yield False
            return
        with FileLock(folder / "lock", mode=0o600):
            yield True


def _sealed(key: _Key, plaintext: bytes, context: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return key.fingerprint + nonce + key.cipher.encrypt(nonce, plaintext, context.encode())


def _whole(content: bytes, place: KeyLocation) -> _Key | None:
    """The key in these bytes, if they are complete."""
    secret, fingerprint = content[:KEY_BYTES], content[KEY_BYTES:]
    if len(secret) != KEY_BYTES or fingerprint != _fingerprint(secret):
        return None
    return _Key(secret, fingerprint, AESGCM(secret), place)


def _create(path: Path) -> _Key | None:
    """A new key, complete and durable before it appears under its name. The lock is held."""
    key = _with_fingerprint(os.urandom(KEY_BYTES))
    write_whole(path, key)
    return _whole(key, KeyLocation(str(path), 0))


def _hash(name: str) -> bytes:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()


def _siv(secret: bytes) -> AESSIV:
    """The cipher of short texts, with a key derived from the twin's."""
    return AESSIV(hmac.digest(secret, b"personal texts", "sha512"))


def _with_fingerprint(secret: bytes) -> bytes:
    return secret + _fingerprint(secret)


def _fingerprint(secret: bytes) -> bytes:
    return hashlib.sha256(b"beliefgraph key\x00" + secret).digest()[:FINGERPRINT_BYTES]


def _missing(twin_id: str) -> Fault:
    return Fault("key-missing", "The key of this text was destroyed; it cannot be decrypted.", twin=twin_id)
