// One belief of a twin as it was published at a rev.
// params: $twin, $belief, $rev (null: the current one)
// returns: one record (rev, head time, definitions, [belief with its holding] or [], whether the commit was seen whole);
//          none if no such twin or commit
// mode: read
MATCH (t:Twin {id: $twin})
USING INDEX SEEK t:Twin(id)
MATCH (c:Commit {twin: $twin, rev: coalesce($rev, t.rev)})
USING INDEX SEEK c:Commit(twin, rev)
WITH c, t.rev AS began
CALL (c) {
  MATCH (:Twin)-[r:HOLDS]->(b:Belief)
  USING INDEX SEEK r:HOLDS(key, rev_to)
  WHERE r.key = $belief AND r.rev_to > c.rev AND r.rev_from <= c.rev AND r.twin = $twin
  RETURN collect([b.id, b.attribute, b.subject, b.context, b.domain, b.statement, b.value, r.log_odds, r.status, r.quality, r.rev_from, r.error]) AS beliefs
}
MATCH (now:Twin {id: $twin})
USING INDEX SEEK now:Twin(id)
RETURN
  c.rev AS rev,
  toString(c.head_time) AS head_time,
  c.definitions AS definitions,
  beliefs,
  now.rev = began AND c.opened_holdings = COUNT {
    MATCH ()-[o:HOLDS]->()
    USING INDEX SEEK o:HOLDS(twin, rev_from)
    WHERE o.twin = $twin AND o.rev_from = c.rev
  } AS whole
