// Delete some of the beliefs of a twin, with what was published of them; counted where it is being erased.
// params: $twin, $limit
// returns: one record (how many)
// mode: write
MATCH (n:Belief {twin: $twin})
WITH n LIMIT $limit
DETACH DELETE n
WITH count(*) AS beliefs
CALL (beliefs) {
  MATCH (t:Erasing {id: $twin})
  SET t.beliefs = coalesce(t.beliefs, 0) + beliefs
  RETURN count(t) AS counted
}
RETURN beliefs
