// Twins whose head time is before a moment, or that are behind the definitions in force, in the order of their ids.
// params: $before, $tenant (null: every tenant), $after (an id, "" from the first), $limit
// returns: one record ([[id, tenant, name]])
// mode: read
RETURN COLLECT {
  MATCH (t:Twin)
  USING INDEX SEEK t:Twin(id)
  WHERE t.id > $after AND ($tenant IS NULL OR t.tenant = $tenant)
    AND (t.head_time < $before OR t.definitions < COLLECT {
      MATCH (s:DefinitionSet {tenant: t.tenant})
      RETURN s.number ORDER BY s.number DESC LIMIT 1
    }[0])
  RETURN [t.id, t.tenant, t.name]
  ORDER BY t.id
  LIMIT $limit
} AS twins
