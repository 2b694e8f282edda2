"""The analysts' saved queries find what the sample story put there, and a style file makes the picture readable."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
import yaml
from neo4j import GraphDatabase, RoutingControl
from neo4j.graph import Graph as Picture
from tests.browser.saved import FOLDER, QUERIES, parameters, play, text
from tests.conftest import StoppedClock
from tests.forecasts.outcomes import Foresight
from tests.world import World

from beliefgraph.local import Endpoint
from beliefgraph.model.caller import Caller
from beliefgraph.services.copies.project import Copying, CopySource
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.permissions.policies import Policies
from beliefgraph.services.permissions.sights import Sights
from beliefgraph.services.snapshots.as_of import Snapshots
from beliefgraph.store.copies import CopyStore
from beliefgraph.store.graph import Graph, connected
from beliefgraph.store.graph_schema import EDGES, NODES
from beliefgraph.store.keys import Keyring

TENANT = "nordlicht"
STYLE = FOLDER / "style.grass"


@pytest_asyncio.fixture(scope="session")
async def story(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The tenant in which the whole sample story was played."""

    tenant = f"{TENANT}-{uuid4().hex[:8]}"
    caller = Caller(
        actor="story", tenant=tenant, scopes=("read", "write", "correct", "define", "erase"), purpose="story"
    )
    clock = StoppedClock()
    world = World(graph, Keyring(tmp_path_factory.mktemp("keys")), clock, caller)
    await play(world, clock)
    keeper = Foresight(world).keeper
    for month in (2, 7):
        await keeper.make(caller, "signs", datetime(2026, month, 14, tzinfo=UTC))
    await keeper.make(caller, "recommends", datetime(2026, 3, 1, tzinfo=UTC))
    await keeper.resolve(caller)
    return tenant


