// The definitions in force in a tenant: what a belief can be about, and how attributes are related.
// params: $tenant
// returns: a graph (the newest set, its catalogs, their definitions, the relations between these)
// mode: read
MATCH (s:DefinitionSet {tenant: $tenant})
WITH s ORDER BY s.number DESC LIMIT 1
RETURN
  s,
  COLLECT {
    MATCH defined = (s)-[:INCLUDES]->(:Catalog)-[:DEFINES]->(:Definition)
    RETURN defined
  } AS catalogs,
  COLLECT {
    MATCH (s)-[:INCLUDES]->(:Catalog)-[:DEFINES]->(d:Definition)
    MATCH related = (d)-[:SUPPORTS|CONTRADICTS|IMPLIES|EXCLUDES|CAUSES]->(e:Definition)
    WHERE EXISTS { (s)-[:INCLUDES]->(:Catalog)-[:DEFINES]->(e) }
    RETURN related
  } AS relations
