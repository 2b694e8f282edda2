// What evidence ever stated of a twin's records of layers that have no statements of their own, up to a rev.
// params: $twin, $rev
// returns: one record ([[labels, statement]])
// mode: read
RETURN COLLECT {
  MATCH (:Evidence)-[r:REPORTS_ON]->(n:LayerRecord)
  USING INDEX SEEK r:REPORTS_ON(twin, rev_to, valid_to)
  WHERE r.twin = $twin AND r.rev_to > 0 AND r.rev_from <= $rev AND r.valid_to IS NOT NULL
  RETURN [labels(n), r {.*, valid_from: toString(r.valid_from), valid_to: toString(r.valid_to)}]
} AS statements
