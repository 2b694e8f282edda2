// The events that a twin has taken in and that count, of some types and since a moment, in the order of their times; and the
// retractions in it, which may have ended relations of goals that events stated.
// params: $twin, $types [type] (null: every type), $since (null: since always)
// returns: one record ([event id], [[event id, sealed event, time, rev that it came with]] of the retractions)
// mode: read
RETURN
  COLLECT {
    MATCH (e:Event {twin: $twin})
    USING INDEX SEEK e:Event(twin)
    WHERE e.withdrawn IS NULL AND ($types IS NULL OR e.type IN $types) AND ($since IS NULL OR e.time >= $since)
    RETURN e.id ORDER BY e.time, e.id
  } AS events,
  COLLECT {
    MATCH (e:Event {twin: $twin, type: 'beliefgraph.Retract'})<-[:CAUSED_BY]-(c:Commit)
    USING INDEX SEEK e:Event(twin)
    RETURN [e.id, e.sealed, toString(e.time), c.rev] ORDER BY c.rev
  } AS retractions
