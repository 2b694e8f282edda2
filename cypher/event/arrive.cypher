// What the store already knows of commands about to be decided: earlier deliveries, their twins' revs, the definitions.
// params: $tenant, $deliveries [keyed hash], $twins [id], $quarantine_ids [id that an event has in quarantine]
// returns: one record ([[delivery, body, [evidence id] of what was withdrawn and may come again, else null]] of those seen, [[twin, rev, life]] of those that exist, number of the set in force, [twin] being erased, [id] of those in quarantine)
// mode: read
RETURN
  COLLECT {
    UNWIND $deliveries AS delivery
    MATCH (d:Delivery {delivery: delivery})
    USING INDEX SEEK d:Delivery(delivery)
    RETURN [d.delivery, d.body, CASE WHEN d.withdrawn IS NOT NULL AND d.taken_back IS NULL THEN COLLECT { MATCH (d)<-[:FROM]-(v:Evidence) RETURN v.id } END]
  } AS seen,
  COLLECT {
    UNWIND $twins AS twin
    MATCH (t:Twin {id: twin})
    USING INDEX SEEK t:Twin(id)
    RETURN [t.id, t.rev, t.life]
  } AS twins,
  COLLECT {
    MATCH (s:DefinitionSet {tenant: $tenant})
    RETURN s.number ORDER BY s.number DESC LIMIT 1
  }[0] AS definitions,
  COLLECT {
    UNWIND $twins AS twin
    MATCH (t:Erasing {id: twin})
    USING INDEX SEEK t:Erasing(id)
    RETURN t.id
  } AS erasing,
  COLLECT {
    UNWIND $quarantine_ids AS id
    MATCH (q:Quarantine {id: id})
    USING INDEX SEEK q:Quarantine(id)
    RETURN q.id
  } AS quarantined
