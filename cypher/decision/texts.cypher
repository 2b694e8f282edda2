// What statements of decisions say in the person's words, sealed.
// params: $statements [revision id]
// returns: one record ([[revision id, sealed]])
// mode: read
RETURN COLLECT {
  UNWIND $statements AS id
  MATCH ()-[r:TELLS {revision_id: id}]->()
  USING INDEX SEEK r:TELLS(revision_id)
  WHERE r.sealed IS NOT NULL
  RETURN [r.revision_id, r.sealed]
} AS texts
