"""What must hold of contexts whatever the definitions are: no store, only definitions, evidence and what follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beliefgraph.errors import BeliefgraphError
from beliefgraph.inference import EXACT
from beliefgraph.model.belief import BeliefKey, logit
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.definition import Definitions
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.definitions.layout import Layout, lay_out, require_answers

CONTEXTS = ("any", "work", "work.mail", "home", "home.sunday.late")
SUBJECTS = ("self", "self", "coffee")
SAME = 1e-8


def attribute(random: Random, name: str) -> dict[str, Any]:
    """A belief that holds or not or has values; it inherits, is a state, or neither."""
    made: dict[str, Any] = {"key": name, "domain": "test", "statement": "{value}"}
    if random.random() < 0.5:
        made["prior"] = round(random.uniform(0.05, 0.9), 2)
    else:
        weights = [random.uniform(0.2, 1.0) for _ in range(random.randint(1, 3))]
        made["values"] = {f"v{n}": weight / (sum(weights) + 0.5) for n, weight in enumerate(weights)}
    match random.choice(("plain", "inherits", "inherits", "state")):
        case "inherits":
            made["preference"] = {"kind": "style", "inherits": random.choice((1.5, 4.0, 20.0, 500.0))}
        case "state":
            made |= {"preference": {"kind": "state"}, "half_life": "PT6H"}
    return made


def relation(random: Random, source: dict[str, Any], target: dict[str, Any]) -> dict[str, Any]:
    """A relation of any kind that can be between the two."""
    kinds = ["supports", "contradicts", "implies", *([] if "values" in target else ["causes"])]
    kind = random.choice(kinds)
    made = {"kind": kind, "source": source["key"], "target": target["key"]}
    for end, of in (("source_value", source), ("target_value", target)):
        if "values" in of:
            made[end] = random.choice(sorted(of["values"]))
    if kind == "implies":
        return {**made, "probability": round(random.uniform(0.2, 0.8), 2)}
    return {**made, "odds_ratio": {"supports": 5.0, "contradicts": 0.3, "causes": 4.0}[kind]}


def defined(random: Random) -> DefinitionGraph | None:
    """Two to five attributes with relations among them; None where they cannot hold together."""
    attributes = [attribute(random, f"a{n}") for n in range(random.randint(2, 5))]
    pairs = [(one, other) for n, one in enumerate(attributes) for other in attributes[n + 1 :]]
    relations = [relation(random, *pair) for pair in pairs if random.random() < 0.5]
    catalog = {"catalog": "test", "version": "1.0.0", "attributes": attributes, "relations": relations}
    try:
        graph = DefinitionGraph(Definitions(tenant="t", number=1, catalogs=(Catalog.model_validate(catalog),)))
        require_answers(graph)
    except BeliefgraphError:
        return None
    return graph


def some(random: Random, graph: DefinitionGraph, number: int) -> list[BeliefKey]:
    """Beliefs of any attribute, subject and context."""
    keys = []
    for _ in range(number):
        of = random.choice(list(graph.definitions.attributes.values()))
        value = random.choice(sorted(of.value_priors)) if of.categorical else None
        place = {"subject": random.choice(SUBJECTS), "context": random.choice(CONTEXTS)}
        keys.append(BeliefKey(attribute=of.key, value=value, **place))
    return keys


def answered(layout: Layout, heard: Mapping[BeliefKey, float]) -> dict[BeliefKey, float]:
    """The log-odds of every belief of a layout, all of them exact."""
    llr = np.zeros(len(layout.ids))
    for key, value in heard.items():
        llr[layout.keys.index(key)] = value
    found: dict[BeliefKey, float] = {}
    for unit in layout.units:
        for row in unit.positions:
            posterior = unit.model.log_odds(llr[row])
            assert (posterior.quality == EXACT).all()
            found |= dict(zip((layout.keys[at] for at in row), posterior.log_odds.tolist(), strict=True))
    return found


def placed(graph: DefinitionGraph, *keys: Iterable[BeliefKey]) -> Layout:
    return lay_out("twin", graph, [key for each in keys for key in each], ())


@settings(max_examples=60)
@given(st.integers(0, 10**6))
def test_whatever_is_defined_looking_into_other_contexts_moves_nothing_and_priors_come_back(seed: int) -> None:
    random = Random(seed)
    graph = defined(random)
    if graph is None:
        return
    heard = {key: random.uniform(-3.0, 3.0) for key in some(random, graph, 4)}
    elsewhere = some(random, graph, 6)
    alone = answered(placed(graph, heard), heard)
    beside = answered(placed(graph, heard, elsewhere), heard)
    assert {key: beside[key] for key in alone} == pytest.approx(alone, abs=SAME)
    for key, log_odds in answered(placed(graph, elsewhere), {}).items():
        prior = graph.definitions.attributes[key.attribute].prior_of(key.value)
        assert prior is not None
        assert log_odds == pytest.approx(logit(prior), abs=SAME)
