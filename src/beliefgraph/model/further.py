"""Changes in additional layers, for which receipts and changes have no field of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from beliefgraph.model.record import Record

ChangesInLayers = Mapping[str, tuple[Record, ...]]
"""The changes of each layer, by its name."""

FURTHER: Any = Field(default_factory=dict, description="Changes in further layers, by the name of the layer.")


def by_field(changes: Mapping[str, tuple[Any, ...]], kind: type[Record]) -> dict[str, Any]:
    """The changes of a commit, by the fields that a receipt or a change (`kind`) has for them."""
    own = {name: moved for name, moved in changes.items() if name in kind.model_fields}
    further = {name: moved for name, moved in changes.items() if name not in own and moved}
    return {**own, "layers": further} if further else own
