"""The CloudEvents SDK for Python: events as it writes them are taken in, each once."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from urllib.request import Request, urlopen

from cloudevents.core.bindings.http import HTTPMessage, to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent


def send(message: HTTPMessage) -> list[str]:
    """What becomes of an event."""
    headers = {**message.headers, "authorization": f"Bearer {os.environ['KEY']}"}
    asked = Request(f"{os.environ['SERVICE']}/events", data=message.body, headers=headers, method="POST")
    with urlopen(asked) as answer:
        return [receipt["status"] for receipt in json.load(answer)["receipts"]]


attributes = {
    "id": "1",
    "source": "/python",
    "type": "priced",
    "specversion": "1.0",
    "time": datetime(2026, 1, 5, 9, tzinfo=UTC),
    "datacontenttype": "application/json",
    "twin": "python",
}
event = CloudEvent(attributes=attributes, data={"note": "é"})
assert send(to_binary_event(event)) == ["accepted"]
assert send(to_structured_event(event)) == ["duplicate"]
print("binary and structured")
