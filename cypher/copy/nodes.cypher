// Write nodes of a twin to an analyst's copy, each once.
// params: $rows [[reference, label, id, properties, labels that colour it]]
// returns: one record ([[reference, element id]])
// mode: write
CALL () {
  UNWIND $rows AS row
  WITH row WHERE row[1] = 'Twin'
  MERGE (n:Twin {id: row[2]})
  SET n = row[3]
  RETURN collect([row[0], elementId(n)]) AS twin_nodes
}
CALL () {
  UNWIND $rows AS row
  WITH row WHERE row[1] = 'Belief'
  MERGE (n:Belief {id: row[2]})
  REMOVE n:Likely:Unlikely
  SET n = row[3], n:$(row[4])
  RETURN collect([row[0], elementId(n)]) AS belief_nodes
}
CALL () {
  UNWIND $rows AS row
  WITH row WHERE row[1] = 'Goal'
  MERGE (n:Goal {id: row[2]})
  SET n = row[3]
  RETURN collect([row[0], elementId(n)]) AS goal_nodes
}
CALL () {
  UNWIND $rows AS row
  WITH row WHERE row[1] = 'Metric'
  MERGE (n:Metric {id: row[2]})
  SET n = row[3]
  RETURN collect([row[0], elementId(n)]) AS metric_nodes
}
CALL () {
  UNWIND $rows AS row
  WITH row WHERE row[1] = 'Decision'
  MERGE (n:Decision {id: row[2]})
  SET n = row[3]
  RETURN collect([row[0], elementId(n)]) AS decision_nodes
}
CALL () {
  UNWIND $rows AS row
  WITH row WHERE row[1] = 'LayerRecord'
  MERGE (n:LayerRecord {id: row[2]})
  SET n = row[3], n:$(row[4])
  RETURN collect([row[0], elementId(n)]) AS layer_nodes
}
CALL () {
  UNWIND $rows AS row
  WITH row WHERE row[1] = 'Evidence'
  MERGE (n:Evidence {id: row[2]})
  SET n = row[3], n:$(row[4])
  RETURN collect([row[0], elementId(n)]) AS evidence_nodes
}
CALL () {
  UNWIND $rows AS row
  WITH row WHERE row[1] = 'Event'
  MERGE (n:Event {id: row[2]})
  SET n = row[3]
  RETURN collect([row[0], elementId(n)]) AS event_nodes
}
CALL () {
  UNWIND $rows AS row
  WITH row WHERE row[1] = 'Source'
  MERGE (n:Source {id: row[2]})
  SET n = row[3]
  RETURN collect([row[0], elementId(n)]) AS source_nodes
}
CALL () {
  UNWIND $rows AS row
  WITH row WHERE row[1] = 'Forecast'
  MERGE (n:Forecast {id: row[2]})
  SET n = row[3]
  RETURN collect([row[0], elementId(n)]) AS forecast_nodes
}
CALL () {
  UNWIND $rows AS row
  WITH row WHERE row[1] = 'Resolution'
  MERGE (n:Resolution {id: row[2]})
  SET n = row[3]
  RETURN collect([row[0], elementId(n)]) AS resolution_nodes
}
CALL () {
  UNWIND $rows AS row
  WITH row WHERE row[1] = 'Commit'
  MERGE (n:Commit {twin: row[3].twin, rev: row[3].rev})
  SET n = row[3]
  RETURN collect([row[0], elementId(n)]) AS commit_nodes
}
RETURN twin_nodes + belief_nodes + goal_nodes + metric_nodes + decision_nodes + layer_nodes + evidence_nodes + event_nodes + source_nodes + forecast_nodes + resolution_nodes + commit_nodes AS nodes
