// What commits of some twins changed in layers that have no statements of their own.
// params: $wanted [{twin, after, upto}]
// returns: one record ([[twin, rev, rows opened and closed by the commit's own count, [[labels, record, row opened]],
//          [[labels, record, row closed]]]])
// mode: read
RETURN COLLECT {
  UNWIND $wanted AS want
  MATCH (c:Commit)
  USING INDEX SEEK c:Commit(twin, rev)
  WHERE c.twin = want.twin AND c.rev > want.after AND c.rev <= want.upto
  RETURN [
    c.twin, c.rev, [coalesce(c.opened_in_layers, 0), coalesce(c.closed_in_layers, 0)],
    COLLECT {
      MATCH (:Twin)-[r:PUBLISHES]->(n:LayerRecord)
      USING INDEX SEEK r:PUBLISHES(twin, rev_from)
      WHERE r.twin = c.twin AND r.rev_from = c.rev
      RETURN [labels(n), n {.*}, r {.*, valid_from: toString(r.valid_from), valid_to: toString(r.valid_to)}] ORDER BY r.key
    },
    COLLECT {
      MATCH (:Twin)-[r:PUBLISHES]->(n:LayerRecord)
      USING INDEX SEEK r:PUBLISHES(twin, rev_to, valid_to)
      WHERE r.twin = c.twin AND r.rev_to = c.rev AND r.valid_to IS NOT NULL
      RETURN [labels(n), n {.*}, r {.*, valid_from: toString(r.valid_from), valid_to: toString(r.valid_to)}] ORDER BY r.key
    }
  ]
} AS changes
