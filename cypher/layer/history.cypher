// What was published of a record of a layer as a rev sees it, the newest first.
// params: $twin, $record, $rev (null: the current one), $valid_time (or null), $before (rev or null), $limit
// returns: one record (rev, head time, [published row]); none if no such twin or commit
// mode: read
MATCH (t:Twin {id: $twin})
MATCH (c:Commit {twin: $twin, rev: coalesce($rev, t.rev)})
RETURN
  c.rev AS rev,
  toString(c.head_time) AS head_time,
  COLLECT {
    MATCH (:Twin)-[r:PUBLISHES]->(:LayerRecord)
    USING INDEX r:PUBLISHES(key, rev_to)
    WHERE r.key = $record AND r.rev_to > 0 AND r.twin = $twin AND r.rev_from <= c.rev
      AND ($valid_time IS NULL OR r.valid_from <= $valid_time)
      AND ($before IS NULL OR r.rev_from < $before)
    WITH r ORDER BY r.rev_from DESC LIMIT $limit
    RETURN r {.*, valid_from: toString(r.valid_from), valid_to: toString(r.valid_to)}
  } AS published
