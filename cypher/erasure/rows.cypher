// Delete some of what belongs to a twin; asked until nothing is left. Deliveries stay, stripped to their hashes; a source
// goes with the last evidence that it reported.
// params: $twin, $limit
// returns: one record (how many nodes were deleted or stripped, how many of each kind since the erasure began)
// mode: write
CALL () {
  MATCH (n:Belief {twin: $twin})
  WITH n LIMIT $limit
  DETACH DELETE n
  RETURN count(*) AS beliefs
}
CALL () {
  MATCH (n:Goal {twin: $twin})
  WITH n LIMIT $limit
  DETACH DELETE n
  RETURN count(*) AS goals
}
CALL () {
  MATCH (n:Metric {twin: $twin})
  WITH n LIMIT $limit
  DETACH DELETE n
  RETURN count(*) AS metrics
}
CALL () {
  MATCH (n:Decision {twin: $twin})
  WITH n LIMIT $limit
  DETACH DELETE n
  RETURN count(*) AS decisions
}
CALL () {
  MATCH (n:Forecast {twin: $twin})
  WITH n LIMIT $limit
  OPTIONAL MATCH (n)-[:RESOLVED_AS]->(r:Resolution)
  WITH n, collect(r) AS resolutions
  FOREACH (r IN resolutions | DETACH DELETE r)
  DETACH DELETE n
  RETURN count(*) AS forecasts
}
CALL () {
  MATCH (n:Checkpoint {twin: $twin})
  WITH n LIMIT $limit
  DETACH DELETE n
  RETURN count(*) AS checkpoints
}
CALL () {
  MATCH (n:Evidence {twin: $twin})
  WITH n LIMIT $limit
  OPTIONAL MATCH (n)-[:REPORTED_BY]->(s:Source)
  WITH n, s
  DETACH DELETE n
  WITH count(*) AS evidence, collect(DISTINCT s) AS sources
  FOREACH (s IN [s IN sources WHERE NOT EXISTS { (s)<-[:REPORTED_BY]-() }] | DELETE s)
  RETURN evidence
}
CALL () {
  MATCH (n:Commit {twin: $twin})
  WHERE n.rev > 0
  WITH n LIMIT $limit
  DETACH DELETE n
  RETURN count(*) AS commits
}
CALL () {
  MATCH (n:Quarantine {twin: $twin})
  WITH n LIMIT $limit
  DETACH DELETE n
  RETURN count(*) AS quarantined
}
CALL () {
  MATCH (n:Event {twin: $twin})
  WITH n LIMIT $limit
  REMOVE n:Event
  SET n = {delivery: n.delivery, body: n.body}
  RETURN count(*) AS events
}
MATCH (t:Erasing {id: $twin})
SET
  t.beliefs = coalesce(t.beliefs, 0) + beliefs,
  t.goals = coalesce(t.goals, 0) + goals,
  t.metrics = coalesce(t.metrics, 0) + metrics,
  t.decisions = coalesce(t.decisions, 0) + decisions,
  t.forecasts = coalesce(t.forecasts, 0) + forecasts,
  t.checkpoints = coalesce(t.checkpoints, 0) + checkpoints,
  t.evidence = coalesce(t.evidence, 0) + evidence,
  t.commits = coalesce(t.commits, 0) + commits,
  t.quarantined = coalesce(t.quarantined, 0) + quarantined,
  t.events = coalesce(t.events, 0) + events
RETURN
  beliefs + goals + metrics + decisions + forecasts + checkpoints + evidence + commits + quarantined + events AS erased,
  {
    beliefs: t.beliefs, goals: t.goals, metrics: t.metrics, decisions: t.decisions, forecasts: t.forecasts,
    checkpoints: t.checkpoints, evidence: t.evidence, commits: t.commits, quarantined: t.quarantined, events: t.events
  } AS destroyed
