// The evidence that events of a twin yielded, under all rules by which they were read.
// params: $twin, $ids [event id]
// returns: one record ([[event id, [evidence id]]] of those that are stored)
// mode: read
RETURN COLLECT {
  UNWIND $ids AS id
  MATCH (e:Event {id: id})
  USING INDEX SEEK e:Event(id)
  WHERE e.twin = $twin
  RETURN [e.id, COLLECT { MATCH (e)<-[:FROM]-(v:Evidence) RETURN v.id }]
} AS events
