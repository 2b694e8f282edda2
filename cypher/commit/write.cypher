// Write one commit of each of several locked twins: events, evidence, beliefs, rows closed and rows opened.
// params: $twins (as commit/lock), $events [{delivery, values}], $sources [{id, values}], $evidence [{event, source, values}],
//         $beliefs [{values}], $closed_bearings [{id, rev}], $bearings [{evidence, belief, values}],
//         $closed_holdings [{id, rev}], $holdings [{caption, confidence, values}], $commits [{values, events}]
// returns: one record (the number of twins)
// mode: write
CALL () {
  UNWIND $twins AS want
  MATCH (t:Twin {id: want.id})
  SET t.head_time = datetime(want.head_time), t.last_updated = datetime(want.last_updated), t.definitions = want.definitions
  RETURN count(t) AS twins
}
CALL () {
  UNWIND $events AS row
  CREATE (e:Delivery:Event)
  SET e = row {.*, time: datetime(row.time)}
}
CALL () {
  UNWIND $sources AS row
  MERGE (s:Source {id: row.id})
  ON CREATE SET s.tenant = row.tenant, s.name = row.name
}
CALL () {
  UNWIND $evidence AS row
  WITH row, row.values AS values
  MATCH (s:Source {id: values.source})
  MATCH (e:Event {id: values.event})
  CREATE (v:Evidence)
  SET v = values {.*, time: datetime(values.time)}
  CREATE (v)-[:FROM]->(e)
  CREATE (v)-[:REPORTED_BY]->(s)
}
CALL () {
  UNWIND $beliefs AS row
  CREATE (b:Belief)
  SET b = row
}
CALL () {
  UNWIND $closed_bearings AS row
  MATCH ()-[r:BEARS_ON {revision_id: row.id}]->()
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND $bearings AS row
  WITH row, row.values AS values
  MATCH (v:Evidence {id: row.evidence})
  MATCH (b:Belief {id: row.belief})
  CREATE (v)-[r:BEARS_ON]->(b)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}
}
CALL () {
  UNWIND $closed_holdings AS row
  MATCH ()-[r:HOLDS {revision_id: row.id}]->()
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND $holdings AS row
  WITH row, row.values AS values
  MATCH (t:Twin {id: values.twin})
  MATCH (b:Belief {id: values.key})
  CREATE (t)-[r:HOLDS]->(b)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}, b.confidence = row.confidence, b.caption = row.caption
}
CALL () {
  UNWIND $commits AS row
  WITH row, row.values AS values
  CREATE (c:Commit)
  SET c = values {.*, at: datetime(values.at), head_time: datetime(values.head_time)}
  WITH c, row
  UNWIND row.events AS event
  MATCH (e:Event {id: event})
  CREATE (c)-[:CAUSED_BY]->(e)
}
RETURN twins
