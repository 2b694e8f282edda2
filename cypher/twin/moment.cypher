// The commit that a question is about: a rev's own, the last one recorded at or before a time, or else the newest.
// params: $twin, $rev (or null), $recorded_at (or null)
// returns: one record (current rev, life, [[rev, head time, definitions]] or [] if no such commit); none if no such twin
// mode: read
MATCH (t:Twin {id: $twin})
USING INDEX SEEK t:Twin(id)
RETURN
  t.rev AS current,
  t.life AS life,
  CASE
    WHEN $recorded_at IS NULL THEN COLLECT {
      MATCH (c:Commit {twin: $twin, rev: coalesce($rev, t.rev)})
      USING INDEX SEEK c:Commit(twin, rev)
      RETURN [c.rev, toString(c.head_time), c.definitions]
    }
    ELSE COLLECT {
      MATCH (c:Commit)
      USING INDEX SEEK c:Commit(twin, at)
      WHERE c.twin = $twin AND c.at <= $recorded_at
      WITH c ORDER BY c.at DESC, c.rev DESC LIMIT 1
      RETURN [c.rev, toString(c.head_time), c.definitions]
    }
  END AS at
