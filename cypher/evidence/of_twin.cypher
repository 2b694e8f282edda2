// Evidence of a twin, the newest first, each with its source and whether its event was withdrawn.
// params: $twin, $before ([time, id], or null), $limit
// returns: one record (rev, head time, [[evidence with its source, withdrawn]]); none if no such twin
// mode: read
MATCH (t:Twin {id: $twin})
USING INDEX SEEK t:Twin(id)
RETURN
  t.rev AS rev,
  toString(t.head_time) AS head_time,
  COLLECT {
    MATCH (e:Evidence {twin: t.id})
    USING INDEX SEEK e:Evidence(twin)
    WHERE $before IS NULL OR e.time < datetime($before[0]) OR (e.time = datetime($before[0]) AND e.id > $before[1])
    WITH e ORDER BY e.time DESC, e.id LIMIT $limit
    MATCH (v:Event)<-[:FROM]-(e)-[:REPORTED_BY]->(s:Source)
    WITH e, s, v ORDER BY e.time DESC, e.id
    RETURN [[e.id, e.twin, v.id, s.id, toString(e.time), e.summary, e.sealed, s.tenant, s.name], v.withdrawn IS NOT NULL]
  } AS evidence
