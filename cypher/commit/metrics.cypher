// Write what a commit changes of metrics: new ones, events that count in them or no longer do, and what is published.
// params: $metrics [{id, ...}], $closed_measurements [{id, evidence, rev}], $measurements [{evidence, metric, values}],
//         $closed_readings [{id, key, rev}], $readings [{values, caption}]
// returns: one record (the number of measurements opened)
// mode: write
CALL () {
  UNWIND $metrics AS row
  CREATE (m:Metric)
  SET m = row
}
CALL () {
  UNWIND $closed_measurements AS row
  MATCH (v:Evidence {id: row.evidence})-[r:COUNTS_IN {revision_id: row.id}]->()
  USING INDEX SEEK v:Evidence(id)
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND $measurements AS row
  WITH row, row.values AS values
  MATCH (e:Evidence {id: row.evidence})
  USING INDEX SEEK e:Evidence(id)
  MATCH (m:Metric {id: row.metric})
  USING INDEX SEEK m:Metric(id)
  CREATE (e)-[r:COUNTS_IN]->(m)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}
}
CALL () {
  UNWIND $closed_readings AS row
  MATCH ()-[r:MEASURES {key: row.key, rev_to: 2147483647}]->()
  USING INDEX SEEK r:MEASURES(key, rev_to)
  WHERE r.revision_id = row.id
  SET r.rev_to = row.rev
}
CALL () {
  UNWIND $readings AS row
  WITH row, row.values AS values
  MATCH (t:Twin {id: values.twin})
  USING INDEX SEEK t:Twin(id)
  MATCH (m:Metric {id: values.key})
  USING INDEX SEEK m:Metric(id)
  CREATE (t)-[r:MEASURES]->(m)
  SET r = values {.*, valid_from: datetime(values.valid_from), valid_to: datetime(values.valid_to)}, m.caption = m.statement + ': ' + row.caption
}
RETURN size($measurements) AS opened
