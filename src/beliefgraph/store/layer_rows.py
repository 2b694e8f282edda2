"""The rows of layers without statements of their own: declared once, then stored and read by generic queries.

A layer declares the label of its records, the published row of each, and the statements that evidence makes about them.
Their encoding follows from their fields: types that Neo4j has are stored natively, moments as text in UTC, and
everything else as JSON. Fields that are marked personal are sealed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

from beliefgraph.model.delta import Delta, Records
from beliefgraph.model.personal import personal_fields
from beliefgraph.model.record import STORED, Record
from beliefgraph.model.revision import Publication, Revision, Statement
from beliefgraph.store import codec
from beliefgraph.store.graph_schema import plain_type
from beliefgraph.store.personal import PersonalTexts, is_sealed

T = TypeVar("T", bound=Record)

LABEL = "LayerRecord"
"""The label that the records of all these layers share, so that one index finds them."""

VALIDITY = frozenset({"valid_from", "valid_to"})
"""The moments in rows of layers that are stored as datetimes; others are text."""

NATIVE = (str, int, float, bool)
"""Types that Neo4j stores natively."""


@dataclass(frozen=True)
class LayerRows:
    """How a layer is stored, by its name: the label of its records, and the types of its rows.

    `change` builds the change of a record from the record and its published rows before and after.
    """

    name: str
    label: str
    record: type[Record]
    published: type[Publication]
    stated: type[Statement] | None
    change: Callable[[Any, Any, Any], Record]


class Layers:
    """The layers that a database has rows of, by label and by type."""

    def __init__(self, layers: Iterable[LayerRows] = ()) -> None:
        self._layers = tuple(layers)
        self._by_label = {each.label: each for each in self._layers}
        self._by_type = {
            kind: each
            for each in self._layers
            for kind in (each.record, each.published, each.stated)
            if kind is not None
        }

    def __bool__(self) -> bool:
        return bool(self._layers)

    @property
    def labels(self) -> frozenset[str]:
        """The labels of their records, with the shared one; empty without layers."""
        return frozenset({LABEL, *self._by_label}) if self._layers else frozenset()

    def of(self, labels: Collection[str]) -> LayerRows | None:
        """The layer of a record with these labels; None for a layer that this process does not have."""
        return next((self._by_label[label] for label in labels if label in self._by_label), None)

    def of_type(self, kind: type[Record]) -> LayerRows | None:
        """The layer whose records, statements or published rows have a type."""
        return self._by_type.get(kind)

    def read(self, twin: Sequence[Any], texts: PersonalTexts) -> list[Record]:
        """The records and the revisions that `layer/inputs` returned."""
        records, statements, published = twin
        return [
            *(decoded(layer.record, values, texts) for layer, values in self._known(records)),
            *self.statements(statements, texts),
            *(decoded(layer.published, values, texts) for layer, values in self._known(published)),
        ]

    def statements(self, rows: Iterable[Sequence[Any]], texts: PersonalTexts) -> list[Statement]:
        """The statements of evidence in rows of `layer/statements`."""
        return [decoded(layer.stated, values, texts) for layer, values in self._known(rows) if layer.stated is not None]

    def _known(self, rows: Iterable[Sequence[Any]]) -> Iterator[tuple[LayerRows, Mapping[str, Any]]]:
        for labels, values in rows:
            layer = self.of(labels)
            if layer is not None:
                yield layer, values

    def changes(
        self, opened: Sequence[Any], closed: Sequence[Any], texts: PersonalTexts
    ) -> dict[str, tuple[Record, ...]]:
        """The changes in rows that a commit opened and closed, by the name of the layer."""
        before, after = (
            {values["key"]: (labels, record, values) for labels, record, values in rows} for rows in (closed, opened)
        )
        found: dict[str, list[Record]] = {}
        for key in sorted({**before, **after}):
            labels, record, _ = after.get(key) or before[key]
            layer = self.of(labels)
            if layer is not None:
                ends = (
                    decoded(layer.published, rows[key][2], texts) if key in rows else None for rows in (before, after)
                )
                found.setdefault(layer.name, []).append(layer.change(decoded(layer.record, record, texts), *ends))
        return {name: tuple(changes) for name, changes in found.items()}

    def counted(self, delta: Delta) -> tuple[int, int]:
        """How many rows of these layers a commit publishes and closes."""
        opened, closed = (
            sum(len(rows.of(layer.published)) for layer in self._layers) for rows in (delta.opened, delta.closed)
        )
        return opened, closed

    def written(self, commits: Iterable[tuple[int, Delta]], texts: PersonalTexts) -> dict[str, list[dict[str, Any]]]:
        """The parameters of `layer/write` for the deltas of some commits, each with its rev."""
        rows: dict[str, list[dict[str, Any]]] = {
            "made": [], "closed_statements": [], "statements": [], "closed": [], "published": []
        }  # fmt: skip
        for rev, delta in commits:
            for layer in self._layers:
                rows["made"] += [
                    {"label": layer.label, "values": encoded(row, texts)} for row in delta.made.of(layer.record)
                ]
                rows["closed"] += _closed(delta.closed, layer.published, rev)
                rows["published"] += [{"values": encoded(row, texts)} for row in delta.opened.of(layer.published)]
                if layer.stated is not None:
                    rows["closed_statements"] += _closed(delta.closed, layer.stated, rev)
                    rows["statements"] += [
                        {"evidence": row.evidence, "record": row.about[0], "values": encoded(row, texts)}
                        for row in delta.opened.of(layer.stated)
                    ]
        return rows


NO_LAYERS = Layers()


def encoded(record: Record, texts: PersonalTexts) -> dict[str, Any]:
    """The properties that store a record or a revision; None is left out, and open ends are sentinels."""
    twin: str = record.twin  # type: ignore[attr-defined]
    return with_personal(record, lambda text: texts.seal(twin, text))


def with_personal(record: Record, hide: Callable[[str], Any]) -> dict[str, Any]:
    """The properties with the personal ones replaced."""
    personal, adapters = personal_fields(type(record)), _as_json(type(record))
    values = {name: getattr(record, name) for name in type(record).model_fields}
    stored = {name: _stored(value, adapters.get(name)) for name, value in values.items() if value is not None}
    stored |= {name: hide(text) for name, text in stored.items() if name in personal}
    if isinstance(record, Revision):
        stored.setdefault("valid_to", codec.FOREVER)
        stored.setdefault("rev_to", codec.OPEN_REV)
    return stored


def decoded(kind: type[T], values: Mapping[str, Any], texts: PersonalTexts) -> T:
    """The record of a type that these properties store."""
    adapters = _as_json(kind)
    given: dict[str, Any] = {name: None for name, info in kind.model_fields.items() if info.is_required()}
    values = {name: texts.open(values["twin"], each) if is_sealed(each) else each for name, each in values.items()}
    given |= {
        name: adapters[name].validate_json(value, context=STORED) if name in adapters else value
        for name, value in values.items()
        if name in kind.model_fields
    }
    if issubclass(kind, Revision):
        given["valid_to"] = codec.moment_or_open(given["valid_to"])
        given["rev_to"] = codec.rev_or_open(given["rev_to"])
    return kind.model_validate(given, context=STORED)


@cache
def _as_json(kind: type[Record]) -> Mapping[str, TypeAdapter[Any]]:
    """The JSON adapter of a field; personal fields are stored as JSON, unless they are text."""
    personal = personal_fields(kind)
    return {
        name: TypeAdapter[Any](info.annotation)  # type: ignore[arg-type]
        for name, info in kind.model_fields.items()
        if plain_type(info.annotation) not in ((str,) if name in personal else (*NATIVE, datetime))
    }


def _stored(value: Any, adapter: TypeAdapter[Any] | None) -> Any:
    if adapter is not None:
        return adapter.dump_json(value).decode()
    return codec.text(value) if isinstance(value, datetime) else value


def _closed(rows: Records, kind: type[Revision], rev: int) -> list[dict[str, Any]]:
    return [{"id": row.revision_id, "rev": rev} for row in rows.of(kind)]
