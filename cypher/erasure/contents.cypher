// What a twin that is being erased consisted of: its life, and the ids of its events.
// params: $twin
// returns: one record (life, [event id] in order); none if there is no such twin
// mode: read
MATCH (t:Erasing {id: $twin})
USING INDEX SEEK t:Erasing(id)
RETURN t.life, COLLECT {
  MATCH (e:Event {twin: $twin})
  USING INDEX SEEK e:Event(twin)
  RETURN e.id ORDER BY e.id
} AS events
