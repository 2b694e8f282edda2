// What was published about some beliefs as a rev sees it, of each the newest first.
// params: $twin, $beliefs [id], $rev (null: the current one), $valid_time (or null), $before (rev or null), $limit (of each)
// returns: one record (rev, head time, [holding], whether the commit was seen whole); none if no such twin or commit
// mode: read
MATCH (t:Twin {id: $twin})
USING INDEX SEEK t:Twin(id)
MATCH (c:Commit {twin: $twin, rev: coalesce($rev, t.rev)})
USING INDEX SEEK c:Commit(twin, rev)
WITH c, t.rev AS began
CALL (c) {
  UNWIND $beliefs AS belief
  CALL (c, belief) {
    MATCH (:Twin)-[r:HOLDS]->(b:Belief)
    USING INDEX SEEK r:HOLDS(key, rev_to)
    WHERE r.key = belief AND r.rev_to > 0 AND r.twin = $twin AND r.rev_from <= c.rev
      AND ($valid_time IS NULL OR r.valid_from <= $valid_time)
      AND ($before IS NULL OR r.rev_from < $before)
    WITH r, b ORDER BY r.rev_from DESC LIMIT $limit
    RETURN [r.revision_id, b.id, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
            r.origin, r.log_odds, r.status, r.quality, r.error] AS holding
  }
  RETURN collect(holding) AS holdings
}
MATCH (now:Twin {id: $twin})
USING INDEX SEEK now:Twin(id)
RETURN
  c.rev AS rev,
  toString(c.head_time) AS head_time,
  holdings,
  now.rev = began AND coalesce(c.opened_holdings = COUNT {
    MATCH ()-[o:HOLDS]->()
    USING INDEX SEEK o:HOLDS(twin, rev_from)
    WHERE o.twin = $twin AND o.rev_from = c.rev
  }, true) AS whole
