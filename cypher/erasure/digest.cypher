// Note on a twin that is being erased what it consisted of, before any of it is deleted; what was noted first stays.
// params: $twin, $digest
// returns: one record (the digest noted); none if there is no such twin
// mode: write
MATCH (t:Erasing {id: $twin})
USING INDEX SEEK t:Erasing(id)
SET t.digest = coalesce(t.digest, $digest)
RETURN t.digest AS digest
