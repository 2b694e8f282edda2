// Events in quarantine that name a twin, oldest first, from a place in that order.
// params: $twin, $after ([since, id], or null), $limit
// returns: one record ([[id, twin, code, reason, since, sealed]])
// mode: read
RETURN COLLECT {
  MATCH (q:Quarantine {twin: $twin})
  USING INDEX SEEK q:Quarantine(twin)
  WHERE $after IS NULL OR q.since > datetime($after[0]) OR (q.since = datetime($after[0]) AND q.id > $after[1])
  RETURN [q.id, q.twin, q.code, q.reason, toString(q.since), q.sealed]
  ORDER BY q.since, q.id
  LIMIT $limit
} AS events
