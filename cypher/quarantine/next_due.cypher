// When the next event that is set aside until its time comes is due.
// params: $tenant (null: every tenant)
// returns: one record (the moment as text; null if no event waits for its time)
// mode: read
RETURN COLLECT {
  MATCH (q:Quarantine)
  WHERE q.due > datetime('0001-01-02T00:00:00Z') AND ($tenant IS NULL OR q.tenant = $tenant)
  RETURN toString(q.due) ORDER BY q.due LIMIT 1
}[0] AS due
