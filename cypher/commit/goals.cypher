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
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND $statements AS row
  WITH row, row.values AS values
  MATCH (e:Evidence {id: row.evidence})
  MATCH (g:Goal {id: row.goal})
  CREATE (e)-[r:STATES]->(g)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to), deadline: datetime(values.deadline)}
}
CALL () {
  UNWIND $closed_relations AS row
  MATCH ()-[r:PART_OF {revision_id: row.id}]->()
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND $closed_relations AS row
  MATCH ()-[r:DEPENDS_ON {revision_id: row.id}]->()
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND $closed_relations AS row
  MATCH ()-[r:COMPETES_WITH {revision_id: row.id}]->()
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND $closed_relations AS row
  MATCH ()-[r:MOTIVATES {revision_id: row.id}]->()
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND [row IN $relations WHERE row.type = 'PART_OF'] AS row
  WITH row, row.values AS values
  MATCH (a:Goal {id: row.source})
  MATCH (b:Goal {id: row.target})
  CREATE (a)-[r:PART_OF]->(b)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}
}
CALL () {
  UNWIND [row IN $relations WHERE row.type = 'DEPENDS_ON'] AS row
  WITH row, row.values AS values
  MATCH (a:Goal {id: row.source})
  MATCH (b:Goal {id: row.target})
  CREATE (a)-[r:DEPENDS_ON]->(b)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}
}
CALL () {
  UNWIND [row IN $relations WHERE row.type = 'COMPETES_WITH'] AS row
  WITH row, row.values AS values
  MATCH (a:Goal {id: row.source})
  MATCH (b:Goal {id: row.target})
  CREATE (a)-[r:COMPETES_WITH]->(b)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}
}
CALL () {
  UNWIND [row IN $relations WHERE row.type = 'MOTIVATES'] AS row
  WITH row, row.values AS values
  MATCH (a:Belief {id: row.source})
  MATCH (b:Goal {id: row.target})
  CREATE (a)-[r:MOTIVATES]->(b)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}
}
CALL () {
  UNWIND $closed_pursuits AS row
  MATCH ()-[r:PURSUES {revision_id: row.id}]->(g:Goal)
  SET r.rev_to = row.rev
  REMOVE g.motivation, g.caption
}
CALL () {
  UNWIND $pursuits AS row
  WITH row, row.values AS values
  MATCH (t:Twin {id: values.twin})
  MATCH (g:Goal {id: values.key})
  CREATE (t)-[r:PURSUES]->(g)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to), deadline: datetime(values.deadline)},
    g.motivation = row.motivation, g.caption = row.caption
}
RETURN size($pursuits) AS opened
