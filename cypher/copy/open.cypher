// The current rows of a twin in an analyst's copy, but for what bears on beliefs and counts in metrics.
// params: $twin
// returns: one record ([[element id, type, revision id, id of the node it leads to]])
// mode: read
RETURN COLLECT {
  CALL () {
    MATCH (:Twin {id: $twin})-[r:HOLDS|PURSUES|MEASURES|DECIDES|PUBLISHES]->(n)
    WHERE r.rev_to = 2147483647
    RETURN r, n
    UNION ALL
    MATCH (:Belief {twin: $twin})-[r:SUPPORTS|CONTRADICTS|IMPLIES|EXCLUDES|CAUSES|MOTIVATES]->(n)
    WHERE r.rev_to = 2147483647
    RETURN r, n
    UNION ALL
    MATCH (:Goal {twin: $twin})-[r:PART_OF|DEPENDS_ON|COMPETES_WITH]->(n)
    WHERE r.rev_to = 2147483647
    RETURN r, n
    UNION ALL
    MATCH (n:Goal {twin: $twin})<-[r:STATES]-()
    WHERE r.rev_to = 2147483647
    RETURN r, n
    UNION ALL
    MATCH (n:Decision {twin: $twin})<-[r:TELLS]-()
    WHERE r.rev_to = 2147483647
    RETURN r, n
    UNION ALL
    MATCH (n:LayerRecord {twin: $twin})<-[r:REPORTS_ON]-()
    WHERE r.rev_to = 2147483647
    RETURN r, n
  }
  RETURN [elementId(r), type(r), r.revision_id, n.id]
} AS open
