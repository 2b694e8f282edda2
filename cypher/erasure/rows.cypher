// Delete some of the nodes of a twin but its events, evidence first, with all that was stated and published of them; a
// source goes with the last that it reported. Counted by kind where the twin is being erased.
// params: $twin, $limit
// returns: one record (how many)
// mode: write
CALL () {
  MATCH (n:Evidence {twin: $twin})
  USING INDEX SEEK n:Evidence(twin)
  RETURN n, 'evidence' AS kind
  UNION ALL
  MATCH (n:Commit {twin: $twin})
  USING INDEX SEEK n:Commit(twin, rev)
  WHERE n.rev > 0
  RETURN n, 'commits' AS kind
  UNION ALL
  MATCH (n:Belief {twin: $twin})
  USING INDEX SEEK n:Belief(twin)
  RETURN n, 'beliefs' AS kind
  UNION ALL
  MATCH (n:Goal {twin: $twin})
  USING INDEX SEEK n:Goal(twin)
  RETURN n, 'goals' AS kind
  UNION ALL
  MATCH (n:Metric {twin: $twin})
  USING INDEX SEEK n:Metric(twin)
  RETURN n, 'metrics' AS kind
  UNION ALL
  MATCH (n:Decision {twin: $twin})
  USING INDEX SEEK n:Decision(twin)
  RETURN n, 'decisions' AS kind
  UNION ALL
  MATCH (n:LayerRecord {twin: $twin})
  USING INDEX SEEK n:LayerRecord(twin)
  RETURN n, 'records' AS kind
  UNION ALL
  MATCH (f:Forecast {twin: $twin})-[:RESOLVED_AS]->(n:Resolution)
  USING INDEX SEEK f:Forecast(twin)
  RETURN n, 'resolutions' AS kind
  UNION ALL
  MATCH (n:Forecast {twin: $twin})
  USING INDEX SEEK n:Forecast(twin)
  RETURN n, 'forecasts' AS kind
  UNION ALL
  MATCH (n:Checkpoint {twin: $twin})
  USING INDEX SEEK n:Checkpoint(twin)
  RETURN n, 'checkpoints' AS kind
  UNION ALL
  MATCH (n:Quarantine {twin: $twin})
  USING INDEX SEEK n:Quarantine(twin)
  RETURN n, 'quarantined' AS kind
}
WITH n, kind LIMIT $limit
WITH kind, collect(n) AS nodes, count(*) AS number,
  collect(DISTINCT CASE kind WHEN 'evidence' THEN COLLECT { MATCH (n)-[:REPORTED_BY]->(s:Source) RETURN s }[0] END) AS sources
FOREACH (n IN nodes | DETACH DELETE n)
WITH kind, number, sources
CALL (kind, number) {
  MATCH (t:Erasing {id: $twin})
  USING INDEX SEEK t:Erasing(id)
  SET t[kind] = coalesce(t[kind], 0) + number
  RETURN count(t) AS counted
}
WITH sum(number) AS deleted, collect(sources) AS sources
CALL (sources) {
  UNWIND sources AS some
  UNWIND some AS s
  WITH s
  WHERE NOT EXISTS { (s)<-[:REPORTED_BY]-() }
  DELETE s
}
RETURN deleted
