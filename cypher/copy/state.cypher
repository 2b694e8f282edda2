// What an analyst's copy is of, and how many nodes its database has.
// params: $id
// returns: one record ([tenant, purpose, salt, definitions], all null if there is no copy; nodes)
// mode: read
OPTIONAL MATCH (c:Copy {id: $id})
USING INDEX SEEK c:Copy(id)
CALL () {
  MATCH (n)
  RETURN count(n) AS nodes
}
RETURN [c.tenant, c.purpose, c.salt, c.definitions] AS copy, nodes
