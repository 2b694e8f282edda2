// Write what a commit changes of metrics: new ones, events that count in them or no longer do, and what is published.
// params: $metrics [{id, ...}], $closed_measurements [{id, rev}], $measurements [{evidence, metric, values}],
//         $closed_readings [{id, rev}], $readings [{values, caption}]
// returns: one record (the number of measurements opened)
// mode: write
CALL () {
  UNWIND $metrics AS row
  CREATE (m:Metric)
  SET m = row
}
CALL () {
  UNWIND $closed_measurements AS row
  MATCH ()-[r:COUNTS_IN {revision_id: row.id}]->()
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND $measurements AS row
  WITH row, row.values AS values
  MATCH (e:Evidence {id: row.evidence})
  MATCH (m:Metric {id: row.metric})
  CREATE (e)-[r:COUNTS_IN]->(m)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}
}
CALL () {
  UNWIND $closed_readings AS row
  MATCH ()-[r:MEASURES {revision_id: row.id}]->()
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND $readings AS row
  WITH row, row.values AS values
  MATCH (t:Twin {id: values.twin})
  MATCH (m:Metric {id: values.key})
  CREATE (t)-[r:MEASURES]->(m)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}, m.caption = m.statement + ': ' + row.caption
}
RETURN size($measurements) AS opened
