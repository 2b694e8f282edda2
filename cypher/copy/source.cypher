// The twins of a tenant in the order of their names, those after a name, with what tells whether one has changed.
// params: $tenant, $after ("" from the first), $limit
// returns: one record ([[id, name, rev, life, definitions, forecasts, resolutions]])
// mode: read
RETURN COLLECT {
  MATCH (t:Twin {tenant: $tenant})
  USING INDEX SEEK t:Twin(tenant, name)
  WHERE t.name > $after
  WITH t ORDER BY t.name LIMIT $limit
  RETURN [
    t.id, t.name, t.rev, t.life, t.definitions,
    COUNT { (t)-[:FORECASTS]->() },
    COUNT { (t)-[:FORECASTS]->(:Forecast)-[:RESOLVED_AS]->(:Resolution) }
  ]
} AS twins
