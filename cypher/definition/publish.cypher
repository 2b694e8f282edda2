// Publish a catalog and with it the next numbered set; a uniqueness constraint stops two sets of one number.
// params: $tenant, $number, $at, $catalog, $version, $document, $kept [{catalog, version}],
//         $parameters (the number of the parameter set that stays in force, or null), $definitions [{id, values, preference}], $relations [{kind, source, target, source_subject, source_value, target_value, odds_ratio, probability}]
// returns: one record (the number)
// mode: write
CREATE (s:DefinitionSet {tenant: $tenant, number: $number, at: $at})
CREATE (c:Catalog {tenant: $tenant, catalog: $catalog, version: $version, document: $document})
CREATE (s)-[:INCLUDES]->(c)
WITH s, c
CALL (s) {
  UNWIND $kept AS row
  MATCH (k:Catalog {tenant: $tenant, catalog: row.catalog, version: row.version})
  USING INDEX SEEK k:Catalog(tenant, catalog, version)
  CREATE (s)-[:INCLUDES]->(k)
}
CALL (s) {
  MATCH (p:ParameterSet {tenant: $tenant, number: $parameters})
  USING INDEX SEEK p:ParameterSet(tenant, number)
  CREATE (s)-[:APPLIES]->(p)
}
CALL (c) {
  UNWIND $definitions AS row
  CREATE (d:Definition)
  SET d = row
  CREATE (c)-[:DEFINES]->(d)
}
CALL () {
  UNWIND [row IN $relations WHERE row.kind = 'supports'] AS row
  MATCH (a:Definition {id: row.source})
  USING INDEX SEEK a:Definition(id)
  MATCH (b:Definition {id: row.target})
  USING INDEX SEEK b:Definition(id)
  CREATE (a)-[:SUPPORTS {odds_ratio: row.odds_ratio, source_value: row.source_value, target_value: row.target_value}]->(b)
}
CALL () {
  UNWIND [row IN $relations WHERE row.kind = 'contradicts'] AS row
  MATCH (a:Definition {id: row.source})
  USING INDEX SEEK a:Definition(id)
  MATCH (b:Definition {id: row.target})
  USING INDEX SEEK b:Definition(id)
  CREATE (a)-[:CONTRADICTS {odds_ratio: row.odds_ratio, source_value: row.source_value, target_value: row.target_value}]->(b)
}
CALL () {
  UNWIND [row IN $relations WHERE row.kind = 'implies'] AS row
  MATCH (a:Definition {id: row.source})
  USING INDEX SEEK a:Definition(id)
  MATCH (b:Definition {id: row.target})
  USING INDEX SEEK b:Definition(id)
  CREATE (a)-[:IMPLIES {probability: row.probability, source_value: row.source_value, target_value: row.target_value}]->(b)
}
CALL () {
  UNWIND [row IN $relations WHERE row.kind = 'excludes'] AS row
  MATCH (a:Definition {id: row.source})
  USING INDEX SEEK a:Definition(id)
  MATCH (b:Definition {id: row.target})
  USING INDEX SEEK b:Definition(id)
  CREATE (a)-[:EXCLUDES {odds_ratio: row.odds_ratio, source_value: row.source_value, target_value: row.target_value}]->(b)
}
CALL () {
  UNWIND [row IN $relations WHERE row.kind = 'causes'] AS row
  MATCH (a:Definition {id: row.source})
  USING INDEX SEEK a:Definition(id)
  MATCH (b:Definition {id: row.target})
  USING INDEX SEEK b:Definition(id)
  CREATE (a)-[:CAUSES {odds_ratio: row.odds_ratio, probability: row.probability, source_subject: row.source_subject, source_value: row.source_value, target_value: row.target_value}]->(b)
}
RETURN s.number AS number
