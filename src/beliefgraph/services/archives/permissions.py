"""The consent receipt in the archive of a twin: its permissions in terms of the W3C Data Privacy Vocabulary. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from beliefgraph.model.permission import NumberedPolicy, Permission, Policy
from beliefgraph.model.record import STORED
from beliefgraph.services.permissions.receipt import consent_receipt
from beliefgraph.store.archives import Row
from beliefgraph.store.codec import OPEN_REV, moment, moment_or_open


def policy_of(rows: Sequence[Row]) -> NumberedPolicy | None:
    """The policy in force among the rows of a tenant; None if it has none."""
    known = [row["properties"] for row in rows if row["kind"] == "Policy"]
    if not known:
        return None
    last = max(known, key=lambda each: int(each["number"]))
    return NumberedPolicy(
        tenant=last["tenant"],
        number=last["number"],
        at=moment(last["at"]["time"]),
        actor=last["actor"],
        policy=Policy.model_validate_json(last["document"], context=STORED),
    )


def receipt_of(policy: NumberedPolicy, twin: str, rows: Sequence[Row]) -> dict[str, Any]:
    """The consent receipt of a twin, from its rows, as of its last commit."""
    (own,) = [row for row in rows if row["kind"] == "Twin"]
    stated = sorted(_stated(own), key=lambda each: (each.key, each.valid_from, each.revision_id))
    return consent_receipt(policy, twin, stated, moment(own["properties"]["last_updated"]["time"]))


def _stated(twin: Row) -> Iterator[Permission]:
    """The stated permissions of a twin, from its rows."""
    for edge in twin["edges"]:
        values = edge["properties"]
        if edge["type"] == "PERMITS" and values["rev_to"] == OPEN_REV:
            yield Permission.model_validate(
                {
                    **values,
                    "twin": twin["key"],
                    "valid_from": moment(values["valid_from"]["time"]),
                    "valid_to": moment_or_open(values["valid_to"]["time"]),
                    "rev_to": None,
                },
                context=STORED,
            )
