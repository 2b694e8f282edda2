"""Refusing people who were erased, until they consent again: people by name, events by their identifiers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from beliefgraph.errors import Forbidden
from beliefgraph.model.event import Event
from beliefgraph.model.receipt import Receipt
from beliefgraph.model.record import normalised
from beliefgraph.store.keys import Keyring

REASON = "This person was erased; data about them is rejected until they consent again."


def subject(keyring: Keyring, tenant: str, name: str) -> str:
    """The keyed hash by which the person of a twin is known once they are erased."""
    return keyring.digest(tenant, "erased", normalised(name))


def refuse_erased(keyring: Keyring, tenant: str, names: Iterable[str]) -> None:
    """Refuse (`erased`) and count requests about a person who was erased."""
    if not keyring.erasures.any(tenant):
        return
    for name in names:
        hashed = subject(keyring, tenant, name)
        if keyring.erasures.holds(tenant, hashed):
            keyring.erasures.count(tenant, hashed)
            raise Forbidden("erased", REASON, twin=name)


def refused_events(keyring: Keyring, tenant: str, events: Sequence[Event]) -> dict[int, Receipt]:
    """The receipts of the events about people who were erased, by their index; they are counted."""
    if not keyring.erasures.any(tenant):
        return {}
    known: dict[object, str | None] = {}

    def held(hashed: str) -> str | None:
        return hashed if keyring.erasures.holds(tenant, hashed) else None

    def person(name: str) -> str | None:
        if name not in known:
            known[name] = held(subject(keyring, tenant, name))
        return known[name]

    refused: dict[int, Receipt] = {}
    counted: Counter[str] = Counter()
    for index, event in enumerate(events):
        if event.twin is not None:
            found = person(event.twin)
        else:
            hashes = (keyring.digest(tenant, "identifier", each.scheme, each.value) for each in event.identifiers)
            found = next((each for each in map(held, hashes) if each is not None), None)
        if found is not None:
            counted[found] += 1
            refused[index] = Receipt(id=event.id, status="rejected", code="erased", reason=REASON)
    for hashed, events_of in counted.items():
        keyring.erasures.count(tenant, hashed, events_of)
    return refused
