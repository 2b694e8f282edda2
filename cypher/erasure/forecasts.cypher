// Delete some of the forecasts of a twin with what came of them; counted where it is being erased.
// params: $twin, $limit
// returns: one record (how many)
// mode: write
MATCH (n:Forecast {twin: $twin})
WITH n LIMIT $limit
OPTIONAL MATCH (n)-[:RESOLVED_AS]->(r:Resolution)
WITH n, collect(r) AS resolutions
FOREACH (r IN resolutions | DETACH DELETE r)
DETACH DELETE n
WITH count(*) AS forecasts
CALL (forecasts) {
  MATCH (t:Erasing {id: $twin})
  SET t.forecasts = coalesce(t.forecasts, 0) + forecasts
  RETURN count(t) AS counted
}
RETURN forecasts
