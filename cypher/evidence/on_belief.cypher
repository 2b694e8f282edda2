// The evidence that bears on a belief as a rev sees it at a valid time, with its sources; and all corrections of it.
// params: $twin, $belief, $rev (null: the current one), $valid_time (null: that rev's head time)
// returns: one record (rev, head time, [evidence with its bearing and source]); none if no such twin or commit
// mode: read
MATCH (t:Twin {id: $twin})
MATCH (c:Commit {twin: $twin, rev: coalesce($rev, t.rev)})
WITH c, c.rev AS rev, coalesce($valid_time, c.head_time) AS at
RETURN
  rev,
  toString(c.head_time) AS head_time,
  COLLECT {
    MATCH (b:Belief {id: $belief})<-[r:BEARS_ON]-(e:Evidence)-[:REPORTED_BY]->(s:Source)
    USING INDEX b:Belief(id)
    WHERE r.twin = $twin AND r.rev_to > rev AND r.rev_from <= rev
      AND ((r.valid_from <= at AND r.valid_to > at) OR r.stance = 'correction')
    RETURN [r.revision_id, r.key, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
            r.origin, e.id, b.id, r.source, r.stance, r.log_likelihood_ratio, r.half_life,
            r.shared_origin, r.source_kind,
            e.event, toString(e.time), e.summary, e.sealed, s.tenant, s.name]
  } AS evidence
