// The forecasts of an outcome over a horizon with what came of each so far, a page by id.
// params: $tenant, $outcome, $horizon, $retrospective (whether those made too late are wanted), $left_out (ids of twins),
//         $only (ids of twins; null: all), $after ("" from the first), $limit
// returns: one record ([[id, probability, segment, basis, made at, since (microseconds since 1970),
//          [probability by the end of each period], grades (JSON), [happened, at, grade] (null: open)]])
// mode: read
RETURN COLLECT {
  MATCH (f:Forecast)
  USING INDEX SEEK f:Forecast(tenant, outcome, horizon, id)
  WHERE f.tenant = $tenant AND f.outcome = $outcome AND f.horizon = $horizon AND f.id > $after AND (NOT f.retrospective OR $retrospective)
    AND ($only IS NULL OR f.twin IN $only) AND NOT f.twin IN $left_out
  WITH f ORDER BY f.id LIMIT $limit
  RETURN [f.id, f.probability, f.segment, f.basis, f.made_at.epochSeconds * 1000000 + f.made_at.microsecond,
    f.since.epochSeconds * 1000000 + f.since.microsecond, f.cumulative, f.grades, COLLECT {
      MATCH (f)-[:RESOLVED_AS]->(r:Resolution)
      RETURN [r.happened, r.at.epochSeconds * 1000000 + r.at.microsecond, r.grade] ORDER BY r.number DESC LIMIT 1
    }[0]]
} AS forecasts
