// What events stated in some twins of a tenant, as each stands now: beliefs, and which type of event stated what about which.
// params: $tenant, $after (a twin's id, "" from the first), $limit
// returns: one record ([[twin's id, twin's name, [belief], [bearing]]])
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
        MATCH (v:Event)<-[:FROM]-(:Evidence)-[r:BEARS_ON]->(b:Belief)
        USING INDEX SEEK r:BEARS_ON(twin, rev_to, rev_from)
        WHERE r.twin = t.id AND r.rev_to > t.rev AND r.rev_from <= t.rev AND r.stance IN ['observation', 'change']
        RETURN [b.id, v.type, r.log_likelihood_ratio, toString(r.valid_from), r.half_life]
      }
    ]
    ORDER BY t.id
  } AS twins
