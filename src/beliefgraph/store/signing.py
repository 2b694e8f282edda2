"""Signed documents: canonical JSON (RFC 8785) with an Ed25519 signature by one key of the service.

The private key is a PEM file next to the other keys, created when it is first needed. With the public key a document
can be verified without the service.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from filelock import FileLock

from beliefgraph.errors import Fault, Incorrect
from beliefgraph.store.key_segments import translated, write_whole

SIGNATURE = "signature"
"""The member of a document that holds its signature, which is over all other members."""


class SigningKey:
    """The key with which a service signs; all its processes share one file."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "ed25519.pem"
        self._key: Ed25519PrivateKey | None = None

    def sign(self, document: Mapping[str, Any]) -> bytes:
        """The document as canonical JSON, with its signature."""
        key = self._private()
        value = key.sign(rfc8785.dumps(dict(document)))
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        signature = {"algorithm": "Ed25519", "key": _text(public), "value": _text(value)}
        return rfc8785.dumps({**document, SIGNATURE: signature})

    def public(self) -> bytes:
        """The public key as PEM."""
        return self._private().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def verify(self, signed: bytes) -> dict[str, Any]:
        """A document that this key signed; `invalid-signature` if it did not."""
        return verify(signed, self.public())

    def _private(self) -> Ed25519PrivateKey:
        if self._key is None:
            with translated():
                if not self._path.exists():
                    self._make()
                self._key = _loaded(self._path)
        return self._key

    def _make(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(self._path.parent / "lock", mode=0o600):
            if not self._path.exists():
                made = Ed25519PrivateKey.generate()
                write_whole(self._path, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def verify(signed: bytes, public: bytes) -> dict[str, Any]:
    """Verify a document against a public key (PEM) and return it without its signature.

    `invalid-signature` if it was altered, or signed with another key.
    """
    try:
        key = load_pem_public_key(public)
    except ValueError:
        raise Incorrect("invalid-input", "This is not a public key in PEM format.") from None
    try:
        document = json.loads(signed)
        signature = document.pop(SIGNATURE)
        value = base64.b64decode(signature["value"], validate=True)
        if signature["algorithm"] != "Ed25519" or not isinstance(key, Ed25519PublicKey):
            raise ValueError
        if base64.b64decode(signature["key"], validate=True) != key.public_bytes(Encoding.Raw, PublicFormat.Raw):
            raise Incorrect("invalid-signature", "It was signed with another key.")
        key.verify(value, rfc8785.dumps(document))
    except (InvalidSignature, ValueError, KeyError, TypeError, AttributeError, rfc8785.CanonicalizationError):
        raise Incorrect("invalid-signature", "It was altered since it was signed, or never was signed.") from None
    found: dict[str, Any] = document
    return found


def _loaded(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise Fault("key-damaged", f"The key file {path.name} is damaged; restore it.", file=path.name)
    return key


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
