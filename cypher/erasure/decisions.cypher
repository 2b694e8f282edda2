// Delete some of the decisions of a twin, with what was told and published of them; counted where it is being erased.
// params: $twin, $limit
// returns: one record (how many)
// mode: write
MATCH (n:Decision {twin: $twin})
WITH n LIMIT $limit
DETACH DELETE n
WITH count(*) AS decisions
CALL (decisions) {
  MATCH (t:Erasing {id: $twin})
  SET t.decisions = coalesce(t.decisions, 0) + decisions
  RETURN count(t) AS counted
}
RETURN decisions
