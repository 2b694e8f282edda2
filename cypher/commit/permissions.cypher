// Close and open permissions of locked twins.
// params: $closed [{id, rev}], $opened [{tenant, purpose, key, twin, values}]
// returns: one record (the number of permissions opened)
// mode: write
CALL () {
  UNWIND $closed AS row
  MATCH ()-[r:PERMITS {revision_id: row.id}]->()
  USING INDEX SEEK r:PERMITS(revision_id)
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND $opened AS row
  WITH row, row.values AS values
  MATCH (t:Twin {id: row.twin})
  USING INDEX SEEK t:Twin(id)
  MERGE (p:Purpose {id: row.purpose})
  ON CREATE SET p.tenant = row.tenant, p.key = row.key
  CREATE (t)-[r:PERMITS]->(p)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}
}
RETURN size($opened) AS opened
