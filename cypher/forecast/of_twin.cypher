// The forecasts of a twin, the newest first, each with its resolutions.
// params: $twin, $id (null: all; else the one of that id), $outcome, $horizon (each null: any),
//         $before ([made at, id], or null), $limit
// returns: one record (rev, head time, [[forecast, [resolution]]]); none if no such twin
// mode: read
MATCH (t:Twin {id: $twin})
USING INDEX SEEK t:Twin(id)
RETURN
  t.rev AS rev,
  toString(t.head_time) AS head_time,
  COLLECT {
    MATCH (t)-[:FORECASTS]->(f:Forecast)
    WHERE ($id IS NULL OR f.id = $id)
      AND ($outcome IS NULL OR f.outcome = $outcome) AND ($horizon IS NULL OR f.horizon = $horizon)
      AND ($before IS NULL OR f.made_at < datetime($before[0]) OR (f.made_at = datetime($before[0]) AND f.id > $before[1]))
    WITH f ORDER BY f.made_at DESC, f.id LIMIT $limit
    RETURN [f {.*, made_at: toString(f.made_at), due: toString(f.due), since: toString(f.since),
      stored_at: toString(f.stored_at)}, COLLECT {
        MATCH (f)-[:RESOLVED_AS]->(r:Resolution)
        RETURN r {.*, at: toString(r.at), resolved_at: toString(r.resolved_at)} ORDER BY r.number DESC
      }]
  } AS forecasts
