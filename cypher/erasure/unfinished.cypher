// Twins whose erasure was begun and not finished, because the service died: they are finished when it starts.
// returns: one record ([[id, tenant, name, actor, purpose, at, id of the receipt]])
// mode: read
RETURN COLLECT {
  MATCH (t:Erasing)
  RETURN [t.id, t.tenant, t.name, t.actor, t.purpose, toString(t.at), t.receipt]
} AS twins
