// The evidence that came into a twin by way of an identifier.
// params: $identifier, $twin
// returns: one record ([evidence id])
// mode: read
RETURN COLLECT {
  MATCH (e:Event {twin: $twin, via: $identifier})<-[:FROM]-(v:Evidence)
  RETURN v.id
} AS evidence
