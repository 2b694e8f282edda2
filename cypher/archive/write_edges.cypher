// Create relationships between nodes that were just created.
// Moments may be text apart, because the driver takes long over each.
// params: $rows [[element id from, type, properties, element id to, moments by property if they are text]]
// returns: one record (how many)
// mode: write
UNWIND $rows AS row
MATCH (a) WHERE elementId(a) = row[0]
MATCH (b) WHERE elementId(b) = row[3]
CREATE (a)-[r:$(row[1])]->(b)
WITH r, row[2] AS values, row[4] AS moments
SET r = values {
  .*,
  deadline: coalesce(datetime(moments.deadline), values.deadline),
  valid_from: coalesce(datetime(moments.valid_from), values.valid_from),
  valid_to: coalesce(datetime(moments.valid_to), values.valid_to)
}
RETURN count(r) AS edges
