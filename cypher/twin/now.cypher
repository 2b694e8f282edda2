// A twin as it is now.
// params: $twin
// returns: one record (name, rev, head time, last updated, definitions); none if no such twin
// mode: read
MATCH (t:Twin {id: $twin})
USING INDEX SEEK t:Twin(id)
RETURN t.name, t.rev, toString(t.head_time), toString(t.last_updated), t.definitions
