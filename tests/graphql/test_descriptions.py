"""Whoever reads the schema finds a sentence wherever they look, and it is the one that the record declares."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLSchema, is_input_object_type, is_interface_type, is_object_type

from beliefgraph import model
from beliefgraph.graphql.schema import make_schema
from beliefgraph.model.belief import BeliefKey, Holding
from beliefgraph.model.record import Record
from beliefgraph.model.vocabulary import literals


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    """The schema as graphql-core has it."""
    return make_schema()._schema


def places(schema: GraphQLSchema) -> Iterator[tuple[str, Any]]:
    """Everything in a schema that can be described, but for GraphQL's own types, with where it stands."""
    for directive in schema.directives:
        yield f"@{directive.name}", directive
        yield from ((f"@{directive.name}({name}:)", argument) for name, argument in directive.args.items())
    for name, type_ in schema.type_map.items():
        if name.startswith("__"):
            continue
        yield name, type_
        if isinstance(type_, GraphQLEnumType):
            yield from ((f"{name}.{word}", value) for word, value in type_.values.items())
        if is_object_type(type_) or is_interface_type(type_) or is_input_object_type(type_):
            for field_name, field in type_.fields.items():
                yield f"{name}.{field_name}", field
                for argument, given in getattr(field, "args", {}).items():
                    yield f"{name}.{field_name}({argument}:)", given


def records() -> Iterator[type[Record]]:
    """Every record of the model."""
    for module in iter_modules(model.__path__):
        import_module(f"{model.__name__}.{module.name}")
    left = Record.__subclasses__()
    while left:
        kind = left.pop()
        left += kind.__subclasses__()
        if kind.__module__.startswith(model.__name__):
            yield kind


def test_everything_in_the_schema_is_described(schema: GraphQLSchema) -> None:
    found = list(places(schema))
    assert len(found) > 1_200
    assert [where for where, what in found if not (what.description or "").strip()] == []


def test_a_description_is_a_sentence_with_names_as_graphql_spells_them(schema: GraphQLSchema) -> None:
    ours = [(where, what.description) for where, what in places(schema) if not where.startswith("@")]
    assert [where for where, text in ours if not text.rstrip().endswith((".", "?", ")", "`"))] == []
    fields = {name for kind in records() for name in kind.model_fields if "_" in name}
    assert [(where, name) for where, text in ours for name in fields if name in text.split()] == []


def test_every_field_of_every_record_is_described_where_it_is_declared() -> None:
    undescribed = [
        f"{kind.__name__}.{name}"
        for kind in records()
        for name, info in kind.model_fields.items()
        if not (info.description or "").strip()
    ]
    assert undescribed == []


def test_the_schema_says_what_the_record_says(schema: GraphQLSchema) -> None:
    shown: Any = schema.type_map["Holding"]
    assert shown.fields["logOdds"].description == Holding.model_fields["log_odds"].description
    given: Any = schema.type_map["BeliefKeyInput"]
    assert given.fields["subject"].description == BeliefKey.model_fields["subject"].description


def test_json_schema_says_what_the_record_and_the_words_of_a_list_say() -> None:
    described = Holding.model_json_schema(mode="serialization")["properties"]
    assert described["log_odds"]["description"] == Holding.model_fields["log_odds"].description
    words = {each["const"]: each["description"] for each in described["status"]["oneOf"]}
    assert list(words) == list(literals(Holding.model_fields["status"].annotation))
    assert all(words.values())
