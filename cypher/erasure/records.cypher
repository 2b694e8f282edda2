// Delete some of the records of further layers of a twin, with what was stated and published of them; counted where it is
// being erased.
// params: $twin, $limit
// returns: one record (how many)
// mode: write
MATCH (n:LayerRecord {twin: $twin})
WITH n LIMIT $limit
DETACH DELETE n
WITH count(*) AS records
CALL (records) {
  MATCH (t:Erasing {id: $twin})
  SET t.records = coalesce(t.records, 0) + records
  RETURN count(t) AS counted
}
RETURN records
