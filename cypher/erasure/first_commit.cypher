// When the first commit of a twin was recorded.
// params: $twin
// returns: one record (time); none if there is no such commit
// mode: read
MATCH (c:Commit {twin: $twin, rev: 1})
USING INDEX SEEK c:Commit(twin, rev)
RETURN toString(c.at) AS at
