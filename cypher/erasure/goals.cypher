// Delete some of the goals of a twin, with what was stated and published of them; counted where it is being erased.
// params: $twin, $limit
// returns: one record (how many)
// mode: write
MATCH (n:Goal {twin: $twin})
WITH n LIMIT $limit
DETACH DELETE n
WITH count(*) AS goals
CALL (goals) {
  MATCH (t:Erasing {id: $twin})
  SET t.goals = coalesce(t.goals, 0) + goals
  RETURN count(t) AS counted
}
RETURN goals
