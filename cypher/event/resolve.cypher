// The twins that identifiers led to, each at the event's own moment.
// params: $wanted [{index, identifier, time}]
// returns: one record ([[index, twin id, twin name, identifier]])
// mode: read
RETURN COLLECT {
  UNWIND $wanted AS want
  MATCH (i:Identifier {id: want.identifier})-[r:IDENTIFIES]->(t:Twin)
  USING INDEX SEEK i:Identifier(id)
  WHERE r.rev_to = 2147483647 AND r.valid_from <= want.time AND want.time < r.valid_to
  RETURN [want.index, t.id, t.name, i.id]
} AS led
