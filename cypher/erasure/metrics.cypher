// Delete some of the metrics of a twin, with what was published of them; counted where it is being erased.
// params: $twin, $limit
// returns: one record (how many)
// mode: write
MATCH (n:Metric {twin: $twin})
WITH n LIMIT $limit
DETACH DELETE n
WITH count(*) AS metrics
CALL (metrics) {
  MATCH (t:Erasing {id: $twin})
  SET t.metrics = coalesce(t.metrics, 0) + metrics
  RETURN count(t) AS counted
}
RETURN metrics
