// What one rev of a twin sees in layers that have no statements of their own.
// params: $twin, $rev
// returns: one record ([[labels, record]], [[labels, statement]], [[labels, published row]])
// mode: read
RETURN
  COLLECT {
    MATCH (n:LayerRecord {twin: $twin})
    RETURN [labels(n), n {.*}]
  } AS records,
  COLLECT {
    MATCH (:Evidence)-[r:REPORTS_ON]->(n:LayerRecord)
    USING INDEX r:REPORTS_ON(twin, rev_to, valid_to)
    WHERE r.twin = $twin AND r.rev_to > $rev AND r.rev_from <= $rev AND r.valid_to IS NOT NULL
    RETURN [labels(n), r {.*, valid_from: toString(r.valid_from), valid_to: toString(r.valid_to)}]
  } AS statements,
  COLLECT {
    MATCH (:Twin)-[r:PUBLISHES]->(n:LayerRecord)
    USING INDEX r:PUBLISHES(twin, rev_to, valid_to)
    WHERE r.twin = $twin AND r.rev_to > $rev AND r.rev_from <= $rev AND r.valid_to IS NOT NULL
    RETURN [labels(n), r {.*, valid_from: toString(r.valid_from), valid_to: toString(r.valid_to)}]
  } AS published
