"""The worked example of the page on deciding is what the service answers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from tests.docs.pages import examples
from tests.world import START, World

from beliefgraph.model.catalog import Catalog
from beliefgraph.model.command import AssertBelief, RecordDecision, SetGoal
from beliefgraph.model.decision_check import CheckDecision, OptionCheck
from beliefgraph.services.advice.check import DecisionChecks

NAME = "docs/deciding.md"
PAGE = (Path(__file__).parents[2] / NAME).read_text(encoding="utf-8")
COLUMNS = {"value": "value", "preference": "preference", "goal counts": "goal", "past": "past_decision"}


def table() -> list[dict[str, str]]:
    """The rows of the example, by column."""
    example = PAGE[PAGE.index("### Worked example") :]
    rows = [[cell.strip() for cell in row.split("|")] for row in re.findall(r"^\|(.*)\|$", example, re.MULTILINE)]
    return [dict(zip(rows[0], row, strict=True)) for row in rows[2:]]


def number(cell: str) -> float:
    """The number at the end of a sum, or before a remark."""
    return float(cell.split("=")[-1].split(":")[0].strip().replace("−", "-"))


async def told(world: World) -> DecisionChecks:
    """What the page says is known of Ada."""
    (catalog,) = (Catalog.model_validate(yaml.safe_load(example.code)) for example in examples("yaml", NAME))
    await world.book.publish(world.caller, catalog)
    for belief, confidence in (
        ({"attribute": "value.privacy"}, 0.8),
        ({"attribute": "contact.channel", "value": "mail"}, 0.7),
        ({"attribute": "contact.never", "subject": "call"}, 0.9),
    ):
        await world.commands.assert_belief(
            world.caller,
            AssertBelief.model_validate(
                {"twin": "ada", "belief": belief, "confidence": confidence, "valid_time": START}
            ),
        )
    await world.commands.set_goal(world.caller, SetGoal(twin="ada", goal="calm", priority=0.5, valid_from=START))
    last = {
        "twin": "ada",
        "decision": "last",
        "options": [{"key": "mail", "features": {"channel": "mail", "privacy": -0.5}}],
        "chosen": "mail",
        "expected": {"score": 0.5},
        "actual": {"score": -0.2},
        "valid_from": START,
    }
    await world.commands.record_decision(world.caller, RecordDecision.model_validate(last))
    return DecisionChecks(world.graph, world.book)


async def test_the_table_is_what_is_answered(world: World) -> None:
    checks, rows = await told(world), table()
    options = [
        {
            "key": row["option"],
            "features": {"channel": row["option"], "privacy": number(row["privacy"])},
            "goals": {"calm": number(row["goal"])} if row["goal"] else {},
        }
        for row in rows
    ]
    found = await checks.check(world.caller, CheckDecision.model_validate({"twin": "ada", "options": options[::-1]}))
    assert [one.option.key for one in found.options] == [row["option"] for row in rows] == ["chat", "mail", "call"]
    for one, row in zip(found.options, rows, strict=True):
        assert one.score == pytest.approx(number(row["score"]), abs=5e-4)
        for column, kind in COLUMNS.items():
            assert weight(one, kind) == (pytest.approx(number(row[column])) if row[column] else 0.0)
        assert one.allowed == ("forbidden" not in row["constraint"])
        assert weight(one, "constraint") == (pytest.approx(number(row["constraint"])) if row["constraint"] else 0.0)


def weight(one: OptionCheck, kind: str) -> float:
    """What the points of a kind weigh together; there is one at the most."""
    return sum(point.weight for point in one.points if point.kind == kind)
