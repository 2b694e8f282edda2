// Delete some of the nodes of a twin but its events, evidence first, with all that was stated and published of them; a
// source goes with the last that it reported. Counted by kind where the twin is being erased.
// params: $twin, $limit
// returns: one record (how many)
// mode: write
CALL () {
  MATCH (n:Evidence {twin: $twin})
  RETURN n, 'evidence' AS kind
  UNION ALL
  MATCH (n:Commit {twin: $twin})
  WHERE n.rev > 0
  RETURN n, 'commits' AS kind
  UNION ALL
  MATCH (n:Belief {twin: $twin})
  RETURN n, 'beliefs' AS kind
  UNION ALL
  MATCH (n:Goal {twin: $twin})
  RETURN n, 'goals' AS kind
  UNION ALL
  MATCH (n:Metric {twin: $twin})
  RETURN n, 'metrics' AS kind
  UNION ALL
  MATCH (n:Decision {twin: $twin})
  RETURN n, 'decisions' AS kind
  UNION ALL
  MATCH (n:LayerRecord {twin: $twin})
  RETURN n, 'records' AS kind
  UNION ALL
  MATCH (:Forecast {twin: $twin})-[:RESOLVED_AS]->(n:Resolution)
  RETURN n, 'resolutions' AS kind
  UNION ALL
  MATCH (n:Forecast {twin: $twin})
  RETURN n, 'forecasts' AS kind
  UNION ALL
  MATCH (n:Checkpoint {twin: $twin})
  RETURN n, 'checkpoints' AS kind
  UNION ALL
  MATCH (n:Quarantine {twin: $twin})
  RETURN n, 'quarantined' AS kind
}
WITH n, kind LIMIT $limit
WITH kind, collect(n) AS nodes, count(*) AS number, collect(DISTINCT CASE kind WHEN 'evidence' THEN n.source END) AS sources
FOREACH (n IN nodes | DETACH DELETE n)
WITH kind, number, sources
CALL (kind, number) {
  MATCH (t:Erasing {id: $twin})
  SET t[kind] = coalesce(t[kind], 0) + number
  RETURN count(t) AS counted
}
WITH sum(number) AS deleted, collect(sources) AS sources
CALL (sources) {
  UNWIND sources AS some
  UNWIND some AS id
  MATCH (s:Source {id: id})
  WHERE NOT EXISTS { (s)<-[:REPORTED_BY]-() }
  DELETE s
}
RETURN deleted
