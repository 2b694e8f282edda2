// Delete some of the evidence of a twin; a source goes with the last that it reported. Counted where it is being erased.
// params: $twin, $limit
// returns: one record (how many)
// mode: write
MATCH (n:Evidence {twin: $twin})
WITH n LIMIT $limit
OPTIONAL MATCH (n)-[:REPORTED_BY]->(s:Source)
WITH n, s
DETACH DELETE n
WITH count(*) AS evidence, collect(DISTINCT s) AS sources
FOREACH (s IN [s IN sources WHERE NOT EXISTS { (s)<-[:REPORTED_BY]-() }] | DELETE s)
WITH evidence
CALL (evidence) {
  MATCH (t:Erasing {id: $twin})
  SET t.evidence = coalesce(t.evidence, 0) + evidence
  RETURN count(t) AS counted
}
RETURN evidence
