"""Every query that reads is used behind permissions, or is listed with the reason why it need not be."""

from __future__ import annotations

from pathlib import Path

CYPHER = Path(__file__).parents[2] / "cypher"

WHOLE = "used only once all of the twin is known to be permitted (Snapshots.whole, Sights.whole)"
EXPORTED = "exported whole where all is permitted; else `extract` takes rows away"
REPLAYED = "read where all is permitted; else what the permitted part published is derived (Snapshots.history)"
FILTERED = "makes the twin that `permitted` takes rows away from"
BY_ID = "reads words by the ids of evidence that the permitted twin has"
RESOLVES = "says which twin an id is of; the answer comes from the permitted twin"
NOTHING = "returns nothing of what is held of a person"
SERVICE = "what the service does by itself: nobody is shown it"
OPERATOR = "for operators with the scope define, of events that are in no twin"
LEARNING = "twins that may not be used are left out (Usable)"
TENANT = "twins of which not everything is permitted are left out (Sights.included)"
COPY = "read from the database of an analyst's copy, which has only what its purpose may see"
ANALYST = "typed into Neo4j Browser by whoever has the database's own password; the service never runs it"

READING = {
    "archive/definitions": NOTHING,
    "archive/edges": EXPORTED,
    "archive/nodes": EXPORTED,
    "archive/occupied": NOTHING,
    "asking/asked": WHOLE,
    "belief/by_id": RESOLVES,
    "belief/history": REPLAYED,
    "belief/one": WHOLE,
    "belief/page": WHOLE,
    "caller/authenticate": NOTHING,
    "caller/list": NOTHING,
    "change/heads": NOTHING,
    "change/since": "shown as they are for the caller (Snapshots.replay)",
    "checkpoint/last": NOTHING,
    "checkpoint/of_twin": FILTERED,
    "copy/columns": COPY,
    "copy/evidence": BY_ID,
    "copy/open": COPY,
    "copy/source": "says where twins are; those that do not exist for the purpose are not read (Copying)",
    "copy/state": COPY,
    "copy/twins": COPY,
    "decision/history": REPLAYED,
    "decision/texts": BY_ID,
    "definition/latest": NOTHING,
    "definition/numbered": NOTHING,
    "definition/tenants": NOTHING,
    "erasure/first_commit": SERVICE,
    "erasure/contents": SERVICE,
    "erasure/left": SERVICE,
    "erasure/receipts": SERVICE,
    "erasure/unfinished": NOTHING,
    "event/arrive": SERVICE,
    "event/evidence": BY_ID,
    "event/of_twin": WHOLE,
    "event/resolve": SERVICE,
    "event/evidence_ids": SERVICE,
    "event/taken_in": "says whether an event is known; hidden where nothing that it says is permitted",
    "evidence/by_id": RESOLVES,
    "evidence/of_twin": WHOLE,
    "evidence/by_ids": BY_ID,
    "forecast/histories": "used once all of the twin is known to be permitted, by the service itself, or to learn",
    "forecast/of_twin": "made anew where a part is permitted (ForecastsInPart)",
    "forecast/record": TENANT,
    "forecast/waiting": SERVICE,
    "goal/by_id": RESOLVES,
    "goal/history": REPLAYED,
    "goal/page": WHOLE,
    "identifier/events": SERVICE,
    "layer/changes": "shown as they are for the caller (Snapshots.replay)",
    "layer/history": REPLAYED,
    "layer/inputs": FILTERED,
    "layer/statements": FILTERED,
    "learning/evidence": LEARNING,
    "learning/parameter_sets": NOTHING,
    "learning/rules": LEARNING,
    "metric/history": REPLAYED,
    "migrations/taken": NOTHING,
    "permission/closed": FILTERED,
    "permission/events": "says of which events something is permitted (ForecastsInPart)",
    "permission/inputs": FILTERED,
    "permission/now": "what the decision is made from; shown to the person and to whoever defines",
    "permission/policy": NOTHING,
    "permission/event_evidence": FILTERED,
    "permission/stated": "what the decision is made from, whom an answer about a tenant is from; shown to nobody",
    "quarantine/count": NOTHING,
    "quarantine/due": SERVICE,
    "quarantine/list": OPERATOR,
    "quarantine/next_due": SERVICE,
    "quarantine/of_twin": WHOLE,
    "reinterpretation/events": SERVICE,
    "reinterpretation/stored": SERVICE,
    "source/page": TENANT,
    "twin/bearings": FILTERED,
    "twin/closed_bearings": FILTERED,
    "twin/closed_measurements": FILTERED,
    "twin/inputs": FILTERED,
    "twin/measurements": FILTERED,
    "twin/moment": FILTERED,
    "twin/named": "those that do not exist for the caller are left out (Snapshots.shown_of)",
    "twin/now": "shown as it exists for the caller (Snapshots.shown)",
    "twin/stale": SERVICE,
}
"""Every query that reads, with how permissions reach it."""


def test_every_query_that_reads_is_behind_permissions_or_says_why_not() -> None:
    reading = {
        path.relative_to(CYPHER).with_suffix("").as_posix()
        for path in CYPHER.rglob("*.cypher")
        if "// mode: read" in path.read_text(encoding="utf-8")
    }
    saved = {name for name in reading if name.startswith("browser/")}
    assert reading - saved == {*READING}
    assert saved, ANALYST
