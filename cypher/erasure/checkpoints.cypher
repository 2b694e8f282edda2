// Delete some of the checkpoints of a twin; counted where it is being erased.
// params: $twin, $limit
// returns: one record (how many)
// mode: write
MATCH (n:Checkpoint {twin: $twin})
WITH n LIMIT $limit
DETACH DELETE n
WITH count(*) AS checkpoints
CALL (checkpoints) {
  MATCH (t:Erasing {id: $twin})
  SET t.checkpoints = coalesce(t.checkpoints, 0) + checkpoints
  RETURN count(t) AS counted
}
RETURN checkpoints
