// The keyed hashes of the identifiers that lead, or led, to a twin that is being erased, and to no other.
// params: $twin
// returns: one record ([keyed hash])
// mode: read
RETURN COLLECT {
  MATCH (i:Identifier)-[:IDENTIFIES]->(t:Erasing {id: $twin})
  WHERE NOT EXISTS { MATCH (i)-[:IDENTIFIES]->(other:Twin) }
  WITH DISTINCT i.id AS id ORDER BY id
  RETURN id
} AS identifiers
