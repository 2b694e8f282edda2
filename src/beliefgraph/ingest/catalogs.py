"""Catalogs in files: YAML, several documents to a file if you like, or JSON."""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import orjson
import yaml
from pydantic import ValidationError

from beliefgraph.errors import BeliefgraphError, Incorrect, did_you_mean
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.record import Record

MAX_CATALOG_BYTES = 8 * 1024 * 1024  # 5,000 attributes and 20,000 relations, written at length


def read_catalogs(path: Path) -> list[Catalog]:
    """The catalogs of a file in their order; else `invalid-definition`, naming the file and the place in it."""
    return parse_catalogs(read_bytes(path), path.name)


def parse_catalogs(text: bytes, name: str) -> list[Catalog]:
    """The catalogs written in `text`, JSON if `name` ends in .json, else YAML without aliases or repeated keys."""
    return [_catalog(given, name, f"catalog {n}") for n, given in enumerate(written(text, name), start=1)]


def written(text: bytes, name: str) -> list[Any]:
    """What is written in `text` in the place of catalogs, unchecked; JSON if `name` ends in .json, else YAML."""
    if len(text) > MAX_CATALOG_BYTES:
        _refuse(name, "", f"it has more than {MAX_CATALOG_BYTES:,} bytes")
    documents = _json(text, name) if name.endswith(".json") else _yaml(text, name)
    found = [each for document in documents for each in (document if isinstance(document, list) else [document])]
    if not found:
        _refuse(name, "", "it holds no catalog")
    return found


def read_bytes(path: Path) -> bytes:
    """The text of a file of catalogs, as far as it may be long."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_CATALOG_BYTES + 1)
    except OSError as error:
        _refuse(path.name, "", f"it cannot be read: {error.strerror}")


def _catalog(given: object, name: str, place: str) -> Catalog:
    if isinstance(given, dict) and isinstance(given.get("catalog"), str):
        place = f"{place} ({given['catalog'][:120]})"
    try:
        return Catalog.model_validate(given)
    except ValidationError as error:
        wrong = wrong_parts(Catalog, given, error)[0]
        _refuse(name, f"{place} {placed(wrong.place)}".rstrip(), wrong.message)
    except BeliefgraphError as error:
        _refuse(name, place, error.message.rstrip("."))


Place = tuple[str | int, ...]
"""A location in a catalog: names of fields and numbers of items, from the outside in."""


class Wrong(NamedTuple):
    """One thing that is wrong in a catalog; `unknown` if it is a field that does not exist."""

    place: Place
    message: str
    unknown: bool = False


def placed(place: Place) -> str:
    """A place in a catalog as messages write it: events[0].bears_on[1].when."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")


def wrong_parts(kind: type[Record], given: object, error: ValidationError) -> list[Wrong]:
    """What is wrong with `given`, which is no `kind`: one message for each place."""
    found: dict[Place, Wrong] = {}
    for wrong in error.errors(include_url=False, include_input=False):
        place, value = _written(given, wrong["loc"], missing=wrong["type"] == "missing")
        last = place[-1] if place else ""
        message = _wrong(wrong["type"], last) or wrong["msg"]
        if wrong["type"] == "extra_forbidden" and len(place) == 1:
            message += did_you_mean(str(last), kind.model_fields)
        elif wrong["type"] == "literal_error":
            message += did_you_mean(str(value), re.findall(r"'([^']*)'", wrong["msg"]))
        found.setdefault(place, Wrong(place, message, wrong["type"] == "extra_forbidden"))
    return list(found.values())


def _written(given: Any, location: Place, *, missing: bool) -> tuple[Place, object]:
    """The checker's location as a place in what is written, and the value there.

    For a field that accepts several forms, the checker appends the name of one to the location.
    """
    place: list[str | int] = []
    for part in location[:-1] if missing else location:
        found = (isinstance(given, list) and part in range(len(given))) or (isinstance(given, dict) and part in given)
        if found:
            place.append(part)
            given = given[part]
    return (*place, *location[-1:]) if missing else tuple(place), given


def _wrong(kind: str, field: str | int) -> str | None:
    """What is wrong in words of ours, where they help more than the checker's."""
    match kind, field:
        case "missing", _:
            return "it is missing"
        case "extra_forbidden", _:
            return "there is no field of this name"
        case "string_type" | "string_pattern_mismatch", "version":
            return "a version is three numbers, such as 1.0.0"
        case "string_pattern_mismatch", "catalog" | "key" | "domain" | "source" | "target" | "attribute":
            return "a name is lower-case words joined by dots, such as needs.budget_approved"
        case _:
            return None


def _json(text: bytes, name: str) -> list[Any]:
    try:
        return [orjson.loads(text)]
    except orjson.JSONDecodeError as error:
        _refuse(name, "", str(error))


class Loader(yaml.SafeLoader):
    """Plain data only, each key once, nothing by reference: an alias can make a small file large without end."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """The next node; an alias is refused."""
        if self.check_event(yaml.AliasEvent):
            mark = self.get_mark()
            raise yaml.MarkedYAMLError(None, None, "an alias; write it out", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """The mapping of a node; a key that comes twice is refused."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(None, None, "a key that is not a plain text", key.start_mark)
            if key.value in seen:
                raise yaml.MarkedYAMLError(None, None, f"the key {key.value} twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _yaml(text: bytes, name: str) -> list[Any]:
    try:
        return [document for document in yaml.load_all(text, Loader) if document is not None]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = "" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}"
        at = {} if mark is None else {"line": mark.line + 1, "column": mark.column + 1}
        _refuse(name, place, error.problem or "it is not YAML", **at)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        _refuse(name, "", str(error).splitlines()[0] if str(error) else "it is not YAML")


def _refuse(name: str, place: str, wrong: str, **at: int) -> NoReturn:
    where = f"{name}, {place}" if place else name
    raise Incorrect("invalid-definition", f"{where}: {wrong}.", file=name, place=place, **at)
