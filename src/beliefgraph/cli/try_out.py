"""`beliefgraph try`: apply catalogs to events without a database."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from beliefgraph.cli import show
from beliefgraph.cli.neo4j import reporting_errors
from beliefgraph.cli.output import Json, print_json
from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.belief import probability
from beliefgraph.model.event import Event
from beliefgraph.model.time import SystemClock
from beliefgraph.services.upkeep.trial import Score, Trial, try_out

SHOWN = 20
"""Most events, and twins, that are listed separately; --json lists all."""


def try_catalogs(
    catalogs: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Catalog files, YAML or JSON.")],
    events: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="File of CloudEvents, one JSON object per line.")
    ],
    truth: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="CSV file with known truth, to score the beliefs: columns twin, attribute, value, and"
            " optionally subject, context and time.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Try catalogs on events without a database, and store nothing.

    Shows how many events each rule matched, which events would go to quarantine and why, the resulting beliefs of each
    twin and, with --truth, their scores. Exit code 1 if a catalog has errors or a line is not an event.
    """
    from beliefgraph.cli.define import refuse_findings
    from beliefgraph.cli.truth import read_truth
    from beliefgraph.ingest.catalog_check import check_files
    from beliefgraph.ingest.jsonl import read_lines

    with reporting_errors():
        checked = check_files(catalogs)
        refuse_findings(checked.findings)
        clock = SystemClock()
        with events.open("rb") as file:
            lines = list(read_lines(file, clock))
        read = [(line.number, line.read) for line in lines if isinstance(line.read, Event)]
        wrong = [(line.number, line.read) for line in lines if isinstance(line.read, BeliefgraphError)]
        tried = try_out(checked.catalogs, [event for _, event in read], clock.now())
        scores = [] if truth is None else tried.scores(read_truth(truth))
    numbers = [number for number, _ in read]
    if json:
        print_json(_as_json(tried, numbers, wrong, scores))
    else:
        _print(Console(highlight=False), tried, numbers, wrong, scores)
    if wrong:
        raise typer.Exit(1)


def _print(
    out: Console,
    tried: Trial,
    numbers: Sequence[int],
    wrong: Sequence[tuple[int, BeliefgraphError]],
    scores: Sequence[Score],
) -> None:
    table = Table(title="Rules", title_justify="left", box=None, pad_edge=False)
    for column in ("events", "rule", "catalog", "type", ""):
        table.add_column(column, justify="right" if column == "events" else "left")
    for catalog, place, rule, count in tried.rules:
        name, types = _rule(rule)
        table.add_row(f"{count:,}", place, catalog, types, name, style=None if count else "yellow")
    out.print(table)
    outcomes = Counter(fate.outcome for fate in tried.fates) + Counter({"not an event": len(wrong)})
    out.print(", ".join(f"{n:,} {what}" for what, n in outcomes.items()) or "No events.")
    problems = [(number, error.code, error.message) for number, error in wrong]
    problems += [
        (number, fate.code or fate.outcome, fate.reason or "it came before, with another body")
        for number, fate in zip(numbers, tried.fates, strict=True)
        if fate.outcome in ("quarantined", "conflict")
    ]
    for number, code, reason in sorted(problems)[:SHOWN]:
        out.print(f"line {number}: {code}: {reason}", markup=False, soft_wrap=True)
    if len(problems) > SHOWN:
        out.print(f"and {len(problems) - SHOWN:,} more; --json lists all")
    for twin in sorted(tried.steps)[:SHOWN]:
        table = Table(title=f"\n{twin}", title_justify="left", box=None, pad_edge=False, show_header=False)
        for belief, held in tried.beliefs(twin):
            log_odds = held.log_odds
            bar = show.bar(None if log_odds is None else probability(log_odds))
            table.add_row(belief.statement, bar, show.confidence(log_odds, held.quality))
        out.print(table)
    if len(tried.steps) > SHOWN:
        out.print(f"and {len(tried.steps) - SHOWN:,} more twins; --json lists all")
    if scores:
        table = Table("attribute", "rows", "accuracy", "Brier", "log loss", "AUC", box=None, pad_edge=False)
        for one in scores:
            numbers_ = (f"{one.accuracy:.3f}", f"{one.brier:.3f}", f"{one.log_loss:.3f}")
            table.add_row(one.attribute, f"{one.rows:,}", *numbers_, "" if math.isnan(one.auc) else f"{one.auc:.3f}")
        out.print("", table)


def _rule(rule: Any) -> tuple[str, str]:
    """The name of a rule and the types of its events."""
    return (rule.summary, rule.type) if hasattr(rule, "summary") else (rule.key, ", ".join(sorted(rule.types)))


def _as_json(
    tried: Trial,
    numbers: Sequence[int],
    wrong: Sequence[tuple[int, BeliefgraphError]],
    scores: Sequence[Score],
) -> dict[str, Any]:
    rules = [
        {"catalog": catalog, "place": place, "name": _rule(rule)[0], "types": _rule(rule)[1], "events": count}
        for catalog, place, rule, count in tried.rules
    ]
    events = [
        {"line": number, "id": fate.event.id, "status": fate.outcome, "code": fate.code, "reason": fate.reason}
        for number, fate in zip(numbers, tried.fates, strict=True)
    ]
    events += [
        {"line": number, "id": None, "status": "not an event", "code": error.code, "reason": error.message}
        for number, error in wrong
    ]
    twins = {
        twin: {
            "beliefs": [
                {
                    **belief.belief_key.model_dump(),
                    "statement": belief.statement,
                    "confidence": None if held.log_odds is None else probability(held.log_odds),
                    "quality": held.quality,
                    "status": held.status,
                }
                for belief, held in tried.beliefs(twin)
            ],
            "metrics": [
                {"metric": change.metric.name, "value": change.after and change.after.value}
                for change in tried.metrics(twin)
            ],
        }
        for twin in sorted(tried.steps)
    }
    events.sort(key=lambda event: int(str(event["line"])))
    return {"rules": rules, "events": events, "twins": twins, "scores": [_score(one) for one in scores]}


def _score(one: Score) -> dict[str, Any]:
    return {**one.__dict__, "auc": None if math.isnan(one.auc) else one.auc}
