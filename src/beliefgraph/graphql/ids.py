"""Global ids: opaque to clients, they say which type, which twin and which thing."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from beliefgraph.errors import NotFound

SEPARATOR = "\x1f"
LONGEST = 1_000


@dataclass(frozen=True)
class GlobalId:
    """What an id names: a type, the twin by its name, and the thing's own id ("" where the twin itself is meant)."""

    type: str
    twin: str
    id: str = ""


def write_id(type_: str, twin: str, id_: str = "") -> str:
    """The id as clients see it."""
    return urlsafe_b64encode(f"{type_}{SEPARATOR}{twin}{SEPARATOR}{id_}".encode()).decode().rstrip("=")


def read_id(text: str) -> GlobalId:
    """What an id names; `not-found` where it is none of ours, as for one that names nothing."""
    try:
        if len(text) > LONGEST:
            raise ValueError
        type_, twin, id_ = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split(SEPARATOR)
    except (binascii.Error, ValueError):
        raise NotFound("not-found", "There is nothing with this id.", id=text[:100]) from None
    return GlobalId(type_, twin, id_)
