"""The examples of the page about ownership hold."""

from __future__ import annotations

import re
from pathlib import Path

import orjson

from beliefgraph.services.permissions.policies import read_policy

PAGE = (Path(__file__).parents[2] / "docs" / "ownership.md").read_text(encoding="utf-8")


def test_the_policy_on_the_page_can_be_published() -> None:
    (document,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    policy = read_policy(orjson.loads(document))
    assert {each.key for each in policy.purposes} == {"advice", "audit"}
    assert [each.key for each in policy.categories if each.special] == ["health"]
