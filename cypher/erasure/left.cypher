// How many nodes of each kind were deleted of a twin that is being erased, and the keyed hashes of the identifiers that
// lead, or led, to it and to no other.
// params: $twin
// returns: one record ({kind: number}, [keyed hash]); none if there is no such twin
// mode: read
MATCH (t:Erasing {id: $twin})
USING INDEX SEEK t:Erasing(id)
RETURN {
  beliefs: coalesce(t.beliefs, 0),
  goals: coalesce(t.goals, 0),
  metrics: coalesce(t.metrics, 0),
  decisions: coalesce(t.decisions, 0),
  records: coalesce(t.records, 0),
  forecasts: coalesce(t.forecasts, 0),
  checkpoints: coalesce(t.checkpoints, 0),
  evidence: coalesce(t.evidence, 0),
  commits: coalesce(t.commits, 0),
  quarantined: coalesce(t.quarantined, 0),
  events: coalesce(t.events, 0)
} AS destroyed, COLLECT {
  MATCH (i:Identifier)-[:IDENTIFIES]->(t)
  WHERE NOT EXISTS { MATCH (i)-[:IDENTIFIES]->(:Twin) }
  WITH DISTINCT i.id AS id ORDER BY id
  RETURN id
} AS identifiers
