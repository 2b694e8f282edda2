// The events that came into a twin by way of an identifier and were not withdrawn since, each with its evidence.
// params: $identifier, $twin
// returns: one record ([[event id, sealed event, [evidence id]]])
// mode: read
RETURN COLLECT {
  MATCH (e:Event {twin: $twin, via: $identifier})
  USING INDEX SEEK e:Event(twin)
  WHERE e.withdrawn IS NULL
  RETURN [e.id, e.sealed, COLLECT { MATCH (e)<-[:FROM]-(v:Evidence) RETURN v.id }]
} AS events
