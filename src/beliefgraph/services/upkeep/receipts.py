"""Reading and verifying the receipts of erasures from the directory of keys: no database is needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from beliefgraph.model.erasure import ErasureReceipt
from beliefgraph.store.erasures import parse_receipt
from beliefgraph.store.keys import Keyring
from beliefgraph.store.signing import verify


@dataclass(frozen=True)
class CountedReceipt:
    """A receipt, and the number of events and commands about the person refused since."""

    receipt: ErasureReceipt
    refused: int


def public_key(keys: Path) -> bytes:
    """The public key of a service, as PEM."""
    return Keyring(keys).signing.public()


def verified(signed: bytes, public: bytes) -> ErasureReceipt:
    """The content of a receipt; `invalid-signature` unless it was signed by the private key of this public one."""
    verify(signed, public)
    return parse_receipt(signed)


def kept(keys: Path) -> list[CountedReceipt]:
    """Every receipt, the earliest first."""
    erasures = Keyring(keys).erasures
    return [CountedReceipt(each, erasures.counted(each.tenant, each.subject)) for each, _ in erasures.receipts()]
