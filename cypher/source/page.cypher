// The sources of a tenant in the order of their names, those after a name; people modelled are not among them.
// params: $tenant, $person (how the name of a source begins that is a person modelled), $after ("" from the first), $limit
// returns: one record ([[id, name]])
// mode: read
RETURN COLLECT {
  MATCH (s:Source {tenant: $tenant})
  WHERE s.name > $after AND NOT s.name STARTS WITH $person
  RETURN [s.id, s.name]
  ORDER BY s.name
  LIMIT $limit
} AS sources
