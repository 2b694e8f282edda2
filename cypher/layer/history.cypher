// What was published of a record of a layer as a rev sees it, the newest first.
// params: $twin, $record, $rev (null: the current one), $valid_time (or null), $before (rev or null), $limit
// returns: one record (rev, head time, [published row], whether the commit was seen whole); none if no such twin or commit
// mode: read
MATCH (t:Twin {id: $twin})
USING INDEX SEEK t:Twin(id)
MATCH (c:Commit {twin: $twin, rev: coalesce($rev, t.rev)})
USING INDEX SEEK c:Commit(twin, rev)
WITH c, t.rev AS began
CALL (c) {
  MATCH (:Twin)-[r:PUBLISHES]->(:LayerRecord)
  USING INDEX SEEK r:PUBLISHES(key, rev_to)
  WHERE r.key = $record AND r.rev_to > 0 AND r.twin = $twin AND r.rev_from <= c.rev
    AND ($valid_time IS NULL OR r.valid_from <= $valid_time)
    AND ($before IS NULL OR r.rev_from < $before)
  WITH r ORDER BY r.rev_from DESC LIMIT $limit
  RETURN collect(r {.*, valid_from: toString(r.valid_from), valid_to: toString(r.valid_to)}) AS published
}
MATCH (now:Twin {id: $twin})
USING INDEX SEEK now:Twin(id)
RETURN
  c.rev AS rev,
  toString(c.head_time) AS head_time,
  published,
  now.rev = began AND coalesce(c.opened_in_layers = COUNT {
    MATCH ()-[o:PUBLISHES]->()
    USING INDEX SEEK o:PUBLISHES(twin, rev_from)
    WHERE o.twin = $twin AND o.rev_from = c.rev
  }, true) AS whole
