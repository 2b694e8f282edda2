// The tenants that have events set aside whose own time has come.
// params: $now, $tenant (null: every tenant)
// returns: one record ([tenant])
// mode: read
RETURN COLLECT {
  MATCH (q:Quarantine)
  USING INDEX SEEK q:Quarantine(due)
  WHERE q.due <= $now AND ($tenant IS NULL OR q.tenant = $tenant)
  RETURN DISTINCT q.tenant
} AS tenants
