// The twins of a tenant in the order of their names, those after a name.
// params: $tenant, $only (null: all; else the one a caller may see), $after ("" from the first), $limit
// returns: one record ([[id, name, rev, head time, last updated, definitions]])
// mode: read
RETURN COLLECT {
  MATCH (t:Twin {tenant: $tenant})
  USING INDEX SEEK t:Twin(tenant, name)
  WHERE t.name > $after AND ($only IS NULL OR t.name = $only)
  WITH t ORDER BY t.name LIMIT $limit
  RETURN [t.id, t.name, t.rev, toString(t.head_time), toString(t.last_updated), t.definitions]
} AS twins
