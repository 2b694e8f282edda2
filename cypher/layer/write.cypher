// Write what a commit that is being written changes in layers that have no statements of their own: records, what
// evidence states of them, and what is published of them.
// params: $made [{label, values}], $closed_statements [{id, rev}], $statements [{evidence, record, values}],
//         $closed [{id, rev}], $published [{values}]
// returns: one record (the number of rows published)
// mode: write
CALL () {
  UNWIND $made AS row
  CREATE (n:LayerRecord:$(row.label))
  SET n = row.values
}
CALL () {
  UNWIND $closed_statements AS row
  MATCH ()-[r:REPORTS_ON {revision_id: row.id}]->()
  USING INDEX SEEK r:REPORTS_ON(revision_id)
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND $statements AS row
  WITH row, row.values AS values
  MATCH (e:Evidence {id: row.evidence})
  USING INDEX SEEK e:Evidence(id)
  MATCH (n:LayerRecord {id: row.record})
  USING INDEX SEEK n:LayerRecord(id)
  CREATE (e)-[r:REPORTS_ON]->(n)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}
}
CALL () {
  UNWIND $closed AS row
  MATCH ()-[r:PUBLISHES {revision_id: row.id}]->()
  USING INDEX SEEK r:PUBLISHES(revision_id)
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND $published AS row
  WITH row, row.values AS values
  MATCH (t:Twin {id: values.twin})
  USING INDEX SEEK t:Twin(id)
  MATCH (n:LayerRecord {id: values.key})
  USING INDEX SEEK n:LayerRecord(id)
  CREATE (t)-[r:PUBLISHES]->(n)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}
}
RETURN size($published) AS published
