// The revision ids of what bears on beliefs and counts in metrics now in a twin of an analyst's copy.
// params: $twin
// returns: one record ([revision id])
// mode: read
RETURN COLLECT {
  CALL () {
    MATCH ()-[r:BEARS_ON]->()
    USING INDEX SEEK r:BEARS_ON(twin, rev_to, rev_from)
    WHERE r.twin = $twin AND r.rev_to = 2147483647 AND r.rev_from >= 0
    RETURN r
    UNION ALL
    MATCH ()-[r:COUNTS_IN]->()
    USING INDEX SEEK r:COUNTS_IN(twin, rev_to, rev_from)
    WHERE r.twin = $twin AND r.rev_to = 2147483647 AND r.rev_from >= 0
    RETURN r
  }
  RETURN r.revision_id
} AS columns
