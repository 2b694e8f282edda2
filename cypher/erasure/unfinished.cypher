// Twins whose erasure, here or because they moved, was begun and not finished, because the service died: they are finished when it starts.
// returns: one record ([[id, tenant, name, actor, purpose, at, id of the receipt, shard that it moved to]])
// mode: read
RETURN COLLECT {
  MATCH (t:Erasing)
  RETURN [t.id, t.tenant, t.name, t.actor, t.purpose, toString(t.at), t.receipt, t.moved]
} AS twins
