"""Where a twin is among stages and where it is heading, over HTTP, of a real Neo4j."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.trajectories.catalog import STAGES, catalog, document, trajectory
from tests.web.service import Client, Json, Service
from tests.world import START, event

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.catalog_checks import problems
from beliefgraph.model.definition import Definitions
from beliefgraph.model.trajectory import LearnedStage, LearnedStages

SHOWN = """
key title stage position velocity recentVelocity typicalVelocity typicalVelocityMissing inStageSince stalled longerThan
parameters beganAt waited pieces
stages { stage probability }
times { stage reached withinPeriod median low high }
reversals { time before after }
history { time position rev stages { stage probability } }
ahead { time position }
why { id summary source time rev stage logLikelihoodRatio moved }
validTime rev
"""
ASK = f"""
query Trajectory($asOf: AsOf, $points: Int) {{
  trajectory(twin: "lena", key: "buying", points: $points, asOf: $asOf) {{ {SHOWN} }}
}}"""


def sign(id_: str, stage: str, day: float, **data: Any) -> Any:
    """A sign of a stage on a day."""
    return event(id_, "staged", day=day, stage=stage, **data)


def shares(found: Json) -> dict[str, float]:
    """The probability of each stage."""
    return {each["stage"]: each["probability"] for each in found["stages"]}


def on(day: float) -> dict[str, str]:
    """The valid time of a day."""
    return {"validTime": (START + timedelta(days=day)).isoformat()}


async def asked(client: Client, **variables: Any) -> Json:
    """The trajectory."""
    found: Json = (await client.data(ASK, **variables))["trajectory"]
    return found


async def test_a_twin_moves_through_the_stages_that_its_evidence_names(client: Client) -> None:
    await client.observe(sign("1", "evaluation", 0), sign("2", "evaluation", 7))
    first = await asked(client)
    await client.observe(sign("3", "business case", 40), sign("4", "business case", 47))
    second = await asked(client)
    assert (first["stage"], second["stage"]) == ("evaluation", "business case")
    assert second["position"] > first["position"] + 0.5
    assert sum(shares(second).values()) == pytest.approx(1.0)
    assert second["recentVelocity"] > 0
    assert second["velocity"] > 0
    assert [each["stage"] for each in first["times"]] == ["business case", "procurement"]
    assert [each["stage"] for each in second["times"]] == ["procurement"]
    assert (second["parameters"], second["pieces"], second["typicalVelocity"]) == ("stated", 4, None)
    assert second["rev"] == 2
    assert [each["position"] for each in second["ahead"]] == sorted(each["position"] for each in second["ahead"])


async def test_what_moved_it_adds_up_to_where_it_is_and_names_its_evidence(client: Client) -> None:
    await client.observe(sign("1", "evaluation", 0), sign("2", "business case", 20), sign("3", "evaluation", 30))
    found = await asked(client)
    moved = sum(each["moved"] for each in found["why"])
    assert found["beganAt"] + found["waited"] + moved == pytest.approx(found["position"])
    assert {each["stage"]: each["moved"] > 0 for each in found["why"]} == {"business case": True, "evaluation": False}
    for each in found["why"]:
        node = await client.data("query N($id: ID!) { node(id: $id) { ... on Evidence { summary } } }", id=each["id"])
        assert node["node"]["summary"] == each["summary"] == "A sign of a stage."


async def test_without_evidence_the_priors_of_the_stages_answer(client: Client) -> None:
    await client.observe(event("1", "said-nothing"), sign("2", "procurement", 9))
    found = await asked(client, asOf=on(1))
    assert shares(found) == pytest.approx({"evaluation": 6 / 9, "business case": 2 / 9, "procurement": 1 / 9})
    assert (found["inStageSince"], found["history"], found["why"], found["recentVelocity"]) == (None, [], [], None)


async def test_no_answer_as_of_a_moment_sees_what_came_later(client: Client) -> None:
    await client.observe(sign("1", "evaluation", 0))
    await client.observe(sign("2", "business case", 30))
    before, known = await asked(client, asOf=on(35)), await asked(client, asOf={"rev": 2})
    await client.observe(sign("3", "procurement", 60))
    await client.observe(sign("late", "procurement", 20, llr=3.0))
    assert await asked(client, asOf={"rev": 2}) == known
    assert shares(await asked(client, asOf={**on(35), "rev": 2})) == shares(before)
    assert shares(await asked(client, asOf=on(35))) != shares(before), "what came late counts from its own time on"
    assert shares(await asked(client, asOf={**on(15), "rev": 2})) == shares(await asked(client, asOf=on(15)))


async def test_every_point_of_the_history_is_the_answer_of_its_moment(client: Client) -> None:
    await client.observe(*(sign(str(n), STAGES[n // 3]["value"], 10 * n) for n in range(8)))
    retract = """
    mutation R($at: DateTime!) { retract(input: {
      twin: "lena", belief: {attribute: "deal.stage", value: "evaluation"}, validTime: $at
    }) { rev } }"""
    await client.data(retract, at=on(45)["validTime"])
    found = await asked(client, points=9)
    assert len(found["history"]) == 9
    for point in found["history"]:
        then = await asked(client, asOf={"validTime": point["time"]})
        assert shares(then) == pytest.approx(shares(point), abs=1e-12), point["time"]
        assert point["rev"] <= found["rev"]


async def test_what_is_withdrawn_leaves_no_trace_and_a_correction_is_believed(client: Client) -> None:
    await client.observe(sign("1", "evaluation", 0))
    clean = await asked(client, asOf=on(10))
    await client.observe(sign("2", "procurement", 5))
    wrong = await asked(client, asOf=on(10))
    assert shares(wrong)["procurement"] > 4 * shares(clean)["procurement"]
    await client.data(
        'mutation { withdraw(input: {twin: "lena", event: {source: "test", id: "2"}}) { rev } }',
    )
    assert shares(await asked(client, asOf=on(10))) == shares(clean)
    correct = """
    mutation C($at: DateTime!) { correct(input: {
      twin: "lena", belief: {attribute: "deal.stage", value: "procurement"}, holds: true, validFrom: $at
    }) { rev } }"""
    await client.data(correct, at=on(8)["validTime"])
    assert shares(await asked(client, asOf=on(8)))["procurement"] > 0.999


async def test_a_stay_longer_than_nine_of_ten_has_stalled_and_a_step_back_is_told(client: Client) -> None:
    await client.observe(*(sign(str(n), "evaluation", 14 * n, llr=4.0) for n in range(8)))
    found = await asked(client)
    assert (found["stage"], found["stalled"], found["inStageSince"]) == (
        "evaluation",
        True,
        "2026-01-05T09:00:00+00:00",
    )
    assert found["longerThan"] > 0.9
    early = await asked(client, asOf=on(14))
    assert (early["stalled"], early["reversals"]) == (False, [])
    await client.observe(sign("on", "business case", 100, llr=6.0), sign("back", "evaluation", 105, llr=8.0))
    back = await asked(client)
    assert [(each["before"], each["after"]) for each in back["reversals"]] == [("business case", "evaluation")]
    assert not back["stalled"], "it has only just come back"


async def test_learned_stages_are_shown_and_an_answer_rests_on_them_from_the_next_commit_on(
    served: Service, client: Client
) -> None:
    await client.observe(sign("1", "evaluation", 0))
    cold = await asked(client)
    assert (cold["parameters"], cold["typicalVelocity"]) == ("stated", None)
    assert "Nothing was learned" in cold["typicalVelocityMissing"]
    learned = LearnedStages(
        trajectory="buying",
        learned_on=catalog().trajectories[0].learned_on,
        phases=4,
        stages=tuple(
            LearnedStage(value=stage["value"], stay=timedelta(days=20), back=0.0, start=1 / 3, velocity=speed)
            for stage, speed in zip(STAGES, (1.4, 0.3, 0.0), strict=True)
        ),
        until=START,
        twins=60,
        pieces=600,
        gain=0.1,
        error=0.01,
    )
    made = await served.services.callers.create(served.tenant, "learner", ["define"], ["testing"])
    caller = await served.services.callers.authenticate(made.secret)
    await served.services.book.publish_parameters(caller, lambda known: known.with_trajectories((learned,)))
    await client.observe(sign("2", "evaluation", 5))
    warm = await asked(client)
    assert (warm["parameters"], warm["typicalVelocityMissing"]) == ("1", None)
    here = shares(warm)
    assert warm["typicalVelocity"] == pytest.approx(1.4 * here["evaluation"] + 0.3 * here["business case"])
    assert await asked(client, asOf={"rev": cold["rev"]}) == cold
    shown = await client.data(
        "{ definitions { parameters { trajectories { trajectory phases twins stages { value stay velocity } } } } }"
    )
    (found,) = shown["definitions"]["parameters"]["trajectories"]
    assert (found["trajectory"], found["phases"], found["stages"][0]["stay"]) == ("buying", 4, "P20D")


async def test_all_trajectories_are_listed_and_one_that_is_not_defined_is_refused(
    served: Service, client: Client
) -> None:
    await client.observe(sign("1", "evaluation", 0))
    listed = await client.data("""{
      trajectories(twin: "lena") { key stage }
      definitions { catalogs { trajectories { key phases stages { value stay back } } } }
    }""")
    assert listed["trajectories"] == [{"key": "buying", "stage": "evaluation"}]
    assert listed["definitions"]["catalogs"][0]["trajectories"][0]["stages"][1] == {
        "value": "business case",
        "stay": "P42D",
        "back": 0.2,
    }
    refused = await client.refused('{ trajectory(twin: "lena", key: "bying") { stage } }')
    assert refused["code"] == "unknown-trajectory"
    assert (await client.refused(ASK, points=1))["code"] == "invalid-input"
    assert (await client.refused(ASK, points=201))["code"] == "invalid-input"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"stages": [*STAGES, {"value": "party", "stay": "P1D"}]}, "stage party"),
        ({"stages": [*STAGES, STAGES[0]]}, "comes twice"),
        ({"stages": STAGES[:1]}, "at least 2"),
        ({"stages": {"evaluation": "P28D", "procurement": "P30D"}}, "valid tuple"),
        ({"stages": [{"value": "evaluation", "stay": "PT0S"}, *STAGES[1:]]}, "greater than"),
        ({"stages": [{**STAGES[0], "back": 0.1}, *STAGES[1:]]}, "nothing comes before"),
        ({"stages": [*STAGES[:2], {**STAGES[2], "back": 0.1}]}, "returns"),
        ({"attribute": "deal.urgent"}, "true or false"),
        ({"attribute": "deal.unknown"}, "no catalog defines"),
        ({"phases": 0}, "greater than"),
    ],
)
def test_stages_that_do_not_fit_are_refused_with_the_reason(changed: dict[str, Any], says: str) -> None:
    given = document(trajectories=[trajectory(**changed)])
    try:
        found = [problem.error.message for problem in problems([Catalog.model_validate(given)])]
    except (ValueError, BeliefgraphError) as error:
        found = [str(error)]
    assert any(says in message for message in found), found


def test_two_catalogs_may_not_define_the_same_trajectory() -> None:
    again = catalog(catalog="other", attributes=[], events=[])
    with pytest.raises(BeliefgraphError, match="both define the trajectory buying"):
        Definitions(tenant="t", number=1, catalogs=(catalog(), again))
