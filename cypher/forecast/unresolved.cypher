// The forecasts of some twins that are to be looked at: not resolved yet, or resolved from an earlier rev than the current.
// params: $twins [id], $outcome
// returns: one record ([[id, twin, made at, due (microseconds since 1970), number, happened, at (null: never resolved)]])
// mode: read
RETURN COLLECT {
  UNWIND $twins AS twin
  MATCH (t:Twin {id: twin})-[:FORECASTS]->(f:Forecast)
  WHERE f.outcome = $outcome
  WITH t, f, COLLECT {
    MATCH (f)-[:RESOLVED_AS]->(r:Resolution)
    RETURN [r.number, r.rev, r.happened, r.at.epochSeconds * 1000000 + r.at.microsecond] ORDER BY r.number DESC LIMIT 1
  }[0] AS last
  WHERE last IS NULL OR last[1] < t.rev
  RETURN [f.id, f.twin, f.made_at.epochSeconds * 1000000 + f.made_at.microsecond,
    f.due.epochSeconds * 1000000 + f.due.microsecond, coalesce(last[0], 0), last[2], last[3]]
} AS forecasts
