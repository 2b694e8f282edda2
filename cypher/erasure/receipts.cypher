// The receipts of all erasures that this database knows.
// returns: one record ([[id, signed receipt]])
// mode: read
RETURN COLLECT {
  MATCH (e:Erasure)
  WHERE e.id IS NOT NULL
  RETURN [e.id, e.receipt]
} AS receipts
