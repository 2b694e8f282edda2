"""Global ids: opaque to clients, they say which type, which twin and which thing."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from beliefgraph.errors import NotFound

SEPARATOR = "\x1f"
LONGEST = 2_000
"""Characters of an id; the longest name of a twin makes some 1,300."""


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
    found = _read(text)
    if found is None:
        raise NotFound("not-found", "This id names nothing.", id=text[:100])
    return found


def stored_id(text: str, twin: str) -> str:
    """The id in the store of what an answer named, and any other text as it is; `not-found` if it is another twin's."""
    found = _read(text)
    if found is None:
        return text
    if found.twin != twin:
        raise NotFound("not-found", "This id names nothing of this twin.", id=text[:100])
    return found.id


def _read(text: str) -> GlobalId | None:
    try:
        if len(text) > LONGEST:
            return None
        type_, twin, id_ = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split(SEPARATOR)
    except (binascii.Error, ValueError):
        return None
    return GlobalId(type_, twin, id_)
