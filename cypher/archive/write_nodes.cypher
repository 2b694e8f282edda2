// Create nodes; a source or a purpose that is there already stays as it is.
// Moments are text apart, because the driver takes long over each.
// params: $rows [[key, labels, properties, moments by property]]
// returns: one record ([[key, element id]])
// mode: write
CALL () {
  UNWIND $rows AS row
  WITH row WHERE NOT 'Source' IN row[1] AND NOT 'Purpose' IN row[1]
  CREATE (n:$(row[1]))
  WITH row, n, row[2] AS values, row[3] AS moments
  SET n = values {
    .*,
    at: coalesce(datetime(moments.at), values.at),
    due: coalesce(datetime(moments.due), values.due),
    head_time: coalesce(datetime(moments.head_time), values.head_time),
    last_updated: coalesce(datetime(moments.last_updated), values.last_updated),
    made_at: coalesce(datetime(moments.made_at), values.made_at),
    resolved_at: coalesce(datetime(moments.resolved_at), values.resolved_at),
    since: coalesce(datetime(moments.since), values.since),
    stored_at: coalesce(datetime(moments.stored_at), values.stored_at),
    time: coalesce(datetime(moments.time), values.time),
    valid_from: coalesce(datetime(moments.valid_from), values.valid_from),
    valid_to: coalesce(datetime(moments.valid_to), values.valid_to)
  }
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
