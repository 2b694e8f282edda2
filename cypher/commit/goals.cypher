// Write what a commit that is being written says of goals: goals, statements, relations and pursuits closed and opened.
// params: $goals [{values}], $closed_statements [{id, rev}], $statements [{evidence, goal, values}],
//         $closed_relations [{id, rev}], $relations [{type, source, target, values}],
//         $closed_pursuits [{id, rev}], $pursuits [{caption, motivation, values}]
// returns: one record (the number of pursuits opened)
// mode: write
CALL () {
  UNWIND $goals AS row
  CREATE (g:Goal)
  SET g = row
}
CALL () {
  UNWIND $closed_statements AS row
  MATCH ()-[r:STATES {revision_id: row.id}]->()
  USING INDEX SEEK r:STATES(revision_id)
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND $statements AS row
  WITH row, row.values AS values
  MATCH (e:Evidence {id: row.evidence})
  USING INDEX SEEK e:Evidence(id)
  MATCH (g:Goal {id: row.goal})
  USING INDEX SEEK g:Goal(id)
  CREATE (e)-[r:STATES]->(g)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to), deadline: datetime(values.deadline)}
}
CALL () {
  UNWIND $closed_relations AS row
  MATCH ()-[r:PART_OF {revision_id: row.id}]->()
  USING INDEX SEEK r:PART_OF(revision_id)
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND $closed_relations AS row
  MATCH ()-[r:DEPENDS_ON {revision_id: row.id}]->()
  USING INDEX SEEK r:DEPENDS_ON(revision_id)
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND $closed_relations AS row
  MATCH ()-[r:COMPETES_WITH {revision_id: row.id}]->()
  USING INDEX SEEK r:COMPETES_WITH(revision_id)
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND $closed_relations AS row
  MATCH ()-[r:MOTIVATES {revision_id: row.id}]->()
  USING INDEX SEEK r:MOTIVATES(revision_id)
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND [row IN $relations WHERE row.type = 'PART_OF'] AS row
  WITH row, row.values AS values
  MATCH (a:Goal {id: row.source})
  USING INDEX SEEK a:Goal(id)
  MATCH (b:Goal {id: row.target})
  USING INDEX SEEK b:Goal(id)
  CREATE (a)-[r:PART_OF]->(b)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}
}
CALL () {
  UNWIND [row IN $relations WHERE row.type = 'DEPENDS_ON'] AS row
  WITH row, row.values AS values
  MATCH (a:Goal {id: row.source})
  USING INDEX SEEK a:Goal(id)
  MATCH (b:Goal {id: row.target})
  USING INDEX SEEK b:Goal(id)
  CREATE (a)-[r:DEPENDS_ON]->(b)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}
}
CALL () {
  UNWIND [row IN $relations WHERE row.type = 'COMPETES_WITH'] AS row
  WITH row, row.values AS values
  MATCH (a:Goal {id: row.source})
  USING INDEX SEEK a:Goal(id)
  MATCH (b:Goal {id: row.target})
  USING INDEX SEEK b:Goal(id)
  CREATE (a)-[r:COMPETES_WITH]->(b)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}
}
CALL () {
  UNWIND [row IN $relations WHERE row.type = 'MOTIVATES'] AS row
  WITH row, row.values AS values
  MATCH (a:Belief {id: row.source})
  USING INDEX SEEK a:Belief(id)
  MATCH (b:Goal {id: row.target})
  USING INDEX SEEK b:Goal(id)
  CREATE (a)-[r:MOTIVATES]->(b)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}
}
CALL () {
  UNWIND $closed_pursuits AS row
  MATCH ()-[r:PURSUES {revision_id: row.id}]->(g:Goal)
  USING INDEX SEEK r:PURSUES(revision_id)
  SET r.rev_to = row.rev
  REMOVE g.motivation, g.caption
}
CALL () {
  UNWIND $pursuits AS row
  WITH row, row.values AS values
  MATCH (t:Twin {id: values.twin})
  USING INDEX SEEK t:Twin(id)
  MATCH (g:Goal {id: values.key})
  USING INDEX SEEK g:Goal(id)
  CREATE (t)-[r:PURSUES]->(g)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to), deadline: datetime(values.deadline)},
    g.motivation = row.motivation, g.caption = row.caption
}
RETURN size($pursuits) AS opened
