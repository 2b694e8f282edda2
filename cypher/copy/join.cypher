// Join nodes of an analyst's copy that may be joined already.
// params: $rows [[element id from, type, properties, element id to]]
// returns: one record (how many)
// mode: write
CALL () {
  UNWIND $rows AS row
  WITH row WHERE row[1] = 'FROM'
  MATCH (a) WHERE elementId(a) = row[0]
  MATCH (b) WHERE elementId(b) = row[3]
  MERGE (a)-[r:FROM]->(b)
  RETURN count(r) AS from_event
}
CALL () {
  UNWIND $rows AS row
  WITH row WHERE row[1] = 'REPORTED_BY'
  MATCH (a) WHERE elementId(a) = row[0]
  MATCH (b) WHERE elementId(b) = row[3]
  MERGE (a)-[r:REPORTED_BY]->(b)
  RETURN count(r) AS reported_by
}
CALL () {
  UNWIND $rows AS row
  WITH row WHERE row[1] = 'FORECASTS'
  MATCH (a) WHERE elementId(a) = row[0]
  MATCH (b) WHERE elementId(b) = row[3]
  MERGE (a)-[r:FORECASTS]->(b)
  RETURN count(r) AS forecasts
}
CALL () {
  UNWIND $rows AS row
  WITH row WHERE row[1] = 'RESOLVED_AS'
  MATCH (a) WHERE elementId(a) = row[0]
  MATCH (b) WHERE elementId(b) = row[3]
  MERGE (a)-[r:RESOLVED_AS]->(b)
  RETURN count(r) AS resolved_as
}
RETURN from_event + reported_by + forecasts + resolved_as AS joined
