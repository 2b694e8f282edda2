"""An event that is sent again is compared with the hash that was stored of it."""

from __future__ import annotations

import pytest

from beliefgraph.model.arrival import ArrivedEvent
from beliefgraph.model.event import Event

BODY, LITERAL, OTHER = "ab" * 16, "cd" * 16, "ef" * 16


STORED = [(BODY, True), (BODY + OTHER, True), (LITERAL + OTHER, True), (OTHER, False), (OTHER * 2, False)]


@pytest.mark.parametrize(("stored", "same"), STORED)
def test_half_of_a_hash_recognises_an_event_of_which_half_or_all_was_stored(stored: str, same: bool) -> None:
    event = Event.model_validate({"id": "1", "source": "shop", "type": "bought", "time": "2026-01-01T00:00:00Z"})
    arrived = ArrivedEvent(id="1", event=event, delivery="d", body=BODY, spelled=LITERAL)
    assert arrived.has_same_body(stored) is same
