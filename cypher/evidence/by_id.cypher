// One piece of evidence, found by its id within what a caller may see, with its source and what it bears on now.
// params: $evidence, $tenant, $person (null: any twin of the tenant; else the name of the only one)
// returns: one record (twin name, evidence with its source, [bearing]); none if there is no such evidence to be seen
// mode: read
MATCH (v:Event)<-[:FROM]-(e:Evidence {id: $evidence})-[:REPORTED_BY]->(s:Source)
USING INDEX SEEK e:Evidence(id)
MATCH (t:Twin {id: e.twin})
USING INDEX SEEK t:Twin(id)
WHERE t.tenant = $tenant AND ($person IS NULL OR t.name = $person)
RETURN
  t.name AS name,
  [e.id, e.twin, v.id, s.id, toString(e.time), e.summary, e.sealed, s.tenant, s.name] AS evidence,
  COLLECT {
    MATCH (e)-[r:BEARS_ON]->(b:Belief)
    WHERE r.rev_to > t.rev AND r.rev_from <= t.rev
    RETURN [r.revision_id, e.id + '|' + b.id, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
            r.origin, e.id, b.id, r.source, r.stance, r.log_likelihood_ratio, r.half_life,
            r.shared_origin, r.source_kind, r.shared_across]
  } AS bearings
