"""The check of catalogs in files: everything that is wrong with them at once, with file, line and column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from pydantic import ValidationError

from beliefgraph.errors import BeliefgraphError
from beliefgraph.ingest.catalogs import Loader, Place, Wrong, placed, read_bytes, written, wrong_parts
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.catalog_checks import problems
from beliefgraph.model.definition import Definitions
from beliefgraph.model.record import Record
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.definitions.layout import require_answers
from beliefgraph.services.interpretation.check import SHOWN, faults, text_fault


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong in a file of catalogs; line and column count from 1, and are 0 where there are none."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        """The finding as compilers write theirs: file:line:column: message."""
        return f"{self.file}:{self.line}:{self.column}: {self.message}" if self.line else f"{self.file}: {self.message}"


@dataclass(frozen=True)
class Checked:
    """The catalogs of some files, as far as they can be read, and everything that is wrong with them."""

    catalogs: Sequence[Catalog]
    findings: Sequence[Finding]


def check_files(paths: Sequence[Path], *, alone: bool = True) -> Checked:
    """All that is wrong with the catalogs of some files, each by itself and together.

    Where they are not `alone`, other catalogs may define what they name, and the check between catalogs is left out.
    """
    drafts: list[_Draft] = []
    findings: list[Finding] = []
    for path in paths:
        try:
            text = read_bytes(path)
            given = written(text, path.name)
        except BeliefgraphError as error:
            findings.append(_unreadable(path.name, error))
            continue
        nodes = _Nodes(text, len(given))
        drafts += [_Draft(path.name, each, nodes, n) for n, each in enumerate(given)]
    findings += [finding for draft in drafts for finding in draft.findings()]
    usable = [draft for draft in drafts if draft.catalog is not None]
    catalogs = [draft.catalog for draft in usable if draft.catalog is not None]
    if alone:
        findings += _between(usable, catalogs, {name for draft in drafts for name in draft.left_out})
    if alone and not findings and catalogs:
        findings += _infeasible(usable[0], catalogs)
    order = {path.name: n for n, path in enumerate(paths)}
    return Checked(catalogs, sorted(findings, key=lambda one: (order[one.file], one.line, one.column)))


class _Draft:
    """One catalog as it is written in a file, and what can be used of it where parts are wrong.

    `left_out` are the keys of attributes that cannot be used, which others may well name.
    """

    def __init__(self, file: str, given: object, nodes: _Nodes, number: int) -> None:
        self.file = file
        self._nodes = nodes
        self._number = number
        self._given = given
        self._wrong = list(_wrong_parts(Catalog, given, ()))
        self.catalog, self._kept = _usable(given, self._wrong)
        known = {a.key for a in self.catalog.attributes} if self.catalog is not None else set()
        self.left_out = _keys(given) - known

    def findings(self) -> Iterator[Finding]:
        """All that is wrong with it by itself."""
        yield from (self.finding(each) for each in (*self._wrong, *self._texts_left_out()))
        if self.catalog is not None:
            for place, why in faults(self.catalog):
                yield self.finding(Wrong(self.written_at(_parts(place)), why))

    def _texts_left_out(self) -> Iterator[Wrong]:
        """What is wrong with the texts of items that cannot be used for another reason."""
        if not isinstance(self._given, dict):
            return
        for name, (field, slots) in SHOWN.items():
            for n in sorted({place[1] for place, *_ in self._wrong if len(place) > 1 and place[0] == name}):
                text = self._given[name][n].get(field) if isinstance(self._given[name][n], dict) else None
                if isinstance(text, str) and (why := text_fault(text, slots)):
                    yield Wrong((name, n, field), why)

    def finding(self, wrong: Wrong) -> Finding:
        """Something wrong, with its place in the file."""
        line, column = self._nodes.mark(self._number, wrong.place, at_key=wrong.unknown)
        where = placed(wrong.place)
        message = f"{where}: {wrong.message}" if where else wrong.message
        return Finding(self.file, line, column, message if message.endswith((".", "?")) else f"{message}.")

    def written_at(self, place: Place) -> Place:
        """A place in the usable catalog as a place in what is written: items that are wrong were left out."""
        if len(place) < 2 or place[0] not in self._kept or not isinstance(place[1], int):
            return place
        return (place[0], self._kept[place[0]][place[1]], *place[2:])


def _between(drafts: Sequence[_Draft], catalogs: Sequence[Catalog], left_out: set[str]) -> Iterator[Finding]:
    """What is wrong between catalogs; what an attribute that cannot be used would have to say is not guessed."""
    for problem in problems(catalogs, sorted(left_out)):
        if problem.error.ids.get("attribute") not in left_out:
            draft = drafts[problem.catalog]
            yield draft.finding(Wrong(draft.written_at(problem.place), problem.error.message))


def _infeasible(first: _Draft, catalogs: Sequence[Catalog]) -> Iterator[Finding]:
    """That the statements of all catalogs cannot hold together."""
    try:
        require_answers(DefinitionGraph(Definitions(tenant="check", number=1, catalogs=tuple(catalogs))))
    except BeliefgraphError as error:
        yield Finding(first.file, 0, 0, error.message)


def _wrong_parts(kind: type[Record], given: object, at: Place) -> Iterator[Wrong]:
    """Everything wrong with what should be a `kind`, part by part: one wrong part hides no other."""
    broken: set[str] = set()
    if isinstance(given, dict):
        for name, field in kind.model_fields.items():
            inner = _record_in(field.annotation)
            if inner is None or name not in given:
                continue
            parts = enumerate(given[name]) if isinstance(given[name], list) else [(None, given[name])]
            found = [
                wrong
                for n, part in parts
                if isinstance(part, dict)
                for wrong in _wrong_parts(inner, part, (*at, name) if n is None else (*at, name, n))
            ]
            if found:
                broken.add(name)
                yield from found
        given = {name: value for name, value in given.items() if name not in broken}
    try:
        kind.model_validate(given)
    except ValidationError as error:
        for wrong in wrong_parts(kind, given, error):
            if not wrong.place or wrong.place[0] not in broken:
                yield wrong._replace(place=(*at, *wrong.place))
    except BeliefgraphError as error:
        if not broken:
            yield Wrong(at, error.message)


def _record_in(annotation: Any) -> type[Record] | None:
    """The record that a field holds, alone, or several of them, or perhaps none; None where it holds something else."""
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return annotation
    if get_origin(annotation) is tuple or type(None) in get_args(annotation):
        found = [each for each in map(_record_in, get_args(annotation)) if each is not None]
        return found[0] if len(found) == 1 else None
    return None


def _usable(given: object, wrong: Sequence[Wrong]) -> tuple[Catalog | None, Mapping[str | int, list[int]]]:
    """The catalog without unknown fields and the items that are wrong; for each list, the numbers of those left."""
    if not isinstance(given, dict):
        return None, {}
    given = deepcopy(given)
    for each in wrong:
        if each.unknown:
            _drop(given, each.place)
    gone = {each.place[:2] for each in wrong if not each.unknown}
    kept: dict[str | int, list[int]] = {
        name: [n for n in range(len(items)) if (name, n) not in gone]
        for name, items in given.items()
        if isinstance(items, list)
    }
    left = {
        name: [value[n] for n in kept[name]] if name in kept else value
        for name, value in given.items()
        if (name,) not in gone
    }
    try:
        return Catalog.model_validate(left), kept
    except (ValidationError, BeliefgraphError):
        return None, {}


def _drop(given: Any, place: Place) -> None:
    """Remove a field from what is written."""
    for part in place[:-1]:
        given = given[part]
    given.pop(place[-1], None)


def _keys(given: object) -> set[str]:
    """The keys of the attributes that are written down, whatever else is."""
    listed = given.get("attributes") if isinstance(given, dict) else None
    return {str(each["key"]) for each in listed or () if isinstance(each, dict) and "key" in each}


def _parts(place: str) -> Place:
    """The parts of a place written as events[0].when."""
    parts = place.replace("[", ".").replace("]", "").split(".")
    return tuple(int(part) if part.isdigit() else part for part in parts)


def _unreadable(file: str, error: BeliefgraphError) -> Finding:
    """A file in which not even YAML or JSON can be read."""
    line, column = (error.ids.get(name) for name in ("line", "column"))
    known = isinstance(line, int) and isinstance(column, int)
    return Finding(file, line if known else 0, column if known else 0, error.message)  # type: ignore[arg-type]


class _Nodes:
    """Positions of the parts of a file, which is parsed again on first use: the first parse keeps none."""

    def __init__(self, text: bytes, catalogs: int) -> None:
        self._text = text
        self._catalogs = catalogs
        self._found: list[yaml.Node] | None = None

    def mark(self, catalog: int, place: Place, *, at_key: bool) -> tuple[int, int]:
        """Line and column of a place in one of the catalogs, or of the nearest that is written around it."""
        if self._found is None:
            self._found = self._compose()
        if catalog >= len(self._found):
            return 0, 0
        node = self._found[catalog]
        mark = node.start_mark
        for n, part in enumerate(place):
            inner = _inside(node, part)
            if inner is None:
                break
            key, node = inner
            mark = key.start_mark if at_key and n == len(place) - 1 else node.start_mark
        return mark.line + 1, mark.column + 1

    def _compose(self) -> list[yaml.Node]:
        try:
            nodes = [node for node in yaml.compose_all(self._text, Loader) if node is not None]
        except yaml.YAMLError:  # JSON that is no YAML
            return []
        found = [each for node in nodes for each in (node.value if isinstance(node, yaml.SequenceNode) else [node])]
        return found if len(found) == self._catalogs else []


def _inside(node: yaml.Node, part: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """The key and the value of a part of a node; an item of a list is its own key."""
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(part)), None)
    return None
