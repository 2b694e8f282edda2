"""A catalog of preferences to test with."""

from __future__ import annotations

from functools import cache
from typing import Any

from beliefgraph.model.belief import ANYONE, ANYWHERE, BeliefKey
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.definition import Definitions
from beliefgraph.model.event import Event
from beliefgraph.services.definitions.graph import DefinitionGraph
from tests.world import event

INHERITS = 8.0
"""The odds ratio with which a preference agrees with itself in the next broader context."""

CHANNELS = {"mail": 0.4, "call": 0.2, "chat": 0.3, "other": 0.1}
"""The priors of `contact.channel`."""

PREFERENCES = Catalog.model_validate(
    {
        "catalog": "wants",
        "version": "1.0.0",
        "attributes": [
            {
                "key": "contact.channel",
                "domain": "preference",
                "values": {value: prior for value, prior in CHANNELS.items() if value != "other"},
                "statement": "wants to be reached by {value}",
                "preference": {"kind": "style", "feature": "channel", "inherits": INHERITS},
            },
            {
                "key": "learns.by_doing",
                "domain": "preference",
                "prior": 0.4,
                "half_life": "P180D",
                "statement": "learns by doing",
                "preference": {"kind": "learning", "inherits": INHERITS},
            },
            {
                "key": "risk.tolerance",
                "domain": "preference",
                "values": {"averse": 0.3, "neutral": 0.4, "seeking": 0.2},
                "statement": "is {value} of risk",
                "preference": {
                    "kind": "risk",
                    "feature": "risk",
                    "inherits": INHERITS,
                    "scores": {"averse": -1, "neutral": 0, "seeking": 1},
                },
            },
            {
                "key": "liking",
                "domain": "preference",
                "values": {"dislikes": 0.2, "neutral": 0.5, "likes": 0.25},
                "statement": "{value} {subject}",
                "preference": {"kind": "valence", "scores": {"dislikes": -1, "neutral": 0, "likes": 1}},
            },
            {
                "key": "contact.never",
                "domain": "preference",
                "prior": 0.02,
                "statement": "refuses to be reached by {subject}",
                "preference": {"kind": "constraint", "feature": "channel", "rule": "never", "hard": True},
            },
            {
                "key": "contact.only",
                "domain": "preference",
                "prior": 0.02,
                "statement": "insists on being reached by {subject}",
                "preference": {"kind": "constraint", "feature": "channel", "rule": "only", "hard": True},
            },
            {
                "key": "budget.most",
                "domain": "preference",
                "prior": 0.02,
                "statement": "spends {subject} at most",
                "preference": {"kind": "constraint", "feature": "price", "rule": "at_most", "hard": True},
            },
            {
                "key": "mood.stressed",
                "domain": "preference",
                "prior": 0.1,
                "half_life": "PT6H",
                "statement": "is stressed",
                "preference": {"kind": "state"},
            },
            {"key": "work.busy", "domain": "world", "prior": 0.3, "statement": "is busy"},
        ],
        "relations": [
            {
                "kind": "supports",
                "source": "mood.stressed",
                "target": "contact.channel",
                "target_value": "chat",
                "odds_ratio": 4.0,
            },
            {"kind": "supports", "source": "work.busy", "target": "mood.stressed", "odds_ratio": 3.0},
            {
                "kind": "supports",
                "source": "learns.by_doing",
                "target": "contact.channel",
                "target_value": "call",
                "odds_ratio": 3.0,
            },
        ],
        "metrics": [
            {
                "key": "visits",
                "statement": "visits to the workshop",
                "kind": "count",
                "events": ["visited"],
                "context": "data.context",
                "window": "P30D",
                "bands": [{"at_least": 2, "bears_on": [{"attribute": "learns.by_doing", "log_likelihood_ratio": 1.5}]}],
            }
        ],
        "events": [
            {
                "type": "slider.moved",
                "summary": "moved the slider",
                "source": "data.by",
                "bears_on": [
                    {
                        "attribute": "risk.tolerance",
                        "context": "data.context",
                        "reading": "data.at / 50.0 - 1.0",
                        "noise": 0.5,
                    }
                ],
            },
            {
                "type": "wanted",
                "summary": "said what they want",
                "source": "data.by",
                "bears_on": [
                    {
                        "attribute": key,
                        "when": f"data.on == '{key}'",
                        "log_likelihood_ratio": "double(data.llr)",
                        **({"value_from": "data.value"} if valued else {}),
                        **({} if key == "mood.stressed" else {"subject": "data.subject", "context": "data.context"}),
                    }
                    for key, valued in (
                        ("contact.channel", True),
                        ("risk.tolerance", True),
                        ("liking", True),
                        ("learns.by_doing", False),
                        ("contact.never", False),
                        ("contact.only", False),
                        ("budget.most", False),
                        ("mood.stressed", False),
                        ("work.busy", False),
                    )
                ],
            },
        ],
    }
)


@cache
def graph() -> DefinitionGraph:
    """These definitions, as a twin is derived from."""
    return DefinitionGraph(Definitions(tenant="acme", number=1, catalogs=(PREFERENCES,)))


def wanted(
    id_: str,
    on: str,
    llr: float,
    *,
    value: str = "",
    context: str = ANYWHERE,
    subject: str = ANYONE,
    day: float = 0,
    by: str = "them",
) -> Event:
    """An event that bears on one preference by exactly `llr`."""
    said: dict[str, Any] = {"on": on, "llr": llr, "value": value, "context": context, "subject": subject}
    return event(id_, "wanted", day=day, by=by, **said)


def channel(value: str, context: str = ANYWHERE) -> BeliefKey:
    """That the person wants to be reached so, in a context."""
    return BeliefKey(attribute="contact.channel", value=value, context=context)