class Analyst:
    """Someone at Neo4j Browser: runs a saved query with parameters, sees its table and its picture."""

    def __init__(self, endpoint: Endpoint, tenant: str) -> None:
        self._driver = GraphDatabase.driver(endpoint.uri, auth=endpoint.auth, telemetry_disabled=True)
        self._tenant = tenant

    def table(self, name: str, **given: Any) -> list[dict[str, Any]]:
        """The rows that the query returns."""
        records, _, _ = self._driver.execute_query(
            text(name), self._all(name, given), database_="neo4j", routing_=RoutingControl.READ
        )
        return [record.data() for record in records]

    def picture(self, name: str, **given: Any) -> Picture:
        """The nodes and relationships that Browser draws."""
        with self._driver.session(database="neo4j") as session:
            return session.run(text(name), self._all(name, given)).graph()

    def close(self) -> None:
        """Log out."""
        self._driver.close()

    def _all(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        parameters_ = {"tenant": self._tenant, **given}
        assert set(parameters_) == parameters(name)
        return parameters_


@pytest.fixture
def analyst(endpoint: Endpoint, story: str) -> Iterator[Analyst]:
    made = Analyst(endpoint, story)
    yield made
    made.close()


def labelled(picture: Picture, label: str) -> list[Any]:
    """The nodes of a label in a picture."""
    return [node for node in picture.nodes if label in node.labels]


def test_a_twin_at_a_glance_is_its_beliefs_and_how_they_hang_together(analyst: Analyst) -> None:
    seen = analyst.picture("twin_at_a_glance", twin="buyer-lena")
    assert [twin["name"] for twin in labelled(seen, "Twin")] == ["buyer-lena"]
    beliefs = {(b["attribute"], b["subject"], b.get("value")): b for b in labelled(seen, "Belief")}
    assert beliefs["world.will_sign", "self", None]["confidence"] > 0.9
    assert beliefs["needs.deployment", "self", "cloud"]["confidence"] > 0.9
    held = [r for r in seen.relationships if r.type == "HOLDS"]
    assert len(held) == len(beliefs), "one holding each, none of those it replaced"
    assert {r.type for r in seen.relationships} >= {"SUPPORTS", "CONTRADICTS"}


def test_why_this_belief_is_its_evidence_with_its_sources(analyst: Analyst) -> None:
    seen = analyst.picture("why_this_belief", twin="buyer-lena", attribute="trust.security_proven")
    bearings = [r for r in seen.relationships if r.type == "BEARS_ON"]
    assert len(bearings) >= 3
    assert {r.end_node["attribute"] for r in bearings if r.end_node is not None} == {"trust.security_proven"}
    assert len(labelled(seen, "Evidence")) == len(bearings)
    assert {source["name"] for source in labelled(seen, "Source")}
    assert any(belief["attribute"] == "trust.doubts_security" for belief in labelled(seen, "Belief"))


def test_why_this_belief_lists_its_evidence_rounded_and_dated_beside_the_picture(analyst: Analyst) -> None:
    (row,) = analyst.table("why_this_belief", twin="buyer-lena", attribute="trust.doubts_security")
    assert any(line.startswith("+0.92 · 2026-02-09 · Sent a security questionnaire. · ") for line in row["lines"])
    assert all(re.fullmatch(r"[+-]\d+\.\d\d? · \d{4}-\d\d-\d\d · .+ · .+", line) for line in row["lines"])
    assert len(row["lines"]) == len(row["evidence"])


def test_an_arrow_of_evidence_shows_its_strength_as_a_short_number_with_its_sign(analyst: Analyst) -> None:
    (caption,) = re.findall(
        r"^relationship\.BEARS_ON \{[^}]*\n  caption: '([^']*)';", STYLE.read_text(encoding="utf-8"), re.M
    )
    assert caption == "{caption} {stance}"
    seen = analyst.picture("why_this_belief", twin="buyer-lena", attribute="trust.doubts_security")
    shown = {r["log_likelihood_ratio"]: r["caption"] for r in seen.relationships if r.type == "BEARS_ON"}
    assert any(len(str(ratio)) > 10 for ratio in shown), "a ratio that is long unless it is rounded"
    for ratio, short in shown.items():
        assert re.fullmatch(r"[+-]\d+(\.\d\d?)?", short)
        assert float(short) == pytest.approx(ratio, abs=0.005)


def test_what_changed_this_week_names_the_cause_and_the_move(analyst: Analyst) -> None:
    rows = analyst.table("what_changed_this_week", twin="buyer-lena")
    assert rows
    assert {row["cause"] for row in rows} <= {"observed", "corrected", "asserted"}
    assert all(row["said"] for row in rows)
    assert all(row["before"] != row["after"] or row["status_before"] != row["status_after"] for row in rows)
    assert [row["rev"] for row in rows] == sorted((row["rev"] for row in rows), reverse=True)


def test_contested_beliefs_show_the_evidence_for_and_against(analyst: Analyst) -> None:
    rows = analyst.table("contested_beliefs")
    assert rows
    assert all(row["until"] is None or row["since"] <= row["until"] for row in rows)
    seen = analyst.picture("contested_beliefs")
    signs = {r["log_likelihood_ratio"] > 0 for r in seen.relationships if r.type == "BEARS_ON"}
    assert signs == {True, False}


def test_which_value_shows_the_distribution_with_the_evidence_on_each(analyst: Analyst) -> None:
    rows = analyst.table("which_value", twin="buyer-lena", variable="needs.deployment")
    assert rows[0]["value"] == "cloud"
    assert {row["value"] for row in rows} == {"cloud", "hybrid", "on premises", "other"}
    assert sum(row["percent"] for row in rows) == pytest.approx(100, abs=3)
    said = {row["value"]: row["said"] for row in rows}
    assert "Signed the contract." in said["cloud"]
    assert "Sent a security questionnaire." in said["on premises"]
    assert said["other"] == []


def test_as_of_a_date_shows_what_was_published_then(analyst: Analyst) -> None:
    then = {"twin": "buyer-lena", "valid_time": "2026-01-31T00:00:00Z"}
    rows = {row["belief"]: row for row in analyst.table("as_of_a_date", **then, recorded_at=None)}
    signs = rows["They will sign, or have signed."]
    assert signs["then"] < 50 < signs["now"]
    doubts = rows["They have doubts about our security."]
    assert doubts["then"] > 50 > doubts["now"]
    assert doubts["evidence_then"]


def test_as_of_a_date_leaves_out_what_the_store_did_not_know_by_then(analyst: Analyst) -> None:
    then = {"twin": "buyer-lena", "valid_time": "2026-01-31T00:00:00Z"}
    known = {row["belief"]: row for row in analyst.table("as_of_a_date", **then, recorded_at=None)}
    early = {row["belief"]: row for row in analyst.table("as_of_a_date", **then, recorded_at="2025-11-15T00:00:00Z")}
    fewer = [b for b in known if len(early[b]["evidence_then"]) < len(known[b]["evidence_then"])]
    assert fewer
    assert all(len(early[b]["evidence_then"]) <= len(known[b]["evidence_then"]) for b in known)


def test_attributes_over_time_show_every_metric_with_its_events(analyst: Analyst) -> None:
    rows = {row["metric"]["name"]: row for row in analyst.table("attributes_over_time", twin="user-omar")}
    assert {"visits.week", "visits.none", "habit.channel", "habit.hour", "habit.cadence"} <= set(rows)
    assert rows["habit.hour"]["metric"]["caption"].startswith("at which hour (UTC) most visits begin")
    assert all(row["days"] >= 0 and len(row["events"]) <= 5 for row in rows.values())
    seen = analyst.picture("attributes_over_time", twin="user-omar")
    assert {r.type for r in seen.relationships} == {"MEASURES", "COUNTS_IN"}
    assert {metric["name"] for metric in labelled(seen, "Metric")} == set(rows)


def test_why_did_they_shows_the_rival_reasons_with_the_evidence_on_each(analyst: Analyst) -> None:
    rows = analyst.table("why_did_they", twin="buyer-lena")
    silent = [row for row in rows if row["done"] == "They have gone silent."]
    assert {row["why"]: row["alone"] for row in silent} == {
        "They wait for the budget.": 0.5,
        "They are losing interest in the product.": 0.5,
        "They prefer another product.": 0.25,
    }
    assert any(row["odds_ratio"] == 2.5 for row in rows)
    seen = analyst.picture("why_did_they", twin="buyer-lena")
    assert {r.type for r in seen.relationships} == {"CAUSES", "BEARS_ON", "REPORTED_BY"}


def test_goals_of_a_twin_are_drawn_once_each_with_what_blocks_and_motivates_them(analyst: Analyst) -> None:
    seen = analyst.picture("goals_of_a_twin", twin="buyer-lena")
    goals = {goal["key"]: goal for goal in labelled(seen, "Goal")}
    assert set(goals) == {
        "reports-sooner",
        "choose-a-tool",
        "security-signed-off",
        "budget-approved",
        "roll-out",
        "stretch-old-reports",
    }
    assert sum(r.type == "PURSUES" for r in seen.relationships) == len(goals)
    assert goals["roll-out"]["caption"].startswith("Roll it out to all freight sites · ")
    assert {r.type for r in seen.relationships} >= {"PART_OF", "DEPENDS_ON", "COMPETES_WITH", "MOTIVATES"}


def test_decisions_of_a_twin_come_with_the_expected_result_and_their_sources(analyst: Analyst) -> None:
    (row,) = analyst.table("decisions_of_a_twin", twin="buyer-lena")
    assert (row["decision"], row["status"], row["chosen"]) == ("Which reporting tool", "done", "us")
    assert (row["expected"], row["actual"], row["told_by"]) == (0.5, 0.9, ["contact:lena"])
    assert "fountain" not in repr(row)
    seen = analyst.picture("decisions_of_a_twin", twin="buyer-lena")
    assert [d["caption"] for d in labelled(seen, "Decision")] == ["Which reporting tool · us"]
    assert sum(r.type == "TELLS" for r in seen.relationships) == 3


def test_stages_of_a_twin_show_what_was_seen_of_each_in_the_order_of_time(analyst: Analyst) -> None:
    rows = analyst.table("stages_of_a_twin", twin="buyer-lena", variable="deal.stage")
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
    last = {row["stage"]: row for row in rows}
    assert {"trying", "business case", "won"} <= set(last)
    assert last["won"]["percent_then"] > 50
    assert last["won"]["percent_now"] < last["won"]["percent_then"], "the evidence has aged since"
    assert all(row["strength"] and row["summary"] and row["rev"] for row in rows)
    seen = analyst.picture("stages_of_a_twin", twin="buyer-lena", variable="deal.stage")
    assert {belief["value"] for belief in labelled(seen, "Belief")} == set(last)


def test_forecasts_of_a_twin_show_the_forecast_and_the_outcome(analyst: Analyst) -> None:
    later, earlier = analyst.table("forecasts_of_a_twin", twin="buyer-lena")
    assert (later["outcome"], later["basis"], later["happened"]) == ("signs", "belief", True)
    assert (earlier["happened"], earlier["at"]) == (False, earlier["due"])
    assert later["probability"] > 0.5 > earlier["probability"]
    seen = analyst.picture("forecasts_of_a_twin", twin="buyer-lena")
    assert len(labelled(seen, "Forecast")) == len(labelled(seen, "Resolution")) == 2


def test_forecasts_of_a_twin_say_by_when_and_which_grade(analyst: Analyst) -> None:
    (signs, _) = analyst.table("forecasts_of_a_twin", twin="buyer-lena")
    assert signs["by_period"] == sorted(signs["by_period"])
    assert (len(signs["by_period"]), signs["by_period"][-1], signs["grade"]) == (3, signs["probability"], None)
    (graded,) = analyst.table("forecasts_of_a_twin", twin="user-omar")
    assert (graded["outcome"], graded["grade"], graded["happened"]) == ("recommends", "passive", False)
    assert [each["grade"] for each in json.loads(graded["grades"])] == ["detractor", "passive", "promoter"]


def test_segments_of_a_tenant_show_who_is_in_each_and_what_came_of_its_forecasts(analyst: Analyst) -> None:
    rows = {(row["outcome"], row["segment"]): row for row in analyst.table("segments_of_a_tenant")}
    evaluating = rows["signs", "evaluating"]
    assert (evaluating["twins"], evaluating["some"]) == (1, ["buyer-lena"])
    assert evaluating["forecasts"] == evaluating["resolved"] == 2
    assert evaluating["came"] == 0.5
    daily = rows["recommends", "daily_users"]
    assert daily["some"]
    assert daily["resolved"] == daily["forecasts"]


def test_preferences_of_a_person_are_shown_in_their_contexts_with_the_evidence(analyst: Analyst) -> None:
    rows = analyst.table("preferences_of_a_person", twin="user-omar")
    assert {row["kind"] for row in rows} == {"style", "learning", "risk", "valence", "constraint", "state"}
    channel = [row for row in rows if row["preference"] == "wants.channel"]
    assert {row["context"] for row in channel} == {"any", "work", "work.incidents"}
    first = {row["context"]: row["belief"] for row in channel[::-1]}
    assert first["work.incidents"] == "They want to be reached by chat."
    assert first["work"] == "They want to be reached by mail."
    said = {row["about"]: row["said"] for row in rows if row["preference"] == "wants.never"}
    assert said == {"call": ["Said how to meet them."]}
    seen = analyst.picture("preferences_of_a_person", twin="user-omar")
    contexts = [
        {end["context"] for end in (r.start_node, r.end_node) if end is not None}
        for r in seen.relationships
        if r.type == "SUPPORTS"
    ]
    captions = {b["caption"].split(" · ")[0] for b in labelled(seen, "Belief")}
    assert {"They want to be reached by chat.", "They want to be reached by chat. (work.incidents)"} <= captions
    assert {"work", "work.incidents"} in contexts
    assert {"any", "work"} in contexts


def test_how_a_goal_moved_tells_from_blocked_to_achieved_and_why(analyst: Analyst) -> None:
    rows = analyst.table("how_a_goal_moved", twin="buyer-lena", goal="choose-a-tool")
    assert [rows[0]["status"], rows[-1]["status"]] == ["achieved", "blocked"]
    unblocked = next(row for row in rows[::-1] if row["status"] == "active")
    assert unblocked["reason"] == "It no longer waits for “The budget is approved”."
    assert unblocked["said"] == ["Finance said where the budget stands."]
    assert rows[0]["said"] == ["Signed the contract."]


def test_definitions_in_force_are_every_attribute_and_relation_once(analyst: Analyst) -> None:
    from beliefgraph.story.story import load_story

    catalogs = load_story().catalogs
    seen = analyst.picture("definitions_in_force")
    assert sorted(d["key"] for d in labelled(seen, "Definition")) == sorted(
        a.key for c in catalogs for a in c.attributes
    )
    drawn = [r for r in seen.relationships if r.type not in ("INCLUDES", "DEFINES")]
    assert len(drawn) == sum(len(c.relations) for c in catalogs)


def test_the_parameters_of_the_page_are_set_in_one_line_and_show_something_by_every_query(analyst: Analyst) -> None:
    page = (Path(__file__).parents[2] / "docs" / "analysts.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^ *:params (\{.*\})$", page, re.M)
    given = yaml.safe_load(line)
    assert given["tenant"] == "demo"
    assert set(given) == {parameter for name in QUERIES for parameter in parameters(name)}
    for name in QUERIES:
        chosen = {key: value for key, value in given.items() if key in parameters(name) and key != "tenant"}
        assert analyst.table(name, **chosen), name


def test_a_first_picture_has_some_25_nodes(analyst: Analyst) -> None:
    assert len(analyst.picture("twin_at_a_glance", twin="buyer-lena").nodes) <= 25
    for attribute in ("trust.security_proven", "world.will_sign"):
        assert len(analyst.picture("why_this_belief", twin="buyer-lena", attribute=attribute).nodes) <= 30


@pytest.mark.parametrize("name", QUERIES)
def test_a_saved_query_says_what_it_answers_and_which_parameters_it_takes(name: str) -> None:
    sentence, *comments = [line for line in text(name).splitlines() if line.startswith("//")]
    assert sentence.endswith(".")
    declared = " ".join(comments).split("returns:")[0]
    assert set(re.findall(r"\$(\w+)", declared)) == parameters(name)


def test_every_saved_query_is_explained_to_analysts() -> None:
    page = (Path(__file__).parents[2] / "docs" / "analysts.md").read_text(encoding="utf-8")
    assert [name for name in QUERIES if f"cypher/browser/{name}.cypher" not in page] == []


def test_the_style_captions_every_label_by_a_property_it_has() -> None:
    properties = {node.label: set(node.properties) for node in NODES}
    styled = re.findall(r"^node\.(\w+) \{[^'}]*caption: '([^']*)';", STYLE.read_text(encoding="utf-8"), re.M)
    captions = {label: re.findall(r"\{(\w+)\}", caption) for label, caption in styled}
    assert captions["Belief"] == captions["Metric"] == ["caption"]
    assert captions["Evidence"] == ["summary", "time"]
    assert captions["Source"] == captions["Twin"] == ["name"]
    assert [label for label, named in captions.items() if not named or set(named) - properties[label]] == []


def test_colours_show_how_likely_a_belief_is_and_the_side_of_the_evidence(analyst: Analyst) -> None:
    style = STYLE.read_text(encoding="utf-8")
    coloured = dict(re.findall(r"^node\.([\w.]+) \{[^}]*?\n  color: (#\w+);", style, re.M))
    kinds = [coloured[name] for name in ("Belief", "Belief.Likely", "Belief.Unlikely")]
    assert len(set(kinds)) == 3
    assert coloured["Evidence"] != coloured["Evidence.Against"]
    seen = analyst.picture("twin_at_a_glance", twin="buyer-lena")
    shades = set()
    for belief in labelled(seen, "Belief"):
        p = belief["confidence"]
        expected = {"Likely"} if p >= 0.8 else {"Unlikely"} if p <= 0.2 else set()
        assert set(belief.labels) == {"Belief", *expected}
        shades |= expected
    assert shades == {"Likely", "Unlikely"}
    said: dict[Any, list[float]] = {}
    for r in analyst.picture("contested_beliefs").relationships:
        if r.type == "BEARS_ON":
            said.setdefault(r.start_node, []).append(r["log_likelihood_ratio"])
    assert any(max(ratios) < 0 for ratios in said.values())
    for evidence, ratios in said.items():
        assert ("Against" in evidence.labels) <= (max(ratios) < 0)


def test_the_style_names_no_relationship_that_does_not_exist() -> None:
    styled = re.findall(r"^relationship\.(\w+) \{", STYLE.read_text(encoding="utf-8"), re.M)
    assert set(styled) <= {edge.name for edge in EDGES}


async def test_the_saved_queries_answer_on_an_analysts_copy_as_they_do_on_the_twins(
    graph: Graph, second: Endpoint, story: str, analyst: Analyst, tmp_path: Path
) -> None:
    caller = Caller(actor="analyst", tenant=story, scopes=("read", "define"), purpose="analytics")
    clock, keyring = StoppedClock(), Keyring(tmp_path)
    snapshots, sights = Snapshots(graph, DefinitionBook(graph, clock)), Sights(graph, Policies(graph, clock), clock)
    async with connected(second.uri, second.user, second.password) as other:
        async with other._driver.session() as session:
            await (await session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS")).consume()
        source = CopySource(graph, snapshots, sights)
        copy = Copying([source], DefinitionBook(graph, clock), keyring, clock, CopyStore(other), caller)
        await copy.begin()
        done = await copy.round()
        assert (done.twins, (await copy.check()).different) == (done.written, ())
    name = copy._pseudonyms.twin
    there = Analyst(second, story)
    given = {
        "attribute": "trust.security_proven",
        "variable": "needs.deployment",
        "goal": "choose-a-tool",
        "valid_time": "2026-12-31T00:00:00Z",
        "recorded_at": None,
    }
    try:
        for query in QUERIES:
            wanted = {each: given[each] for each in parameters(query) - {"tenant", "twin"}}
            twin = "user-omar" if query.startswith(("preferences", "attributes_over")) else "buyer-lena"
            named = "twin" in parameters(query)
            found = there.table(query, **wanted, **({"twin": name(twin)} if named else {}))
            original = analyst.table(query, **wanted, **({"twin": twin} if named else {}))
            assert found, query
            if query not in HISTORIES:
                assert len(found) == len(original), query
            if query == "which_value":
                assert [(row["percent"], row["said"]) for row in found] == [
                    (row["percent"], row["said"]) for row in original
                ]
    finally:
        there.close()


HISTORIES = ("what_changed_this_week", "how_a_goal_moved", "contested_beliefs")
"""What changed before the copy was built is not in it."""
