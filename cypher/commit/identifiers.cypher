// Close and open links of identifiers to a locked twin; refused where an identifier leads elsewhere in that time.
// params: $closed [{id, rev}], $opened [{tenant, identifier, scheme, twin, values}]
// returns: one record ([[identifier, twin it leads to]]); the transaction is to be given up unless it is empty
// mode: write
CALL () {
  UNWIND $opened AS row
  MERGE (i:Identifier {id: row.identifier})
  ON CREATE SET i.tenant = row.tenant, i.scheme = row.scheme
  SET i.lock = randomUUID()
}
CALL () {
  UNWIND $closed AS row
  MATCH ()-[r:IDENTIFIES {revision_id: row.id}]->()
  USING INDEX SEEK r:IDENTIFIES(revision_id)
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND $opened AS row
  MATCH (i:Identifier {id: row.identifier})-[r:IDENTIFIES]->(t:Twin)
  USING INDEX SEEK i:Identifier(id)
  WHERE r.rev_to = 2147483647 AND t.id <> row.twin
    AND r.valid_from < datetime(row.values.valid_to) AND datetime(row.values.valid_from) < r.valid_to
  RETURN collect([row.identifier, t.id]) AS elsewhere
}
CALL () {
  UNWIND $opened AS row
  WITH row, row.values AS values
  MATCH (i:Identifier {id: row.identifier})
  USING INDEX SEEK i:Identifier(id)
  MATCH (t:Twin {id: row.twin})
  USING INDEX SEEK t:Twin(id)
  CREATE (i)-[r:IDENTIFIES]->(t)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}
}
RETURN elsewhere
