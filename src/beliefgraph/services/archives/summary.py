"""The page of an archive for the person: what is believed about them, and what was received."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Any

from beliefgraph.store.archives import Row, text_of
from beliefgraph.store.codec import FOREVER, OPEN_REV

STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em}"
    "td,th{text-align:left;padding:.2em 1em .2em 0}"
)


def summary(tenant: str, rows: Sequence[Row]) -> str:
    """The page as HTML, which loads nothing from elsewhere."""
    twins = [row for row in rows if row["kind"] == "Twin"]
    parts = [_twin(row, rows) for row in twins]
    title = f"What {tenant} holds of {', '.join(row['properties']['name'] for row in twins)}"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><h1>{escape(title)}</h1>{''.join(parts)}</body></html>\n"
    )


def _twin(twin: Row, rows: Sequence[Row]) -> str:
    values = twin["properties"]
    own = [row for row in rows if row["properties"].get("twin") == values["id"]]
    beliefs = {f"Belief {row['key']}": row["properties"] for row in own if row["kind"] == "Belief"}
    held = [
        (edge["properties"], beliefs[edge["to"]])
        for edge in twin["edges"]
        if edge["type"] == "HOLDS" and _current(edge["properties"])
    ]
    held.sort(key=lambda each: (str(each[1]["domain"]), text_of(each[1]["statement"])))
    believed = [(b["domain"], text_of(b["statement"]), _sure(h.get("log_odds"))) for h, b in held]
    received = [
        (row["properties"]["time"]["time"][:10], text_of(row["properties"]["summary"]), _verbatim(row["properties"]))
        for row in sorted(
            (row for row in own if row["kind"] == "Evidence"), key=lambda row: str(row["properties"]["time"]["time"])
        )
    ]
    counted = sorted(Counter(row["kind"] for row in own).items())
    return (
        f"<h2>{escape(values['name'])}</h2>"
        f"<h3>What is believed</h3>{_table(('about', 'belief', 'how sure'), believed)}"
        f"<h3>What was received</h3>{_table(('when', 'what', 'in words'), received)}"
        f"<h3>What the archive has</h3>{_table(('kind', 'rows'), counted)}"
    )


def _current(values: dict[str, Any]) -> bool:
    """Whether a revision is visible at the newest rev, and valid until further notice."""
    return bool(values["rev_to"] == OPEN_REV and values["valid_to"]["time"][:4] == FOREVER[:4])


def _sure(log_odds: Any) -> str:
    """A confidence as text."""
    if log_odds is None:
        return "not known"
    number = float(log_odds["float"] if isinstance(log_odds, dict) else log_odds)
    return f"{100 / (1 + math.exp(-number)):.0f} %"


def _verbatim(values: dict[str, Any]) -> str:
    sealed = values.get("sealed")
    return str(sealed.get("sealed", "")) if isinstance(sealed, dict) else ""


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(each))}</td>' for each in row)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"
