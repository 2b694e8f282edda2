// The current rows of a twin in an analyst's copy, without bearings and measurements.
// params: $twin
// returns: one record ([[element id, type, revision id, id of the node it leads to]])
// mode: read
RETURN COLLECT {
  CALL () {
    MATCH (t:Twin {id: $twin})-[r:HOLDS|PURSUES|MEASURES|DECIDES|PUBLISHES]->(n)
    USING INDEX SEEK t:Twin(id)
    WHERE r.rev_to = 2147483647
    RETURN r, n
    UNION ALL
    MATCH (b:Belief {twin: $twin})-[r:SUPPORTS|CONTRADICTS|IMPLIES|EXCLUDES|CAUSES|MOTIVATES]->(n)
    USING INDEX SEEK b:Belief(twin)
    WHERE r.rev_to = 2147483647
    RETURN r, n
    UNION ALL
    MATCH (g:Goal {twin: $twin})-[r:PART_OF|DEPENDS_ON|COMPETES_WITH]->(n)
    USING INDEX SEEK g:Goal(twin)
    WHERE r.rev_to = 2147483647
    RETURN r, n
    UNION ALL
    MATCH (n:Goal {twin: $twin})<-[r:STATES]-()
    USING INDEX SEEK n:Goal(twin)
    WHERE r.rev_to = 2147483647
    RETURN r, n
    UNION ALL
    MATCH (n:Decision {twin: $twin})<-[r:TELLS]-()
    USING INDEX SEEK n:Decision(twin)
    WHERE r.rev_to = 2147483647
    RETURN r, n
    UNION ALL
    MATCH (n:LayerRecord {twin: $twin})<-[r:REPORTS_ON]-()
    USING INDEX SEEK n:LayerRecord(twin)
    WHERE r.rev_to = 2147483647
    RETURN r, n
  }
  RETURN [elementId(r), type(r), r.revision_id, n.id]
} AS open
