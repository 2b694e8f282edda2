// Events of a twin as they were taken in, the newest first, each with the rev that it came with and when that was stored.
// params: $twin, $before ([time, id], or null), $limit
// returns: one record (rev, head time, [[event id, sealed event, rev, stored at, withdrawn]]); none if no such twin
// mode: read
MATCH (t:Twin {id: $twin})
USING INDEX SEEK t:Twin(id)
RETURN
  t.rev AS rev,
  toString(t.head_time) AS head_time,
  COLLECT {
    MATCH (e:Event {twin: t.id})
    USING INDEX SEEK e:Event(twin)
    WHERE $before IS NULL OR e.time < datetime($before[0]) OR (e.time = datetime($before[0]) AND e.id > $before[1])
    WITH e ORDER BY e.time DESC, e.id LIMIT $limit
    WITH e, COLLECT {
      MATCH (e)<-[:CAUSED_BY]-(c:Commit)
      RETURN [c.rev, toString(c.at)] ORDER BY c.rev LIMIT 1
    }[0] AS came
    WITH e, came ORDER BY e.time DESC, e.id
    RETURN [e.id, e.sealed, came[0], came[1], e.withdrawn IS NOT NULL]
  } AS events
