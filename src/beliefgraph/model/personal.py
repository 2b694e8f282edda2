"""Personal fields of additional layers: sealed in the store, and pseudonyms in an analyst's copy."""

from __future__ import annotations

from functools import cache
from typing import Any

from beliefgraph.model.record import Record

PERSONAL: Any = {"personal": True}
"""Marks such a field: `Field(description=…, json_schema_extra=PERSONAL)`."""


@cache
def personal_fields(kind: type[Record]) -> frozenset[str]:
    """The names of the fields of a record that are marked personal."""
    extra = {name: info.json_schema_extra for name, info in kind.model_fields.items()}
    return frozenset(name for name, each in extra.items() if isinstance(each, dict) and each.get("personal"))
