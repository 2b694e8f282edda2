// Evidence of a twin, the newest first, each with its source and whether its event was withdrawn.
// params: $twin, $before ([time, id], or null), $limit
// returns: one record (rev, head time, [[evidence with its source, withdrawn]]); none if no such twin
// mode: read
MATCH (t:Twin {id: $twin})
RETURN
  t.rev AS rev,
  toString(t.head_time) AS head_time,
  COLLECT {
    MATCH (e:Evidence {twin: t.id})
    WHERE $before IS NULL OR e.time < datetime($before[0]) OR (e.time = datetime($before[0]) AND e.id > $before[1])
    WITH e ORDER BY e.time DESC, e.id LIMIT $limit
    MATCH (e)-[:REPORTED_BY]->(s:Source)
    WITH e, s ORDER BY e.time DESC, e.id
    RETURN [[e.id, e.twin, e.event, s.id, toString(e.time), e.summary, e.sealed, s.tenant, s.name],
            EXISTS { MATCH (e)-[:FROM]->(v:Event) WHERE v.withdrawn IS NOT NULL }]
  } AS evidence
