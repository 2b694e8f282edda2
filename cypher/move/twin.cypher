// Delete the node of a twin whose rows are gone, and what a copy knew of it.
// params: $twin
// returns: one record (true)
// mode: write
CALL () {
  MATCH (t:Twin {id: $twin})
  USING INDEX SEEK t:Twin(id)
  DETACH DELETE t
  RETURN count(*) AS twins
}
CALL () {
  MATCH (t:Erasing {id: $twin})
  USING INDEX SEEK t:Erasing(id)
  DETACH DELETE t
  RETURN count(*) AS leaving
}
CALL () {
  MATCH (c:CopiedTwin {id: $twin})
  USING INDEX SEEK c:CopiedTwin(id)
  DELETE c
  RETURN count(*) AS copied
}
RETURN true AS deleted
