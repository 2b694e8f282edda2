// What one rev of each of some twins sees in layers that have no statements of their own.
// params: $twins ([[twin, rev]])
// returns: one record ([[twin, [[labels, record]], [[labels, statement]], [[labels, published row]]]])
// mode: read
UNWIND $twins AS asked
WITH asked[0] AS twin, asked[1] AS rev
WITH twin,
  COLLECT {
    MATCH (n:LayerRecord {twin: twin})
    USING INDEX SEEK n:LayerRecord(twin)
    RETURN [labels(n), n {.*}]
  } AS records,
  COLLECT {
    MATCH (:Evidence)-[r:REPORTS_ON]->(n:LayerRecord)
    USING INDEX SEEK r:REPORTS_ON(twin, rev_to, valid_to)
    WHERE r.twin = twin AND r.rev_to > rev AND r.rev_from <= rev AND r.valid_to IS NOT NULL
    RETURN [labels(n), r {.*, valid_from: toString(r.valid_from), valid_to: toString(r.valid_to)}]
  } AS statements,
  COLLECT {
    MATCH (:Twin)-[r:PUBLISHES]->(n:LayerRecord)
    USING INDEX SEEK r:PUBLISHES(twin, rev_to, valid_to)
    WHERE r.twin = twin AND r.rev_to > rev AND r.rev_from <= rev AND r.valid_to IS NOT NULL
    RETURN [labels(n), r {.*, valid_from: toString(r.valid_from), valid_to: toString(r.valid_to)}]
  } AS published
RETURN collect([twin, records, statements, published]) AS twins
