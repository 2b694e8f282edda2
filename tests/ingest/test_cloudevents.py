"""CloudEvents in their three modes become events; what breaks the specification or a bound is told apart."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beliefgraph.errors import BeliefgraphError, Incorrect
from beliefgraph.ingest.cloudevents import (
    BATCH,
    MAX_BATCH,
    STRUCTURED,
    read_batch,
    read_binary,
    read_object,
    read_request,
    read_structured,
)
from beliefgraph.model.event import MAX_DATA_BYTES, MAX_DATA_DEPTH, Event
from beliefgraph.model.record import normalised

RECEIVED = datetime(2026, 9, 30, 12, 0, tzinfo=UTC)

WHOLE: dict[str, Any] = {
    "specversion": "1.0",
    "id": "evt-1",
    "source": "/crm",
    "type": "note.written",
    "time": "2026-01-05T10:00:00+02:00",
    "datacontenttype": "application/json",
    "twin": "buyer-lena",
    "identifiers": "crm:8812,device:a%2Cb",
    "session": "s-1",
    "channel": "mail",
    "subject": "the weather",
    "traceparent": "00-1-2-03",
    "sequence": 7,
    "data": {"text": "They asked for SSO."},
}
PLAIN: dict[str, Any] = {"specversion": "1.0", "id": "1", "source": "/crm", "type": "note", "twin": "lena"}


def structured(**changed: Any) -> Event:
    given = {**PLAIN, **changed}
    return read_structured(orjson.dumps({k: v for k, v in given.items() if v is not ...}), RECEIVED)


def refusal(**changed: Any) -> BeliefgraphError:
    with pytest.raises(BeliefgraphError) as caught:
        structured(**changed)
    return caught.value


def test_a_structured_event_is_read_whole() -> None:
    event = structured(**WHOLE)
    assert event == Event.model_validate(
        {
            "id": "evt-1",
            "source": "/crm",
            "type": "note.written",
            "time": "2026-01-05T08:00:00Z",
            "twin": "buyer-lena",
            "identifiers": [{"scheme": "crm", "value": "8812"}, {"scheme": "device", "value": "a,b"}],
            "session": "s-1",
            "channel": "mail",
            "data": {"text": "They asked for SSO."},
        }
    )


def test_a_binary_event_is_the_same_event() -> None:
    attributes = {k: str(v) for k, v in WHOLE.items() if k not in ("data", "datacontenttype")}
    headers = [(f"ce-{name}", quote(value, safe="")) for name, value in attributes.items()]
    headers += [("content-type", "application/json; charset=utf-8"), ("host", "localhost")]
    assert read_binary(headers, orjson.dumps(WHOLE["data"]), RECEIVED) == structured(**WHOLE)


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"]), min_size=1, max_size=60).filter(
        normalised
    )
)
def test_any_text_survives_the_headers(text: str) -> None:
    headers = [(f"ce-{name}", quote(value, safe="")) for name, value in {**PLAIN, "channel": text}.items()]
    assert read_binary(headers, b"", RECEIVED).channel == normalised(text)


def test_a_quoted_header_of_an_older_sender_is_unquoted_then_percent_decoded() -> None:
    headers = [(f"ce-{name}", value) for name, value in PLAIN.items()]
    assert read_binary([*headers, ("ce-channel", r'"an \"old\" %C3%A9"')], b"", RECEIVED).channel == 'an "old" é'


@pytest.mark.parametrize(
    "wrong",
    [("ce-id", "2"), ("ce-channel", "%ff"), ("ce-datacontenttype", "application/json"), ("content-type", "text/plain")],
)
def test_a_header_that_contradicts_or_does_not_decode_is_refused(wrong: tuple[str, str]) -> None:
    headers = [(f"ce-{name}", value) for name, value in PLAIN.items()]
    with pytest.raises(BeliefgraphError) as caught:
        read_binary([*headers, wrong], b"{}", RECEIVED)
    assert caught.value.code == "invalid-event"


def test_a_batch_keeps_its_order_and_marks_what_is_no_event() -> None:
    first, wrong, last = read_batch(orjson.dumps([PLAIN, {**PLAIN, "id": ""}, {**PLAIN, "id": "3"}]), RECEIVED)
    assert isinstance(first, Event)
    assert isinstance(wrong, BeliefgraphError)
    assert wrong.code == "invalid-event"
    assert isinstance(last, Event)
    assert (first.id, last.id) == ("1", "3")
    assert read_batch(b"[]", RECEIVED) == []


def test_a_batch_that_is_no_array_or_too_long_is_refused_whole() -> None:
    for body, code in ((b"{}", "invalid-event"), (orjson.dumps([PLAIN] * (MAX_BATCH + 1)), "too-large")):
        with pytest.raises(BeliefgraphError) as caught:
            read_batch(body, RECEIVED)
        assert caught.value.code == code


def test_the_content_type_chooses_the_mode() -> None:
    body = orjson.dumps(PLAIN)
    assert isinstance(read_request([("content-type", f"{STRUCTURED}; charset=UTF-8")], body, RECEIVED), Event)
    assert isinstance(read_request([("content-type", BATCH.upper())], b"[" + body + b"]", RECEIVED), list)
    assert isinstance(read_request([(f"ce-{k}", v) for k, v in PLAIN.items()], b"", RECEIVED), Event)
    for content_type in ("application/json", "application/cloudevents+avro", ""):
        with pytest.raises(BeliefgraphError) as caught:
            read_request([("content-type", content_type)], body, RECEIVED)
        assert caught.value.code == "invalid-event"


def test_an_event_without_a_time_gets_the_moment_of_receipt() -> None:
    assert structured().time == RECEIVED
    assert structured(time=None).time == RECEIVED


@pytest.mark.parametrize("time", ["2016-12-31T23:59:60Z", "2017-01-01T00:59:60+01:00", "2016-12-31t23:59:60.0z"])
def test_a_leap_second_is_the_second_that_follows_it(time: str) -> None:
    assert structured(time=time).time == datetime(2017, 1, 1, tzinfo=UTC)


def test_a_time_without_a_zone_is_told_apart() -> None:
    assert refusal(time="2026-01-05T10:00:00").code == "naive-datetime"


@pytest.mark.parametrize(
    "time",
    [
        *("2026-01-05", "20260105T100000Z", "2026-01-05T10:00Z", "2026-01-05T10:00:00+0200", "now", "", 1767607200),
        *("2026-02-30T10:00:00Z", "9999-01-01T00:00:00Z", "0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00"),
        *("2016-12-31T22:59:60Z", "2016-12-31T23:59:60+02:00", "9999-12-31T23:59:60Z", "2016-12-31T23:59:61Z"),
    ],
)
def test_a_time_that_is_not_rfc_3339_is_refused(time: object) -> None:
    assert refusal(time=time).code == "invalid-event"


def test_data_that_is_no_object_is_wrapped() -> None:
    assert structured(data=[1, 2]).data == {"value": [1, 2]}
    assert structured(data="text").data == {"value": "text"}
    assert structured(data=False).data == {"value": False}
    assert structured(data=None).data == {}


@pytest.mark.parametrize(
    "changed",
    [
        {"specversion": "0.3"},
        {"specversion": ...},
        {"id": ...},
        {"id": ""},
        {"id": 7},
        {"id": "x" * 201},
        {"id": "a\nb"},
        {"source": ...},
        {"source": ""},
        {"type": ...},
        {"type": None},
        {"twin": ...},
        {"twin": 42},
        {"twin": ..., "subject": "buyer-lena"},
        {"subject": ""},
        {"datacontenttype": "text/plain", "data": "hello"},
        {"data_base64": "aGVsbG8="},
        {"My-Extension": "x"},
        {"extension": {"nested": 1}},
        {"identifiers": "crm"},
        {"identifiers": "crm:"},
        {"identifiers": "crm:1,"},
        {"identifiers": ",".join(f"crm:{n}" for n in range(11))},
        {"session": "a", "sessionid": "b"},
        {"data": {"text": "a\x00b"}},
        {"data": {"a\x00b": 1}},
    ],
)
def test_what_breaks_the_specification_is_refused(changed: dict[str, Any]) -> None:
    assert refusal(**changed).code == "invalid-event"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b'{"id": NaN}', b'{"data": Infinity}', b"\xff", b"[" * 9_000])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(BeliefgraphError) as caught:
        read_structured(body, RECEIVED)
    assert caught.value.code == "invalid-event"


def test_data_is_bounded_in_size_and_depth_in_every_mode() -> None:
    fits = "x" * (MAX_DATA_BYTES - len('{"text":""}'))
    assert structured(data={"text": fits}).data["text"] == fits
    assert refusal(data={"text": fits + "x"}).code == "too-large"
    headers = [(f"ce-{name}", value) for name, value in PLAIN.items()]
    with pytest.raises(BeliefgraphError) as caught:
        read_binary(headers, b'"' + b"x" * MAX_DATA_BYTES + b'"', RECEIVED)
    assert caught.value.code == "too-large"
    deep: Any = 1
    for _ in range(MAX_DATA_DEPTH - 1):
        deep = {"a": deep}
    assert structured(data=deep).data
    assert refusal(data={"a": deep}).code == "invalid-event"


def test_a_session_may_be_named_either_way_and_repeated_identifiers_count_once() -> None:
    event = structured(sessionid="s-1", identifiers="crm:1, crm:1,device:2")
    assert event.session == "s-1"
    assert [(i.scheme, i.value) for i in event.identifiers] == [("crm", "1"), ("device", "2")]


def test_no_refusal_shows_the_value_it_refuses() -> None:
    for changed in ({"id": "secret\x00"}, {"type": "secret" * 100}, {"data": "secret\x00"}, {"time": "secret"}):
        assert "secret" not in refusal(**changed).message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*WHOLE, "sessionid", "data_base64", "X"]), JSON) | JSON)
def test_anything_else_is_an_event_or_a_typed_refusal(given: Any) -> None:
    whole = {**PLAIN, **given} if isinstance(given, dict) else given
    with suppress(Incorrect):
        assert isinstance(read_object(whole, RECEIVED), Event)
