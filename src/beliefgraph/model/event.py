"""Events in CloudEvents 1.0 format. `source` and `id` make repeated deliveries idempotent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Self

import orjson
from pydantic import BeforeValidator, Field, PrivateAttr

from beliefgraph.errors import Incorrect
from beliefgraph.model.record import Id, Key, Record
from beliefgraph.model.time import Instant
from beliefgraph.model.twin import Identifier

MAX_DATA_BYTES = 64 * 1024
MAX_DATA_DEPTH = 20  # deeper nesting is of no use to rules


def _empty_if_null(data: object) -> object:
    return {} if data is None else data


class Event(Record):
    """One event in the form of CloudEvents 1.0. It names its twin, or identifiers that lead to one."""

    id: Key = Field(
        description="CloudEvents id; an event with the same `source` and `id` as a stored one is a duplicate and "
        "changes nothing."
    )
    source: Key = Field(description="CloudEvents source: the system that sent the event.")
    type: Key = Field(description="CloudEvents type; catalogs define rules for it.")
    time: Instant = Field(description="When it happened (valid time), with a time zone.")
    twin: Key | None = Field(
        None,
        description="Name of the twin that the event is about; null if identifiers lead to it.",
    )
    identifiers: tuple[Identifier, ...] = Field(
        default=(),
        max_length=10,
        description="Identifiers that lead to the twin, at most 10.",
    )
    session: Key | None = Field(None, description="Session in which it happened; in expressions, `event.session`.")
    channel: Key | None = Field(None, description="Channel of the event; in expressions, `event.channel`.")
    data: Annotated[dict[str, Any], BeforeValidator(_empty_if_null)] = Field(
        default_factory=dict, description="Payload of the event; in expressions, `data`."
    )
    _untimed: bool = PrivateAttr(default=False)

    @property
    def untimed(self) -> bool:
        """Whether it came without a time, and got that of its receipt."""
        return self._untimed

    def as_untimed(self) -> Self:
        """The same event, marked as having come without a time."""
        found = self.model_copy()
        found._untimed = True
        return found

    def body(self) -> dict[str, Any]:
        """What distinguishes it from another event of its source and id: all but its twin and an added time."""
        return self.model_dump(mode="json", exclude={"twin", "identifiers", *(("time",) if self._untimed else ())})


class EventName(Record):
    """An event that was processed: named by its CloudEvents source and id, or by an id from an answer alone."""

    id: Id = Field(
        description="CloudEvents id of the event, if `source` is given. Without `source`: the field `event` of a piece"
        " of evidence, the id of evidence read from the event, or the id of a command.",
    )
    source: Key | None = Field(None, description="CloudEvents source of the event.")


class QuarantinedEvent(Record):
    """An event that could not be processed, with the reason. It can be replayed once the cause is fixed."""

    id: str = Field(description="Id of the quarantined event, for replayQuarantine.")
    event: Event = Field(description="The event as it arrived.")
    code: str = Field(description="Error code of the reason.")
    reason: str = Field(description="The reason in a sentence.")
    since: Instant = Field(description="When the event first arrived.")


def check_data(data: object) -> None:
    """Refuse data that is too large (`too-large`), nested too deeply, or contains a NUL (`invalid-event`)."""
    if (size := len(orjson.dumps(data))) > MAX_DATA_BYTES:
        raise Incorrect("too-large", f"data may have {MAX_DATA_BYTES:,} bytes; this has {size:,}.")
    level: list[object] = [data]
    for _ in range(MAX_DATA_DEPTH):
        if not level:
            return
        level = [inner for each in level for inner in _inside(each)]
    if level:
        raise Incorrect("invalid-event", f"data is nested deeper than {MAX_DATA_DEPTH} levels.")


def _inside(value: object) -> Iterable[object]:
    """The direct children of a JSON value; refuses a NUL in it."""
    if isinstance(value, str) and "\x00" in value:
        raise Incorrect("invalid-event", "data contains a NUL character.")
    if isinstance(value, dict):
        return (*value.keys(), *value.values())
    return value if isinstance(value, list) else ()
