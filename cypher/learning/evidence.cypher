// What was stated in some twins of a tenant, as each stands now: beliefs, sources, and which source stated what about which.
// params: $tenant, $after (a twin's id, "" from the first), $limit, $before (null, or only what is valid before then)
// returns: one record ([[twin's id, twin's name, [belief], [bearing]]], [[source's id, name]])
// mode: read
WITH COLLECT {
  MATCH (t:Twin)
  USING INDEX SEEK t:Twin(id)
  WHERE t.id > $after AND t.tenant = $tenant
  RETURN t ORDER BY t.id LIMIT $limit
} AS twins
RETURN
  COLLECT {
    UNWIND twins AS t
    RETURN [
      t.id,
      t.name,
      COLLECT {
        MATCH (b:Belief {twin: t.id})
        USING INDEX SEEK b:Belief(twin)
        RETURN [b.id, b.attribute, b.subject, b.context, b.value]
      },
      COLLECT {
        MATCH (:Evidence)-[r:BEARS_ON]->(b:Belief)
        USING INDEX SEEK r:BEARS_ON(twin, rev_to, rev_from)
        WHERE r.twin = t.id AND r.rev_to > t.rev AND r.rev_from <= t.rev
          AND r.stance <> 'retraction' AND ($before IS NULL OR r.valid_from < $before)
        RETURN [b.id, r.source, r.stance, r.log_likelihood_ratio, r.shared_origin, r.source_kind, toString(r.valid_from),
          toString(r.valid_to), r.half_life, r.shared_across]
      }
    ]
    ORDER BY t.id
  } AS twins,
  COLLECT {
    UNWIND twins AS t
    MATCH (e:Evidence {twin: t.id})-[:REPORTED_BY]->(s:Source)
    USING INDEX SEEK e:Evidence(twin)
    RETURN DISTINCT [s.id, s.name]
  } AS sources
