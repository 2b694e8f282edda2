// Create nodes; a source or a purpose that is there already stays as it is.
// params: $rows [[key, labels, properties]]
// returns: one record ([[key, element id]])
// mode: write
CALL () {
  UNWIND $rows AS row
  WITH row WHERE NOT 'Source' IN row[1] AND NOT 'Purpose' IN row[1]
  CREATE (n:$(row[1]))
  SET n = row[2]
  RETURN collect([row[0], elementId(n)]) AS created
}
CALL () {
  UNWIND $rows AS row
  WITH row WHERE 'Source' IN row[1]
  MERGE (n:Source {id: row[2].id})
  ON CREATE SET n = row[2]
  RETURN collect([row[0], elementId(n)]) AS merged
}
CALL () {
  UNWIND $rows AS row
  WITH row WHERE 'Purpose' IN row[1]
  MERGE (n:Purpose {id: row[2].id})
  ON CREATE SET n = row[2]
  RETURN collect([row[0], elementId(n)]) AS purposes
}
RETURN created + merged + purposes AS nodes
