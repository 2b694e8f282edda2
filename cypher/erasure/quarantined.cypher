// Delete some of the events in quarantine of a twin; counted where it is being erased.
// params: $twin, $limit
// returns: one record (how many)
// mode: write
MATCH (n:Quarantine {twin: $twin})
WITH n LIMIT $limit
DETACH DELETE n
WITH count(*) AS quarantined
CALL (quarantined) {
  MATCH (t:Erasing {id: $twin})
  SET t.quarantined = coalesce(t.quarantined, 0) + quarantined
  RETURN count(t) AS counted
}
RETURN quarantined
