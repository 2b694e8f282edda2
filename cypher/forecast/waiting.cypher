// The forecasts of an outcome to be looked at in a page of a tenant's twins by id. One that is not resolved is looked at
// when its horizon is over or an event of the outcome came within it; one that is resolved, when such an event was stored
// or withdrawn at a later rev. Without types of events: one that is not resolved, or was at an earlier rev than the current.
// params: $tenant, $outcome, $types ([type], or null if not by events), $now, $after ("" from the first), $limit (twins)
// returns: one record (id of the last twin of the page or null,
//          [[id, twin, made at, due (microseconds since 1970), number, happened, at, grade (null: never resolved)]])
// mode: read
WITH COLLECT {
  MATCH (t:Twin)
  USING INDEX SEEK t:Twin(id)
  WHERE t.id > $after AND t.tenant = $tenant AND t.rev > 0
  RETURN t ORDER BY t.id LIMIT $limit
} AS twins
RETURN twins[-1].id AS last, COLLECT {
  UNWIND twins AS t
  MATCH (t)-[:FORECASTS]->(f:Forecast)
  WHERE f.outcome = $outcome
  WITH t, f, COLLECT {
    MATCH (f)-[:RESOLVED_AS]->(r:Resolution)
    RETURN [r.number, r.rev, r.happened, r.at.epochSeconds * 1000000 + r.at.microsecond, r.grade] ORDER BY r.number DESC LIMIT 1
  }[0] AS last
  WHERE (last IS NULL AND ($types IS NULL OR f.due <= $now))
    OR (last[1] < t.rev AND $types IS NULL)
    OR ((last IS NULL OR last[1] < t.rev) AND EXISTS {
      MATCH (e:Event {twin: t.id})
      USING INDEX SEEK e:Event(twin)
      WHERE e.type IN $types AND e.time > f.made_at AND e.time <= f.due
        AND (last IS NULL OR e.withdrawn > last[1]
          OR EXISTS { MATCH (c:Commit)-[:CAUSED_BY]->(e) WHERE c.rev > last[1] })
    })
  RETURN [f.id, f.twin, f.made_at.epochSeconds * 1000000 + f.made_at.microsecond,
    f.due.epochSeconds * 1000000 + f.due.microsecond, coalesce(last[0], 0), last[2], last[3], last[4]]
} AS forecasts
