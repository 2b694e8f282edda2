"""`beliefgraph evaluate` as a person meets it, where no service is needed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from beliefgraph.cli.evaluate import app
from beliefgraph.errors import NotFound
from beliefgraph.evaluate import data
from beliefgraph.evaluate.report import Evaluation, Line, Row, at_most, exactly, none


@pytest.mark.parametrize("name", ["polls", "crowd", "population", "cdnow", "twin2k"])
def test_missing_data_is_reported(name: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [name, "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert "data-missing" in result.output
    assert "--data" in result.output


def test_without_data_beside_the_checkout_it_must_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "_CHECKOUT", tmp_path / "checkout")
    with pytest.raises(NotFound, match="--data"):
        data.data_dir(None)
    (tmp_path / "shared" / "data").mkdir(parents=True)
    assert data.data_dir(None) == tmp_path / "shared" / "data"


def test_a_service_that_runs_already_needs_a_key(shared_data: Path) -> None:
    result = CliRunner().invoke(app, ["crowd", "--data", str(shared_data), "--url", "http://127.0.0.1:9"])
    assert result.exit_code == 1
    assert "--key" in result.output


def test_the_fit_can_be_read_as_rows(shared_data: Path) -> None:
    result = CliRunner().invoke(app, ["polls", "--data", str(shared_data), "--fit", "--json"])
    rows = json.loads(result.stdout)
    assert [set(row) for row in rows] == [{"item", "value", "must", "ok"}] * 4
    assert all(row["ok"] for row in rows)


@pytest.mark.parametrize("name", ["trajectories", "changes", "questions"])
def test_forecasts_of_simulated_twins_can_be_read_as_rows(name: str) -> None:
    result = CliRunner().invoke(app, [name, "--twins", "60", "--json"])
    rows = json.loads(result.stdout)
    assert all(set(row) == {"item", "value", "must", "ok"} for row in rows)
    assert any(row["must"] is not None for row in rows)
    assert result.exit_code == (0 if all(row["ok"] for row in rows) else 1)


def test_rows_say_what_must_be_and_scores_demand_nothing() -> None:
    checks = [none("lost", 0), exactly("kept", 2, 3), at_most("off", 1e-9, 1e-8), Row("seen", 5)]
    lines = [Line("now", "ours", {"Brier": 0.1}), Line("now", "theirs", {"Brier": 0.2}, baseline=True)]
    found = Evaluation("small", checks, lines, [])
    assert [row.shown() for row in found.rows] == [
        {"item": "lost", "value": 0, "must": 0, "ok": True},
        {"item": "kept", "value": 2, "must": 3, "ok": False},
        {"item": "off", "value": 1e-9, "must": 1e-8, "ok": True},
        {"item": "seen", "value": 5, "must": None, "ok": True},
        {"item": "now: Brier, ours", "value": 0.1, "must": None, "ok": True},
        {"item": "now: Brier, theirs (baseline)", "value": 0.2, "must": None, "ok": True},
    ]
    assert not found.ok
