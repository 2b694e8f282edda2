// Close and open relations between beliefs, of every kind, within a commit that is being written.
// params: $closed [{id, rev}], $opened [{type, source, target, values}]
// returns: one record (the number opened)
// mode: write
CALL () {
  UNWIND $closed AS row
  MATCH ()-[r:SUPPORTS {revision_id: row.id}]->()
  USING INDEX SEEK r:SUPPORTS(revision_id)
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND $closed AS row
  MATCH ()-[r:CONTRADICTS {revision_id: row.id}]->()
  USING INDEX SEEK r:CONTRADICTS(revision_id)
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND $closed AS row
  MATCH ()-[r:IMPLIES {revision_id: row.id}]->()
  USING INDEX SEEK r:IMPLIES(revision_id)
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND $closed AS row
  MATCH ()-[r:EXCLUDES {revision_id: row.id}]->()
  USING INDEX SEEK r:EXCLUDES(revision_id)
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND $closed AS row
  MATCH ()-[r:CAUSES {revision_id: row.id}]->()
  USING INDEX SEEK r:CAUSES(revision_id)
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND [row IN $opened WHERE row.type = 'SUPPORTS'] AS row
  WITH row, row.values AS values
  MATCH (a:Belief {id: row.source})
  USING INDEX SEEK a:Belief(id)
  MATCH (b:Belief {id: row.target})
  USING INDEX SEEK b:Belief(id)
  CREATE (a)-[r:SUPPORTS]->(b)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}
}
CALL () {
  UNWIND [row IN $opened WHERE row.type = 'CONTRADICTS'] AS row
  WITH row, row.values AS values
  MATCH (a:Belief {id: row.source})
  USING INDEX SEEK a:Belief(id)
  MATCH (b:Belief {id: row.target})
  USING INDEX SEEK b:Belief(id)
  CREATE (a)-[r:CONTRADICTS]->(b)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}
}
CALL () {
  UNWIND [row IN $opened WHERE row.type = 'IMPLIES'] AS row
  WITH row, row.values AS values
  MATCH (a:Belief {id: row.source})
  USING INDEX SEEK a:Belief(id)
  MATCH (b:Belief {id: row.target})
  USING INDEX SEEK b:Belief(id)
  CREATE (a)-[r:IMPLIES]->(b)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}
}
CALL () {
  UNWIND [row IN $opened WHERE row.type = 'EXCLUDES'] AS row
  WITH row, row.values AS values
  MATCH (a:Belief {id: row.source})
  USING INDEX SEEK a:Belief(id)
  MATCH (b:Belief {id: row.target})
  USING INDEX SEEK b:Belief(id)
  CREATE (a)-[r:EXCLUDES]->(b)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}
}
CALL () {
  UNWIND [row IN $opened WHERE row.type = 'CAUSES'] AS row
  WITH row, row.values AS values
  MATCH (a:Belief {id: row.source})
  USING INDEX SEEK a:Belief(id)
  MATCH (b:Belief {id: row.target})
  USING INDEX SEEK b:Belief(id)
  CREATE (a)-[r:CAUSES]->(b)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}
}
RETURN size($opened) AS opened
