// Write what a commit that is being written says of decisions: decisions, statements and deliberations closed and opened.
// params: $decisions [{values}], $closed_statements [{id, rev}], $statements [{evidence, decision, values}],
//         $closed_deliberations [{id, rev}], $deliberations [{caption, values}]
// returns: one record (the number of deliberations opened)
// mode: write
CALL () {
  UNWIND $decisions AS row
  CREATE (d:Decision)
  SET d = row
}
CALL () {
  UNWIND $closed_statements AS row
  MATCH ()-[r:TELLS {revision_id: row.id}]->()
  USING INDEX SEEK r:TELLS(revision_id)
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND $statements AS row
  WITH row, row.values AS values
  MATCH (e:Evidence {id: row.evidence})
  USING INDEX SEEK e:Evidence(id)
  MATCH (d:Decision {id: row.decision})
  USING INDEX SEEK d:Decision(id)
  CREATE (e)-[r:TELLS]->(d)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}
}
CALL () {
  UNWIND $closed_deliberations AS row
  MATCH ()-[r:DECIDES {revision_id: row.id}]->(d:Decision)
  USING INDEX SEEK r:DECIDES(revision_id)
  SET r.rev_to = row.rev
  REMOVE d.caption
}
CALL () {
  UNWIND $deliberations AS row
  WITH row, row.values AS values
  MATCH (t:Twin {id: values.twin})
  USING INDEX SEEK t:Twin(id)
  MATCH (d:Decision {id: values.key})
  USING INDEX SEEK d:Decision(id)
  CREATE (t)-[r:DECIDES]->(d)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}, d.caption = row.caption
}
RETURN size($deliberations) AS opened
