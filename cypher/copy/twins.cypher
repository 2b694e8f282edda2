// How far each twin of an analyst's copy was brought.
// params: $after ("" from the first), $limit
// returns: one record ([[id, rev, life, sight, rows, forecasts, resolutions]] in the order of their ids)
// mode: read
RETURN COLLECT {
  MATCH (c:CopiedTwin)
  USING INDEX SEEK c:CopiedTwin(id)
  WHERE c.id > $after
  WITH c ORDER BY c.id LIMIT $limit
  RETURN [c.id, c.rev, c.life, c.sight, c.rows, c.forecasts, c.resolutions]
} AS twins
