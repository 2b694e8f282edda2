// What was published about a goal as a rev sees it, the newest first.
// params: $twin, $goal, $rev (null: the current one), $valid_time (or null), $before (rev or null), $limit
// returns: one record (rev, head time, [pursuit], whether the commit was seen whole); none if no such twin or commit
// mode: read
MATCH (t:Twin {id: $twin})
USING INDEX SEEK t:Twin(id)
MATCH (c:Commit {twin: $twin, rev: coalesce($rev, t.rev)})
USING INDEX SEEK c:Commit(twin, rev)
WITH c, t.rev AS began
CALL (c) {
  MATCH (:Twin)-[r:PURSUES]->(g:Goal)
  USING INDEX SEEK r:PURSUES(key, rev_to)
  WHERE r.key = $goal AND r.rev_to > 0 AND r.twin = $twin AND r.rev_from <= c.rev
    AND ($valid_time IS NULL OR r.valid_from <= $valid_time)
    AND ($before IS NULL OR r.rev_from < $before)
  WITH r, g ORDER BY r.rev_from DESC LIMIT $limit
  RETURN collect([r.revision_id, g.id, toString(r.valid_from), toString(r.valid_to), r.rev_from, r.rev_to, r.definition,
                  r.origin, r.title, r.status, r.priority, r.progress, toString(r.deadline), r.importance, r.motivation,
                  r.quality, r.reason]) AS pursuits
}
MATCH (now:Twin {id: $twin})
USING INDEX SEEK now:Twin(id)
RETURN
  c.rev AS rev,
  toString(c.head_time) AS head_time,
  pursuits,
  now.rev = began AND coalesce(c.opened_pursuits = COUNT {
    MATCH ()-[o:PURSUES]->()
    USING INDEX SEEK o:PURSUES(twin, rev_from)
    WHERE o.twin = $twin AND o.rev_from = c.rev
  }, true) AS whole
