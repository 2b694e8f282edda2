// Make an empty database an analyst's copy.
// params: $id, $values (tenant, purpose, salt, definitions)
// returns: one record (true)
// mode: write
MERGE (c:Copy {id: $id})
ON CREATE SET c += $values
RETURN true AS begun
