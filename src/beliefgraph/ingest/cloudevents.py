"""CloudEvents 1.0 in JSON, read strictly into events: structured, batch, and binary over HTTP.

Beyond the specification's own attributes four extensions are read: `twin`, `identifiers`
(`crm:8812,device:a%2Cb`: percent-encode a comma or a percent sign), `session` (or `sessionid`) and `channel`. Other
extensions must be well-formed and are left out, as are `subject`, which may be about anything and so never names the
twin, and `dataschema`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

import orjson
from pydantic import ValidationError

from beliefgraph.errors import BeliefgraphError, Incorrect
from beliefgraph.model.event import MAX_DATA_BYTES, Event, check_data
from beliefgraph.model.time import instant, read_moment
from beliefgraph.services.process.bounded_json import read_json

MAX_BATCH = 1_000

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"

Read = Event | BeliefgraphError
"""An event, or why it is none."""

_ATTRIBUTE = re.compile(r"^[a-z0-9]+$")
_JSON = re.compile(r"^[a-z]+/([a-z0-9.-]+\+)?json$")
_TIME = re.compile(r"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?$")
_QUOTED_PAIR = re.compile(r"\\(.)")
_OWN_EXTENSIONS = ("twin", "identifiers", "session", "sessionid", "channel")
_TEXTS = frozenset(("id", "source", "type", "datacontenttype", "dataschema", "subject", "time", *_OWN_EXTENSIONS))


def read_request(headers: Iterable[tuple[str, str]], body: bytes, received: datetime) -> list[Read] | Event:
    """What an HTTP request carries: one event, or for a batch one entry for each event in it.

    A single event that is none, and a body that is no batch, are raised. Header names are lower case.
    """
    fields = list(headers)
    content_type = _media_type(next((value for name, value in fields if name == "content-type"), ""))
    if content_type == BATCH:
        return read_batch(body, received)
    if content_type == STRUCTURED:
        return read_structured(body, received)
    if content_type.startswith("application/cloudevents"):
        _refuse(f"The format {content_type} is not read here; send {STRUCTURED} or {BATCH}.")
    if not any(name.startswith("ce-") for name, _ in fields):
        _refuse(f"This is not a CloudEvent: send it as {STRUCTURED}, as {BATCH}, or with ce- headers.")
    return read_binary(fields, body, received)


def read_structured(body: bytes, received: datetime) -> Event:
    """The event that is written as one JSON object. `received` is its time if it has none of its own."""
    return read_object(_json(body), received)


def read_batch(body: bytes, received: datetime) -> list[Read]:
    """The events of a JSON array, in order, each with its error if it is none."""
    batch = _json(body)
    if not isinstance(batch, list):
        _refuse("A batch is a JSON array of events.")
    if len(batch) > MAX_BATCH:
        raise Incorrect("too-large", f"A batch holds at most {MAX_BATCH:,} events; this one has {len(batch):,}.")
    return [_attempt(each, received) for each in batch]


def read_binary(headers: Iterable[tuple[str, str]], body: bytes, received: datetime) -> Event:
    """The event whose attributes are HTTP headers `ce-…`, and whose data is the body."""
    attributes: dict[str, object] = {}
    for name, value in headers:
        attribute = name[3:] if name.startswith("ce-") else "datacontenttype" if name == "content-type" else None
        if attribute is None:
            continue
        if attribute in attributes or name == "ce-datacontenttype":
            _refuse(f"The attribute {attribute} is given twice, or by the wrong header.")
        attributes[attribute] = value if name == "content-type" else _header_value(attribute, value)
    if len(body) > MAX_DATA_BYTES:
        raise Incorrect("too-large", f"data may have {MAX_DATA_BYTES:,} bytes; this has {len(body):,}.")
    if body:
        _require_json(attributes.get("datacontenttype"))
        attributes["data"] = _json(body)
    return read_object(attributes, received)


def read_object(given: object, received: datetime) -> Event:
    """The event that a JSON object of attributes and `data` describes; else `invalid-event` and which part is wrong."""
    if not isinstance(given, dict):
        _refuse("An event is a JSON object.")
    attributes = {name: value for name, value in given.items() if value is not None and name != "data"}
    for name, value in attributes.items():
        _check_attribute(name, value)
    if attributes.get("specversion") != "1.0":
        _refuse('specversion must be "1.0".')
    for name in ("id", "source", "type"):
        if name not in attributes:
            _refuse(f"{name} is missing.")
    _require_json(attributes.get("datacontenttype"))
    if "twin" not in attributes and "identifiers" not in attributes:
        _refuse("The event names no twin: give it a twin, or identifiers.")
    try:
        event = Event(
            id=attributes["id"],
            source=attributes["source"],
            type=attributes["type"],
            time=_time(attributes["time"]) if "time" in attributes else instant(received),
            twin=attributes.get("twin"),
            identifiers=_identifiers(attributes.get("identifiers")),
            session=_session(attributes),
            channel=attributes.get("channel"),
            data=_data(given.get("data")),
        )
        return event if "time" in attributes else event.as_untimed()
    except ValidationError as error:
        raise Incorrect("invalid-event", f"{_first_of(error)}.") from None


def _attempt(given: object, received: datetime) -> Read:
    try:
        return read_object(given, received)
    except BeliefgraphError as error:
        return error


def _check_attribute(name: str, value: object) -> None:
    if name == "data_base64":
        _refuse("data_base64 is not read here; send JSON in data.")
    if not _ATTRIBUTE.match(name):
        _refuse(f"The attribute name {name[:100]!r} is not of lower-case letters and digits only.")
    if name in _TEXTS and (not isinstance(value, str) or value == ""):
        _refuse(f"{name} must be a text that is not empty; leave it out if there is none.")
    if not isinstance(value, (str, bool, int)):
        _refuse(f"The extension {name} must be a text, a whole number or a boolean.")


def _time(text: str) -> datetime:
    if not _TIME.match(text):
        _refuse("time must be written as in RFC 3339, such as 2026-01-05T10:00:00Z.")
    try:
        return instant(read_moment(text.upper()))
    except (ValueError, Incorrect) as error:
        if isinstance(error, Incorrect) and error.code == "naive-datetime":
            raise
        _refuse("time is no moment of the calendar, or none that can be kept.")


def _identifiers(text: str | None) -> tuple[Any, ...]:
    found: dict[tuple[str, str], None] = {}
    for part in (text or "").split(","):
        if text is None:
            break
        scheme, colon, value = part.strip().partition(":")
        if not (scheme and colon and value):
            _refuse("identifiers must be a list such as crm:8812,device:a1, with commas inside a value as %2C.")
        found[_unquoted("identifiers", scheme), _unquoted("identifiers", value)] = None
    return tuple({"scheme": scheme, "value": value} for scheme, value in found)


def _session(attributes: Mapping[str, Any]) -> Any:
    named = {attributes[name] for name in ("session", "sessionid") if name in attributes}
    if len(named) > 1:
        _refuse("session and sessionid name two sessions; give one.")
    return next(iter(named), None)


def _data(data: object) -> dict[str, Any]:
    """The data as an object: none is an empty one, and what is no object is wrapped as {"value": …}."""
    if data is None:
        return {}
    check_data(data)
    return data if isinstance(data, dict) else {"value": data}


def _json(body: bytes) -> Any:
    try:
        return read_json(body)
    except orjson.JSONDecodeError as error:
        _refuse(f"This is not JSON: {error}.")


def _require_json(content_type: object) -> None:
    if content_type is not None and not _JSON.match(_media_type(str(content_type))):
        _refuse("data must be JSON: datacontenttype is something else.")


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _header_value(attribute: str, value: str) -> str:
    """A header's value as the HTTP binding decodes it: quotes taken off, then percent-decoded once."""
    if not value.isascii():
        _refuse(f"{attribute} has other characters than ASCII's in its header; percent-encode them as UTF-8.")
    if len(value) >= 2 and value[0] == value[-1] == '"':
        value = _QUOTED_PAIR.sub(r"\1", value[1:-1])
    return _unquoted(attribute, value)


def _unquoted(attribute: str, text: str) -> str:
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        _refuse(f"{attribute} is not UTF-8 once its percent-encoding is undone.")


def _first_of(error: ValidationError) -> str:
    """The first thing wrong, with its place, and without the value."""
    wrong = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return f"{'.'.join(str(part) for part in wrong['loc'])}: {wrong['msg']}"


def _refuse(message: str) -> NoReturn:
    raise Incorrect("invalid-event", message)
