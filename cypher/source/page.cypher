// The sources of a tenant in the order of their names, those after a name; people modelled are not among them.
// Of those that reported only of twins that are not included, none.
// params: $tenant, $left_out (ids of twins), $only (ids of twins; null: all), $person (how the name of a source begins that is a person modelled), $after ("" from the first), $limit
// returns: one record ([[id, name]])
// mode: read
RETURN COLLECT {
  MATCH (s:Source {tenant: $tenant})
  USING INDEX SEEK s:Source(tenant, name)
  WHERE s.name > $after AND NOT s.name STARTS WITH $person
    AND ($only IS NULL AND $left_out = []
      OR EXISTS { (s)<-[:REPORTED_BY]-(e:Evidence) WHERE ($only IS NULL OR e.twin IN $only) AND NOT e.twin IN $left_out })
  RETURN [s.id, s.name]
  ORDER BY s.name
  LIMIT $limit
} AS sources
