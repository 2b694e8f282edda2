// Delete some of the commits of a twin; counted where it is being erased.
// params: $twin, $limit
// returns: one record (how many)
// mode: write
MATCH (n:Commit {twin: $twin})
WHERE n.rev > 0
WITH n LIMIT $limit
DETACH DELETE n
WITH count(*) AS commits
CALL (commits) {
  MATCH (t:Erasing {id: $twin})
  SET t.commits = coalesce(t.commits, 0) + commits
  RETURN count(t) AS counted
}
RETURN commits
