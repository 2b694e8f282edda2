"""Tickets: encrypted tokens in cookies or links, which only this service can create and read (AES-256-GCM).

The key is derived from the configured secret; without one it is a file next to the other keys, created when it is first
needed and shared by all processes. A single-use ticket leaves an empty file named by its id until it would have
expired.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from filelock import FileLock

from beliefgraph.store.key_segments import translated, write_whole

KEY_BYTES = 32
NONCE_BYTES = 12
MOST_CHARACTERS = 4_096
"""Maximum length of a ticket; longer ones are not valid."""


class Tickets:
    """Creates and reads tickets. Safe to share between threads, and its folder between processes."""

    def __init__(self, folder: Path, secrets: Sequence[str] = ()) -> None:
        """`secrets`, newest first: the first one seals, all of them open; without any, the key is in a file."""
        self._folder = folder
        self._ciphers = [
            AESGCM(hashlib.sha256(b"beliefgraph session\x00" + each.encode()).digest()) for each in secrets
        ]

    def seal(self, kind: str, content: dict[str, Any]) -> str:
        """A ticket of a kind; only `unseal` with the same kind reads it."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._keys()[0].encrypt(nonce, orjson.dumps(content), kind.encode())
        return base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")

    def unseal(self, kind: str, ticket: str) -> dict[str, Any] | None:
        """The content of a ticket of that kind; None if it was altered or not created here."""
        try:
            if len(ticket) > MOST_CHARACTERS:
                return None
            sealed = base64.b64decode(ticket + "=" * (-len(ticket) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        for cipher in self._keys():
            try:
                found: dict[str, Any] = orjson.loads(
                    cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], kind.encode())
                )
                return found
            except (InvalidTag, ValueError):
                continue
        return None

    def use(self, id_: str, until: datetime, now: datetime) -> bool:
        """Whether a ticket is used for the first time, by any process; recorded until it has expired."""
        folder = self._folder / "used"
        with translated():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for old in folder.iterdir():
                if int(old.name.partition("-")[0]) < int(now.timestamp()):
                    old.unlink(missing_ok=True)
            name = f"{int(until.timestamp())}-{hashlib.sha256(id_.encode()).hexdigest()}"
            try:
                os.close(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            except FileExistsError:
                return False
        return True

    def _keys(self) -> list[AESGCM]:
        if not self._ciphers:
            path = self._folder / "key"
            with translated():
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                with FileLock(self._folder / "lock", mode=0o600):
                    if not path.exists():
                        write_whole(path, os.urandom(KEY_BYTES))
                self._ciphers = [AESGCM(path.read_bytes())]
        return self._ciphers
