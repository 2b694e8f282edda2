// Where some twins are.
// params: $twins [id]
// returns: one record ([[id, rev, life]] of those that exist)
// mode: read
RETURN COLLECT {
  UNWIND $twins AS twin
  MATCH (t:Twin {id: twin})
  USING INDEX SEEK t:Twin(id)
  RETURN [t.id, t.rev, t.life]
} AS heads
