// Close and open what the person contests, within a commit that is being written.
// params: $closed [{id, rev}], $opened [{twin, evidence, values}]
// returns: one record (the number of rows opened)
// mode: write
CALL () {
  UNWIND $closed AS row
  MATCH ()-[r:CONTESTS {revision_id: row.id}]->()
  USING INDEX SEEK r:CONTESTS(revision_id)
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND $opened AS row
  WITH row, row.values AS values
  MATCH (v:Evidence {id: row.evidence})
  USING INDEX SEEK v:Evidence(id)
  MATCH (t:Twin {id: row.twin})
  USING INDEX SEEK t:Twin(id)
  WHERE v.twin = t.id
  CREATE (t)-[r:CONTESTS]->(v)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}
}
RETURN size($opened) AS opened
