"""What is exported in part is, as of every rev, the export of a twin that was fed only what is permitted."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.archives.test_archives import emptied, members
from tests.effort import effort
from tests.ownership.policies import Enforcing, policy
from tests.services.moods import MOODS
from tests.world import CATALOG, World, event

from beliefgraph.model.command import Withdraw
from beliefgraph.model.event import EventName
from beliefgraph.model.time import AsOf
from beliefgraph.services.archives.archives import Archives
from beliefgraph.services.commits.layers import LAYERS
from beliefgraph.services.derivation.grid import published
from beliefgraph.store.codec import OPEN_REV, moment
from beliefgraph.store.graph import Graph

REFUSED_WITH = {"priced": "money", "audited": "risks", "rated": "ratings"}
"""The category with which each type of event is refused; `said` never is."""

Happened = list[tuple[str, int, float, bool]]
"""Events: their type, day and weight, and whether each is withdrawn in the end."""

EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["said", *REFUSED_WITH]),
        st.integers(0, 40),
        st.integers(-20, 20).map(lambda tenths: tenths / 10),
        st.booleans(),
    ),
    max_size=5,
).map(lambda happened: [*happened, ("said", 7, 0.5, False)])


async def fed(
    world: World, happened: Iterable[tuple[int, tuple[str, int, float, bool]]], refused: set[str]
) -> Enforcing:
    """Lena, who was told these events one after the other and then that some count no more, and what she permits."""
    enforcing = Enforcing(world)
    await world.book.publish(world.caller, CATALOG)
    await enforcing.policies.publish(world.caller, policy())
    happened = list(happened)
    for n, (type_, day, llr, _) in happened:
        await world.intake.observe(world.caller, [event(f"e{n}", type_, day=day, llr=llr, by="ada", text=f"words {n}")])
    for n, (*_, withdrawn) in happened:
        if withdrawn:
            await world.commands.withdraw(
                world.caller, Withdraw(twin="lena", event=EventName(id=f"e{n}", source="test"))
            )
    for category in (None, "risks"):
        await enforcing.permit(category=category)
    for category in sorted(refused):
        await enforcing.permit(category=category, allowed=False)
    return enforcing


async def exported(world: World, enforcing: Enforcing) -> dict[str, list[dict[str, Any]]]:
    """The rows of what is exported for advice, by kind."""
    out = io.BytesIO()
    await Archives(world.graph, world.keyring, enforcing.snapshots).export_twin(enforcing.caller(), "lena", out)
    return {
        name: [json.loads(line) for line in text.splitlines()]
        for name, text in members(out.getvalue()).items()
        if name.startswith("rows/")
    }


def numbered_anew(rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[str]]:
    """Rows with their revs counted through, as if there had been no commits but theirs."""
    revs = {rev: n for n, rev in enumerate(sorted(row["properties"]["rev"] for row in rows["rows/commit.ndjson"]), 1)}

    def renamed(properties: dict[str, Any]) -> dict[str, Any]:
        kept = {key: value for key, value in properties.items() if key != "revision_id"}
        return kept | {
            key: revs.get(kept[key], kept[key]) for key in ("rev", "rev_from", "rev_to", "withdrawn") if key in kept
        }

    found: dict[str, list[str]] = {}
    for name, some in rows.items():
        for row in some:
            row["properties"] = renamed(row["properties"])
            row["edges"] = [{**edge, "properties": renamed(edge["properties"])} for edge in row["edges"]]
            if row["kind"] == "Commit":
                row["key"] = ""
            if row["kind"] == "Twin":
                del row["properties"]["rev"]  # that of the record
        found[name] = sorted(json.dumps(row, sort_keys=True) for row in some)
    return found


def held(rows: dict[str, list[dict[str, Any]]], rev: int) -> dict[str, float]:
    """The log-odds of every belief at a rev, by the rows of an export."""
    (twin,) = rows["rows/twin.ndjson"]
    values = {
        edge["to"]: edge["properties"]
        for edge in twin["edges"]
        if edge["type"] == "HOLDS" and edge["properties"]["rev_from"] <= rev < edge["properties"]["rev_to"]
    }
    assert all(value["rev_to"] <= OPEN_REV for value in values.values())
    return {to.removeprefix("Belief "): _number(value["log_odds"]) for to, value in values.items()}


def _number(written: Any) -> float:
    return float(written["float"] if isinstance(written, dict) else written)


@effort(6)
@given(EVENTS, st.sets(st.sampled_from(sorted(REFUSED_WITH.values())), min_size=1))
async def test_an_export_in_part_is_that_of_a_twin_that_was_fed_only_what_is_permitted(
    world: World, happened: Happened, refused: set[str]
) -> None:
    own = Graph(world.graph._driver, world.graph._database)
    here = World(own, world.keyring, world.clock, world.caller, (*LAYERS, MOODS))
    await emptied(here)
    numbered = list(enumerate(happened))
    enforcing = await fed(here, numbered, refused)
    part = await exported(here, enforcing)
    for commit in part["rows/commit.ndjson"]:
        rev, head_time = commit["properties"]["rev"], moment(commit["properties"]["head_time"]["time"])
        as_of = AsOf(rev=rev, valid_time=head_time)  # what is published is derived at the head time of its commit
        answered = await enforcing.questions.beliefs(enforcing.caller(), "lena", as_of=as_of, first=100)
        states = [row.state for row in answered.nodes]
        assert held(part, rev) == {each.belief.id: published(each.log_odds or 0.0) for each in states}
    assert "PUBLISHES" in json.dumps(part["rows/twin.ndjson"])

    await emptied(here)
    there = World(own, world.keyring, world.clock, world.caller, (*LAYERS, MOODS))
    alone = await fed(there, [each for each in numbered if REFUSED_WITH.get(each[1][0]) not in refused], refused)
    assert numbered_anew(part) == numbered_anew(await exported(there, alone))
