"""Global ids: opaque to clients; they name a type, a twin, an object, and the moment if it is not the present.

A client that caches by `__typename` and `id` must never mix up two answers. So a current answer has a plain id, and an
answer about another moment has the same id with its rev and valid time.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from beliefgraph.errors import Incorrect, NotFound
from beliefgraph.model.time import NOW, AsOf

SEPARATOR = "\x1f"
LONGEST = 2_000
"""Most characters of an id; the longest name of a twin makes about 1,300."""


@dataclass(frozen=True)
class GlobalId:
    """What an id identifies: a type, the twin by its name, and the object's own id ("" for the twin itself).

    `apart` distinguishes it from other answers about the same object.
    """

    type: str
    twin: str
    id: str = ""
    apart: str = ""

    @property
    def as_of(self) -> AsOf:
        """The moment of the answer; `not-found` for an answer to a what-if."""
        rev, moment, at = self.apart.partition("@")
        try:
            return AsOf(rev=int(rev), valid_time=datetime.fromisoformat(at)) if moment else NOW
        except (ValueError, Incorrect):
            raise NotFound("not-found", "This id is from a what-if answer and cannot be looked up.") from None


class AtMoment(Protocol):
    """The state of an object at a (valid time, rev)."""

    @property
    def valid_time(self) -> datetime: ...
    @property
    def rev(self) -> int: ...
    @property
    def apart(self) -> str | None: ...


def moment_of(found: AtMoment) -> str:
    """What distinguishes the answer from those of other moments; "" for a current answer."""
    if found.apart is None:
        return ""
    return f"{found.rev}@{found.valid_time.isoformat()}{found.apart and f'?{found.apart}'}"


def write_id(type_: str, twin: str, id_: str = "", apart: str = "") -> str:
    """The id as clients see it."""
    parts = (type_, twin, id_, apart) if apart else (type_, twin, id_)
    return urlsafe_b64encode(SEPARATOR.join(parts).encode()).decode().rstrip("=")


def read_id(text: str) -> GlobalId:
    """What an id identifies; `not-found` if it is malformed, as for one that identifies nothing."""
    found = _read(text)
    if found is None:
        raise NotFound("not-found", "Nothing has this id.", id=text[:100])
    return found


def stored_id(text: str, twin: str) -> str:
    """The stored id for the id of an answer, other texts unchanged; `not-found` if it is another twin's."""
    found = _read(text)
    if found is None:
        return text
    if found.twin != twin:
        raise NotFound("not-found", "Nothing of this twin has this id.", id=text[:100])
    return found.id


def _read(text: str) -> GlobalId | None:
    try:
        if len(text) > LONGEST:
            return None
        parts = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split(SEPARATOR)
    except (binascii.Error, ValueError):
        return None
    return GlobalId(*parts) if len(parts) in (3, 4) else None
