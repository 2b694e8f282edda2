// Note an erasure whose receipt this database did not know.
// params: $id, $values
// returns: one record (true)
// mode: write
MERGE (e:Erasure {id: $id})
ON CREATE SET e = $values
RETURN true AS noted
